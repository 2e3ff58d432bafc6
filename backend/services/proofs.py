"""Prove that counters and ledger are true: count again, and say where they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from backend import clock
from backend.database import reading, unit_of_work
from backend.domain.channels import Medium
from backend.domain.statuses import RecipientStatus
from backend.domain.timelines import COLUMNS, MinuteSums, minute_of, sums_of
from backend.errors import NotFoundError
from backend.models import NO_MEDIUM, Campaign, CreditBalance
from backend.repositories import (
    campaign_list,
    campaign_minutes,
    campaigns,
    credit_proofs,
    credits,
    reaction_proofs,
    recipients,
)
from backend.repositories.reaction_proofs import Drifted

_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Drift:
    """One number that is not what a recount gives."""

    what: str
    stored: int
    counted: int


def recount(campaign_id: int | None = None, *, repair: bool = True) -> list[Drift]:
    """Compare the counters of one or every validated campaign with its recipients, and set them right.

    The minutes have to add up to the same, views and clicks to what was reported and followed, and the totals of
    links to the clicks of all. Every: the totals of the tabs of the list, too.
    """
    with reading() as session:
        ids = campaigns.list_validated(session, campaign_id)
    if campaign_id is not None and not ids:
        raise NotFoundError(f"There is no validated campaign {campaign_id}", what="campaign", id=campaign_id)
    drifts = [
        drift for one in ids for drift in [*_recount_reactions(one, repair=repair), *_recount_one(one, repair=repair)]
    ]
    return drifts if campaign_id is not None else [*drifts, *recount_tabs(repair=repair)]


def _recount_one(campaign_id: int, *, repair: bool) -> list[Drift]:
    with unit_of_work() as session:
        # Whoever changes recipients changes this row in the same transaction: held, it keeps both still.
        session.get(Campaign, campaign_id, with_for_update=True)
        by_medium = recipients.count_all(session, campaign_id)
        stored, counted = campaigns.stored_counts(session, campaign_id), _by_status(by_medium)
        there, clicked = campaigns.stored_clicked(session, campaign_id), recipients.count_clicked(session, campaign_id)
        if repair and (stored, there) != (counted, clicked):
            campaigns.set_counts(session, campaign_id, counted, clicked=clicked)
        minutes = _recount_minutes(session, campaign_id, by_medium, repair=repair)
    numbers = [*((status.value, stored[status], counted[status]) for status in stored), ("clicked", there, clicked)]
    return [
        *(Drift(f"campaign {campaign_id} {name}", before, after) for name, before, after in numbers if before != after),
        *minutes,
    ]


def _by_status(by_medium: Mapping[tuple[Medium | None, RecipientStatus], int]) -> dict[RecipientStatus, int]:
    counts = dict.fromkeys(RecipientStatus, 0)
    for (_, status), number in by_medium.items():
        counts[status] += number
    return counts


def _recount_minutes(
    session: Session, campaign_id: int, by_medium: Mapping[tuple[Medium | None, RecipientStatus], int], *, repair: bool
) -> list[Drift]:
    """What is missing in the minutes, or too much, is entered under the present one."""
    stored = campaign_minutes.sums_by_medium(session, campaign_id)
    counted = _sums_by_medium(by_medium)
    drifts: list[Drift] = []
    for medium in sorted(stored.keys() | counted.keys()):
        before, after = stored.get(medium, MinuteSums()), counted.get(medium, MinuteSums())
        changes = {name: right - there for name, there, right in zip(COLUMNS, before, after, strict=True)}
        drifts += [
            Drift(f"campaign {campaign_id} minutes, {medium or 'no medium'}, {name}", getattr(before, name),
                  getattr(after, name))
            for name, change in changes.items() if change
        ]  # fmt: skip
        if repair:
            campaign_minutes.add(session, campaign_id, minute_of(clock.now()), {medium: changes})
    return drifts


def _sums_by_medium(by_medium: Mapping[tuple[Medium | None, RecipientStatus], int]) -> dict[str, MinuteSums]:
    counts: dict[str, dict[RecipientStatus, int]] = {}
    for (medium, status), number in by_medium.items():
        counts.setdefault(medium or NO_MEDIUM, {})[status] = number
    return {medium: sums_of(of_medium) for medium, of_medium in counts.items()}


def _recount_reactions(campaign_id: int, *, repair: bool) -> list[Drift]:
    with unit_of_work() as session:
        people = reaction_proofs.recipients(session, campaign_id)
        links = reaction_proofs.links(session, campaign_id)
        if repair and people:
            # Whoever counts a view or a click locks the recipient first: held, nothing is added meanwhile.
            recipients.lock_standings(session, [one.id for one in people])
            reaction_proofs.set_recipients(session, _again(people, reaction_proofs.recipients(session, campaign_id)))
        if repair and links:
            reaction_proofs.lock_links(session, [one.id for one in links])
            reaction_proofs.set_links(session, _again(links, reaction_proofs.links(session, campaign_id)))
    return [
        *_told(people, "recipient", ("views", "clicks")),
        *_told(links, f"campaign {campaign_id} link", ("people", "clicks")),
    ]


def _again(locked: Sequence[Drifted], now: Sequence[Drifted]) -> list[Drifted]:
    """Those still wrong, of the rows that are locked."""
    ids = {one.id for one in locked}
    return [one for one in now if one.id in ids]


def _told(drifted: Sequence[Drifted], what: str, names: tuple[str, str]) -> list[Drift]:
    return [
        Drift(f"{what} {one.id} {name}", there, right)
        for one in drifted
        for name, there, right in zip(names, one.stored, one.counted, strict=True)
        if there != right
    ]


def recount_tabs(*, repair: bool = True) -> list[Drift]:
    """Compare the totals of the list's tabs with the campaigns, and set them right."""
    with unit_of_work() as session:
        # Whoever makes, validates, deletes or restores a campaign changes this row: held, it keeps them from ending.
        stored, counted = campaign_list.stored_totals(session), campaign_list.counted_totals(session)
        if repair and stored != counted:
            campaign_list.set_totals(session, *counted)
    return [
        Drift(f"tab {name}", before, after)
        for name, before, after in zip(("draft", "validated"), stored, counted, strict=True)
        if before != after
    ]


