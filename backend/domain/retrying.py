"""Who of those a message did not reach may be tried again, and where (docs/decisions/0007)."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from backend.domain.channels import Addresses, Channel, Medium, media_of
from backend.domain.refusals import Meaning, meaning_on, stops_run_on
from backend.domain.statuses import Reason, RecipientStatus, RunState
from backend.domain.targeting import Candidate, usable_addresses

RUNS_THAT_RETRY = frozenset(RunState) - {RunState.IDLE, RunState.HALTED, RunState.CANCELLED}
"""A halted run has to be resumed first: what stopped it would stop the retry. What was cancelled stays so."""


class WhyNot(StrEnum):
    """Why somebody is not tried again."""

    REFUSED = "refused"
    SAME_ADDRESS = "same_address"
    NO_ADDRESS = "no_address"
    ADDRESS_TAKEN = "address_taken"
    OPTED_OUT = "opted_out"
    DECEASED = "deceased"
    DELETED = "deleted"


class Outcome(NamedTuple):
    """How a recipient ended: failed, or unknown."""

    status: RecipientStatus
    reason: Reason | None
    medium: Medium | None
    address: str | None
    vendor_code: str | None


class NextTry(NamedTuple):
    """Where somebody is tried again; the addresses are for the rest of the cascade."""

    medium: Medium
    address: str
    usable: Addresses


class _Cause(StrEnum):
    PASSING = "passing"  # the same may work now
    ADDRESS = "address"  # another address may work
    MEDIUM = "medium"  # another medium may work
    MESSAGE = "message"  # nothing does


_CAUSE_OF_REASON = {
    Reason.NO_CREDIT: _Cause.PASSING,
    Reason.NO_ADDRESS: _Cause.ADDRESS,
    Reason.CANNOT_RENDER: _Cause.MESSAGE,
}
_CAUSE_OF_MEANING = {
    Meaning.RETRIABLE: _Cause.PASSING,
    Meaning.BAD_ADDRESS: _Cause.ADDRESS,
    Meaning.NOT_ON_MEDIUM: _Cause.ADDRESS,
}
_CANNOT_COMPOSE = "cannot_compose"


def next_try(
    channel: Channel, outcome: Outcome, contact: Candidate, *, is_deleted: bool, way: Medium | None = None
) -> NextTry | WhyNot:
    """Where a recipient that failed, or whose answer was lost, may be tried again, or why not.

    `way`: a medium of the channel that somebody chose; otherwise the channel's first that is usable now and is not
    what failed for good. A medium that was not the one that failed is open to whoever has an address there.
    """
    if is_deleted:
        return WhyNot.DELETED
    if contact.is_deceased:
        return WhyNot.DECEASED
    cause = _cause(outcome)
    if cause is _Cause.MESSAGE or (cause is _Cause.MEDIUM and way in {None, outcome.medium}):
        return WhyNot.REFUSED
    usable = usable_addresses(contact)
    reachable = list(_reachable(channel, way, usable))
    for medium, address in reachable:
        if not (cause is _Cause.ADDRESS and _failed_there(outcome, medium, address)):
            return NextTry(medium, address, usable)
    if reachable:
        return WhyNot.SAME_ADDRESS
    return WhyNot.OPTED_OUT if _is_opted_out(channel, way, contact) else WhyNot.NO_ADDRESS


def is_for_its_address(outcome: Outcome) -> bool:
    """Whether another address of the contact may help."""
    return outcome.status is RecipientStatus.FAILED and _cause(outcome) is _Cause.ADDRESS


def _cause(outcome: Outcome) -> _Cause:
    if outcome.status is RecipientStatus.UNKNOWN:
        return _Cause.PASSING
    if outcome.reason is not None:
        return _CAUSE_OF_REASON.get(outcome.reason, _Cause.MESSAGE)
    code, medium = outcome.vendor_code, outcome.medium
    if medium is None or code == _CANNOT_COMPOSE:
        return _Cause.MESSAGE
    if stops_run_on(medium, code):  # it was a fault of ours, and the run goes on
        return _Cause.PASSING
    meaning = meaning_on(medium, code)
    return _CAUSE_OF_MEANING.get(meaning, _Cause.MEDIUM) if meaning else _Cause.MEDIUM


def _reachable(channel: Channel, way: Medium | None, usable: Addresses) -> Iterator[tuple[Medium, str]]:
    for medium in media_of(channel):
        address = getattr(usable, medium)
        if address and way in {None, medium}:
            yield medium, address


def _failed_there(outcome: Outcome, medium: Medium, address: str) -> bool:
    """A number that is not on WhatsApp may well take an SMS; one that does not exist takes neither."""
    other_medium = meaning_on(outcome.medium, outcome.vendor_code) is Meaning.NOT_ON_MEDIUM and medium != outcome.medium
    return address == outcome.address and not other_medium


def _is_opted_out(channel: Channel, way: Medium | None, contact: Candidate) -> bool:
    """Whether an opt-out, and not a missing address, is what keeps somebody from being tried."""
    welcome = contact._replace(email_opted_out=False, sms_opted_out=False, whatsapp_opted_out=False)
    return any(_reachable(channel, way, usable_addresses(welcome)))
