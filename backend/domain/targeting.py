"""Who of the chosen contacts gets the message, where, and who is left out and why."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import NamedTuple

from backend.domain.channels import Addresses, Channel, Medium, first_medium, media_of
from backend.domain.statuses import Reason, RecipientStatus


class Candidate(NamedTuple):
    """A chosen contact. An address with a problem, or opted out of, may not be used."""

    contact_id: int
    first_name: str
    last_name: str
    hebrew_first_name: str
    household_id: int | None
    is_deceased: bool
    email: str | None
    email_problem: str | None
    mobile_e164: str | None
    mobile_problem: str | None
    email_opted_out: bool
    sms_opted_out: bool
    whatsapp_opted_out: bool


class Target(NamedTuple):
    """What validation makes of a candidate. `email` and `mobile_e164` are kept for the cascade."""

    candidate: Candidate
    status: RecipientStatus
    reason: Reason | None
    medium: Medium | None
    address: str | None
    email: str | None
    mobile_e164: str | None


def usable_addresses(candidate: Candidate) -> Addresses:
    """The addresses that may be used."""
    email = candidate.email if not candidate.email_problem else None
    mobile = candidate.mobile_e164 if not candidate.mobile_problem else None
    return Addresses(
        email=None if candidate.email_opted_out else email,
        sms=None if candidate.sms_opted_out else mobile,
        whatsapp=None if candidate.whatsapp_opted_out else mobile,
    )


def choose_targets(
    channel: Channel,
    candidates: Iterable[Candidate],
    *,
    one_per_household: bool,
    shared: Container[str] | None = None,
) -> Iterator[Target]:
    """Decide for each candidate, in the given order: the first holder of an address or household gets it.

    `shared`: as `Repetitions`.
    """
    repetitions = Repetitions(one_per_household=one_per_household, shared=shared)
    for candidate in candidates:
        target = judge(channel, candidate)
        if target.status is RecipientStatus.PENDING:
            reason = repetitions.reason(target.address or "", candidate.household_id)
            if reason:
                target = _left_out(candidate, reason)
        yield target


def judge(channel: Channel, candidate: Candidate) -> Target:
    """What a candidate is by itself, whoever else is chosen."""
    if candidate.is_deceased:
        return _left_out(candidate, Reason.DECEASED)
    usable = usable_addresses(candidate)
    medium = first_medium(channel, usable)
    if medium:
        address = getattr(usable, medium)
        return Target(candidate, RecipientStatus.PENDING, None, medium, address, usable.email, usable.sms)
    if _opted_out_of_all(channel, candidate):
        return _left_out(candidate, Reason.OPTED_OUT)
    return Target(candidate, RecipientStatus.FAILED, Reason.NO_ADDRESS, None, None, None, None)


def _opted_out_of_all(channel: Channel, candidate: Candidate) -> bool:
    """Whether an opt-out, and not a missing address, is what leaves the candidate out."""
    welcome = candidate._replace(email_opted_out=False, sms_opted_out=False, whatsapp_opted_out=False)
    return first_medium(channel, usable_addresses(welcome)) is not None


class Repetitions:
    """Whom the addresses and households so far leave out. Asked of those who would get the message, in their order.

    `shared`: the addresses that more than one contact has, where they are known; no other is remembered then.
    """

    def __init__(self, *, one_per_household: bool, shared: Container[str] | None = None) -> None:
        self._addresses: set[str] = set()
        self._households: set[int] = set()
        self._one_per_household = one_per_household
        self._shared = shared

    def reason(self, address: str, household_id: int | None) -> Reason | None:
        """Why not; None for the first of an address and household, who is remembered."""
        shared = self._one_per_household and household_id is not None
        if shared and household_id in self._households:
            return Reason.SAME_HOUSEHOLD
        if address in self._addresses:
            return Reason.DUPLICATE_ADDRESS
        if self._shared is None or address in self._shared:
            self._addresses.add(address)
        if shared and household_id is not None:
            self._households.add(household_id)
        return None


def _left_out(candidate: Candidate, reason: Reason) -> Target:
    return Target(candidate, RecipientStatus.SKIPPED, reason, None, None, None, None)


def may_need_sms(channel: Channel, target: Target) -> bool:
    """Whether an SMS to this target is possible, so that its credits must be reserved."""
    if target.status is not RecipientStatus.PENDING or Medium.SMS not in media_of(channel):
        return False
    if target.medium is Medium.SMS:
        return True
    return target.medium is Medium.WHATSAPP and target.mobile_e164 is not None
