"""Prove that counters and ledger are true: count again, and say where they differ."""

from __future__ import annotations

from dataclasses import dataclass

from backend.database import reading, unit_of_work
from backend.errors import NotFoundError
from backend.models import Campaign, CreditBalance
from backend.repositories import campaign_list, campaigns, credits, recipients


@dataclass(frozen=True, slots=True)
class Drift:
    """One number that is not what a recount gives."""

    what: str
    stored: int
    counted: int


def recount(campaign_id: int | None = None, *, repair: bool = True) -> list[Drift]:
    """Compare the counters of one or every validated campaign with its recipients, and set them right.

    Every: the totals of the tabs of the list, too.
    """
    with reading() as session:
        ids = campaigns.list_validated(session, campaign_id)
    if campaign_id is not None and not ids:
        raise NotFoundError(f"There is no validated campaign {campaign_id}", what="campaign", id=campaign_id)
    drifts = [drift for one in ids for drift in _recount_one(one, repair=repair)]
    return drifts if campaign_id is not None else [*drifts, *recount_tabs(repair=repair)]


def _recount_one(campaign_id: int, *, repair: bool) -> list[Drift]:
    with unit_of_work() as session:
        # Whoever changes recipients changes this row in the same transaction: held, it keeps both still.
        session.get(Campaign, campaign_id, with_for_update=True)
        stored = campaigns.stored_counts(session, campaign_id)
        counted = recipients.count_by_status(session, campaign_id)
        if repair and stored != counted:
            campaigns.set_counts(session, campaign_id, counted)
    return [
        Drift(f"campaign {campaign_id} {status}", stored[status], counted[status])
        for status in stored
        if stored[status] != counted[status]
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
    """Compare the balance with its ledger, and every campaign's reservation with its recipients."""
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
    return drifts
