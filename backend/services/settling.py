"""Bring recipients, counters and credits in line with their attempts, inside the caller's transaction.

The one place where an outcome is written, whoever learned it: the answer to a hand-over, a
webhook, or the scheduler that found a lease run out. Safe to call twice: the second finds nothing to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from sqlmodel import Session

from backend.domain.cascade import AttemptOutcome, Decision, credit_after, decide, was_taken
from backend.domain.channels import Addresses, Channel
from backend.domain.statuses import CreditState, LedgerKind, Reason, RecipientStatus, RunState
from backend.models import Campaign
from backend.repositories import campaigns, credits, recipients
from backend.repositories.recipients import AttemptRow, Standing

UNANSWERED = frozenset({RecipientStatus.CLAIMED, RecipientStatus.UNKNOWN})
_LEDGER_OF = {CreditState.CHARGED: LedgerKind.CHARGE, CreditState.RELEASED: LedgerKind.RELEASE}


def settle(session: Session, standings: Sequence[Standing]) -> None:
    """Settle locked recipients of one or several campaigns."""
    attempts = recipients.attempts_of(session, [standing.id for standing in standings])
    by_campaign: dict[int, list[Standing]] = {}
    for standing in standings:
        by_campaign.setdefault(standing.campaign_id, []).append(standing)
    for campaign_id in sorted(by_campaign):
        _settle_campaign(session, campaign_id, by_campaign[campaign_id], attempts)


def _settle_campaign(
    session: Session, campaign_id: int, standings: list[Standing], attempts: dict[int, list[AttemptRow]]
) -> None:
    campaign = session.get(Campaign, campaign_id, populate_existing=True)
    if campaign is None:
        return
    goes_on = campaign.run_state is not RunState.CANCELLED and campaign.deleted_at is None
    changed = [
        (before, after)
        for before in standings
        if attempts.get(before.id)
        for after in [_settled(before, campaign.channel, attempts[before.id], goes_on=goes_on)]
        if after != before
    ]
    changed = one_per_address(session, campaign_id, changed)
    write_changes(session, campaign_id, changed)
    if campaign.run_state is RunState.DONE and any(after.status is RecipientStatus.PENDING for _, after in changed):
        campaigns.move_run(session, campaign_id, RunState.SENDING, drain_seen_at=None)


def _settled(before: Standing, channel: Channel, attempts: list[AttemptRow], *, goes_on: bool) -> Standing:
    if before.status in {RecipientStatus.CANCELLED, RecipientStatus.SKIPPED} and before.reason is not Reason.OPTED_OUT:
        return before
    outcomes = [
        AttemptOutcome(a.medium, a.status, a.vendor_code, was_taken(a.status, a.provider_message_id)) for a in attempts
    ]
    addresses = Addresses(before.email, before.mobile_e164, None)
    decision = decide(channel, addresses, outcomes, run_goes_on=goes_on)
    if _is_under_way(before, decision):
        return before
    return before._replace(
        status=decision.status,
        medium=decision.medium,
        vendor_code=decision.vendor_code,
        reason=decision.reason,
        address=decision.moved_to or before.address,
        credit_state=credit_after(before.credit_state, decision.status, outcomes),
    )


def _is_under_way(before: Standing, decision: Decision) -> bool:
    """Claimed, or already moved on to the next medium: what happens there decides."""
    if decision.status is RecipientStatus.CLAIMED:
        return True
    return before.status is RecipientStatus.PENDING and decision.status is RecipientStatus.PENDING


def one_per_address(
    session: Session, campaign_id: int, changed: list[tuple[Standing, Standing]]
) -> list[tuple[Standing, Standing]]:
    """A recipient that moves to an address somebody in the campaign already holds is left out."""
    moving = [after.address for _, after in changed if after.status is RecipientStatus.PENDING and after.address]
    held = {before.address for before, after in changed if before.address == after.address}
    taken = recipients.addresses_taken(session, campaign_id, moving) - held
    result = []
    for before, after in changed:
        final = after
        if after.status is RecipientStatus.PENDING and after.address != before.address:
            if after.address in taken:
                final = after._replace(
                    status=RecipientStatus.SKIPPED,
                    reason=Reason.DUPLICATE_ADDRESS,
                    address=before.address,
                    credit_state=credit_after(before.credit_state, RecipientStatus.SKIPPED, []),
                )
            elif after.address:
                taken.add(after.address)
        result.append((before, final))
    return result


def write_changes(session: Session, campaign_id: int, changed: Iterable[tuple[Standing, Standing]]) -> None:
    """Write new standings of one campaign with their counters and credit movements."""
    pairs = list(changed)
    recipients.write_standings(session, [after for _, after in pairs])
    deltas: Counter[str] = Counter()
    amounts: Counter[LedgerKind] = Counter()
    for before, after in pairs:
        deltas[before.status] -= 1
        deltas[after.status] += 1
        if before.credit_state is not after.credit_state and after.credit_state in _LEDGER_OF:
            amounts[_LEDGER_OF[after.credit_state]] += after.segments
    campaigns.add_counts(session, campaign_id, deltas)
    for kind in sorted(amounts):
        credits.move(session, kind, amounts[kind], campaign_id=campaign_id)


def cancel_pending(session: Session, campaign_id: int, recipient_ids: Collection[int]) -> int:
    """Cancel recipients that are still pending and release their credits; gives how many."""
    standings = recipients.lock_standings(session, recipient_ids)
    pending = [standing for standing in standings if standing.status is RecipientStatus.PENDING]
    write_changes(
        session,
        campaign_id,
        [
            (
                before,
                before._replace(
                    status=RecipientStatus.CANCELLED,
                    credit_state=credit_after(before.credit_state, RecipientStatus.CANCELLED, []),
                ),
            )
            for before in pending
        ],
    )
    return len(pending)
