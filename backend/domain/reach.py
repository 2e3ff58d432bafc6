"""Whom a choice of targets reaches, on which medium, and why not: what `choose_targets` decides, counted.

Most of what is decided of a contact depends on a few facts that thousands share. Those facts are its standing, one
number that the database computes; a standing is judged once, by the rule that judges candidates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from backend.domain.addresses import AddressProblem
from backend.domain.channels import Channel, Medium, media_of
from backend.domain.statuses import Reason
from backend.domain.targeting import Candidate, Repetitions, judge


class Obstacle(StrEnum):
    """Why a contact cannot be reached on a medium."""

    MISSING = "missing"
    INVALID = "invalid"
    LANDLINE = "landline"
    BOUNCED = "bounced"
    OPTED_OUT = "opted_out"


ADDRESS_STATES = ("missing", "usable", *AddressProblem)
"""An address in a standing, by its place here."""

WEIGHTS = {
    "is_excluded": 1,
    "is_deceased": 2,
    "email_opted_out": 4,
    "sms_opted_out": 8,
    "whatsapp_opted_out": 16,
    "email": 32,
    "mobile": 256,
}
"""A standing is the sum of its facts times these."""


class ChosenContact(NamedTuple):
    """A contact that the choice includes, in the order of ids; excluded ones as well."""

    contact_id: int
    standing: int
    email: str | None
    mobile_e164: str | None
    household_id: int | None


class Standing(NamedTuple):
    """What a standing means. `email` and `mobile` are of `ADDRESS_STATES`."""

    is_excluded: bool
    is_deceased: bool
    email_opted_out: bool
    sms_opted_out: bool
    whatsapp_opted_out: bool
    email: str
    mobile: str


class Group(StrEnum):
    """A number of the whole campaign. Every number is of a group, with the list of contacts behind it."""

    SELECTED = "selected"
    EXCLUDED = "excluded"
    TOTAL = "total"


def first_on(medium: Medium) -> str:
    """The group of those whose first message goes by a medium."""
    return f"first.{medium}"


def reachable_on(medium: Medium) -> str:
    """The group of recipients that a medium reaches."""
    return f"reachable.{medium}"


def not_on(medium: Medium, obstacle: Obstacle) -> str:
    """The group of recipients that a medium does not reach."""
    return f"{medium}.{obstacle}"


def left_out_for(reason: Reason) -> str:
    """The group of those who are no recipients, or cannot be reached at all."""
    return f"reason.{reason}"


@lru_cache(maxsize=4_096)
def standing_of(number: int) -> Standing:
    """Read the number again."""
    deceased, *out = (bool(number & WEIGHTS[name]) for name in Standing._fields[1:5])
    email, mobile = (ADDRESS_STATES[number // WEIGHTS[name] % 8] for name in ("email", "mobile"))
    return Standing(bool(number & WEIGHTS["is_excluded"]), deceased, out[0], out[1], out[2], email, mobile)


def obstacle_on(medium: Medium, standing: Standing) -> Obstacle | None:
    """Why a medium does not reach a contact; None where it does."""
    state = standing.email if medium is Medium.EMAIL else standing.mobile
    if state != "usable":
        return Obstacle(state)
    return Obstacle.OPTED_OUT if getattr(standing, f"{medium}_opted_out") else None


def decide(
    channel: Channel, contacts: Iterable[ChosenContact], *, one_per_household: bool
) -> Iterator[tuple[int, int, Reason | None]]:
    """For each contact its id, its standing, and why it is left out as the repetition of another one.

    The standing says the rest: `groups_of`.
    """
    repetitions = Repetitions(one_per_household=one_per_household)
    media: dict[int, Medium | None] = {}
    for contact_id, standing, email, mobile, household_id in contacts:
        if standing not in media:
            media[standing] = _first_medium(channel, standing)
        medium = media[standing]
        if medium is None:
            yield contact_id, standing, None
        else:
            address = email if medium is Medium.EMAIL else mobile
            yield contact_id, standing, repetitions.reason(address or "", household_id)


def count_groups(channel: Channel, contacts: Iterable[ChosenContact], *, one_per_household: bool) -> Mapping[str, int]:
    """How many contacts each group holds; empty groups are not there."""
    alike: Counter[tuple[int, Reason | None]] = Counter()
    alone: dict[int, int] = {}
    for _, standing, repeated in decide(channel, contacts, one_per_household=one_per_household):
        if repeated is None:
            alone[standing] = alone.get(standing, 0) + 1
        else:
            alike[standing, repeated] += 1
    groups: Counter[str] = Counter()
    for (standing, repeated), number in (*(((one, None), many) for one, many in alone.items()), *alike.items()):
        for group in groups_of(channel, standing, repeated):
            groups[group] += number
    return groups


@lru_cache(maxsize=4_096)
def groups_of(channel: Channel, standing: int, repeated: Reason | None) -> frozenset[str]:
    """The groups of a contact."""
    facts = standing_of(standing)
    if facts.is_excluded:
        return frozenset({Group.SELECTED, Group.EXCLUDED})
    target = judge(channel, _candidate(facts))
    reason = repeated or target.reason
    if reason and reason is not Reason.NO_ADDRESS:
        return frozenset({Group.SELECTED, left_out_for(reason)})
    media = {medium: obstacle_on(medium, facts) for medium in media_of(channel)}
    return frozenset({
        Group.SELECTED,
        Group.TOTAL,
        first_on(target.medium) if target.medium else left_out_for(Reason.NO_ADDRESS),
        *(not_on(medium, obstacle) if obstacle else reachable_on(medium) for medium, obstacle in media.items()),
    })  # fmt: skip


def _first_medium(channel: Channel, standing: int) -> Medium | None:
    facts = standing_of(standing)
    return None if facts.is_excluded else judge(channel, _candidate(facts)).medium


def _candidate(facts: Standing) -> Candidate:
    """A contact of this standing: which one makes no difference."""
    email, mobile = facts.email, facts.mobile
    return Candidate(
        contact_id=0,
        first_name="",
        last_name="",
        hebrew_first_name="",
        household_id=None,
        is_deceased=facts.is_deceased,
        email=None if email == "missing" else "email",
        email_problem=email if email in set(AddressProblem) else None,
        mobile_e164=None if mobile == "missing" else "mobile",
        mobile_problem=mobile if mobile in set(AddressProblem) else None,
        email_opted_out=facts.email_opted_out,
        sms_opted_out=facts.sms_opted_out,
        whatsapp_opted_out=facts.whatsapp_opted_out,
    )