def audit_credits() -> list[Drift]:
    """Compare the balance, the ledger, what orders brought, and what every campaign holds and was charged with its
    recipients and attempts (docs/decisions/0009). Nothing is repaired. Of each kind of entry the first 20 are named.
    """
    with unit_of_work() as session:
        # Every movement changes this row in its transaction: held, it keeps ledger and recipients still.
        session.get(CreditBalance, 1, with_for_update=True)
        balance, ledger = credits.get_balance(session), credits.balance_of_ledger(session)
        by_ledger, by_recipients = credits.campaign_reservations(session), credits.recipient_reservations(session)
    drifts = [
        Drift(f"credits {name}", stored, counted)
        for name, stored, counted in zip(balance._fields, balance, ledger, strict=True)
        if stored != counted
    ]
    for campaign_id in sorted(by_ledger.keys() | by_recipients.keys()):
        held, needed = by_ledger.get(campaign_id, 0), by_recipients.get(campaign_id, 0)
        if held != needed:
            drifts.append(Drift(f"campaign {campaign_id} reserved", held, needed))
    with reading() as session:
        charged = credit_proofs.ledger_campaigns(session)
    return [*drifts, *_audit_entries(), *(drift for one in charged for drift in _audit_charges(one))]


def _audit_entries() -> list[Drift]:
    """Entries are made one after the other, under the lock: whatever is there is the whole of them up to the last."""
    with reading() as session:
        entries = credit_proofs.wrong_entries(session, _MOST_NAMED)
        keys = credit_proofs.repeated_keys(session, _MOST_NAMED)
        orders = credit_proofs.wrong_orders(session, _MOST_NAMED)
    return [
        *(Drift(f"ledger entry {one.id} balance", one.stored, one.counted) for one in entries),
        *(Drift(f"ledger entry {one.id} entries with its key", one.stored, one.counted) for one in keys),
        *(Drift(f"order {one.id} credits", one.stored, one.counted) for one in orders),
    ]


def _audit_charges(campaign_id: int) -> list[Drift]:
    """Ledger, recipients and attempts change in one transaction: seen in one moment they have to agree."""
    with reading() as session:
        found = credit_proofs.charges_of(session, campaign_id)
    compared = [
        ("charged", found.by_ledger, found.by_recipients),
        ("charged by attempts", found.by_recipients, found.by_attempts),
        ("taken and not charged", 0, found.not_charged),
        ("refunded", found.refunded_by_ledger, found.refunded_by_recipients),
        ("refunded by attempts", found.refunded_by_recipients, found.refunded_by_attempts),
    ]
    return [
        Drift(f"campaign {campaign_id} {what}", stored, counted)
        for what, stored, counted in compared
        if stored != counted
    ]
