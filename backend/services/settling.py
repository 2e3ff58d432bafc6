"""Bring recipients, counters and credits in line with their attempts, inside the caller's transaction.

The one place where an outcome is written, whoever learned it: the answer to a hand-over, a
webhook, or the scheduler that found a lease run out. Safe to call twice: the second finds nothing to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlmodel import Session

from backend import realtime
from backend.database import after_commit
from backend.domain.cascade import AttemptOutcome, Decision, credit_after, decide, is_waiting_for_its_try, was_taken
from backend.domain.channels import Addresses, Channel, Medium
from backend.domain.deliverability import is_success
from backend.domain.hold_ups import HoldUpCode
from backend.domain.statuses import CreditState, LedgerKind, Reason, RecipientStatus, RunState
from backend.logs import get_logger
from backend.repositories import attempts, campaigns, credits, recipients
from backend.repositories.attempts import AttemptChange, AttemptRow
from backend.repositories.recipients import Standing

log = get_logger(__name__)

LEASE_EXPIRED = "lease_expired"
_LEDGER_OF = {
    CreditState.RESERVED: LedgerKind.RESERVE,
    CreditState.CHARGED: LedgerKind.CHARGE,
    CreditState.RELEASED: LedgerKind.RELEASE,
    CreditState.REFUNDED: LedgerKind.REFUND,
}


@dataclass(slots=True)
class Books:
    """What a transaction owes campaigns and the ledger, entered at its end by `close_books`.

    Many workers write to one campaign and one balance: their rows are locked last, briefly, and in
    one order (recipients, attempts, contacts, then campaigns by id, then the balance).
    """

    counts: dict[int, Counter[str]] = field(default_factory=dict)
    by_medium: dict[int, Counter[tuple[Medium | None, RecipientStatus]]] = field(default_factory=dict)
    amounts: dict[int, Counter[LedgerKind]] = field(default_factory=dict)
    reopened: set[int] = field(default_factory=set)
    halts: dict[int, str] = field(default_factory=dict)
    answered: dict[int, Medium] = field(default_factory=dict)
    held_up: dict[int, tuple[Medium, HoldUpCode]] = field(default_factory=dict)

    def count(self, campaign_id: int, name: str, delta: int) -> None:
        """Note a change of a counter, by its column's name without `_count`."""
        self.counts.setdefault(campaign_id, Counter())[name] += delta

    def move(
        self,
        campaign_id: int,
        before: RecipientStatus,
        after: RecipientStatus,
        number: int = 1,
        *,
        media: tuple[Medium | None, Medium | None],
    ) -> None:
        """Note that so many recipients went from one status to another; `media`: on which before, and on which now."""
        self.count(campaign_id, before, -number)
        self.count(campaign_id, after, number)
        by_medium = self.by_medium.setdefault(campaign_id, Counter())
        by_medium[media[0], before] -= number
        by_medium[media[1], after] += number
        if after is RecipientStatus.PENDING:
            self.reopened.add(campaign_id)

    def move_credits(self, campaign_id: int, before: CreditState, after: CreditState, amount: int) -> None:
        """Note where so many credits went."""
        if before is not after and after in _LEDGER_OF:
            self.amounts.setdefault(campaign_id, Counter())[_LEDGER_OF[after]] += amount


def close_books(session: Session, books: Books) -> None:
    """Enter counters, halt, reopen or end the runs, and move the credits. The last step of a transaction."""
    for campaign_id in sorted(books.counts.keys() | books.halts.keys()):
        _close_campaign(session, campaign_id, books)
        after_commit(session, partial(realtime.signal_campaign, campaign_id))
    for campaign_id in sorted(books.amounts):
        for kind, amount in sorted(books.amounts[campaign_id].items()):
            credits.move(session, kind, amount, campaign_id=campaign_id)
    if books.amounts:
        after_commit(session, realtime.signal_credit)


def _close_campaign(session: Session, campaign_id: int, books: Books) -> None:
    counts = books.counts.get(campaign_id, Counter[str]())
    by_medium = books.by_medium.get(campaign_id, {})
    campaigns.add_counts(session, campaign_id, counts, books.answered.get(campaign_id), by_medium)
    if campaign_id in books.held_up:
        campaigns.hold_up(session, campaign_id, *books.held_up[campaign_id])
    if campaign_id in books.halts and campaigns.move_run(
        session, campaign_id, RunState.HALTED, halt_code=books.halts[campaign_id]
    ):
        log.warning("run_halted", campaign_id=campaign_id, code=books.halts[campaign_id])
    if counts["refused"]:
        campaigns.halt_if_refused(session, campaign_id)
    if campaign_id in books.reopened:
        campaigns.reopen(session, campaign_id)
    if counts[RecipientStatus.CLAIMED] < 0 or counts[RecipientStatus.PENDING] < 0:
        campaigns.finish_if_done(session, campaign_id)


History = Mapping[int, Sequence[AttemptRow]]
"""Attempts by recipient id, oldest first, read after the recipients were locked."""


def settle(
    session: Session, standings: Sequence[Standing], history: History, changes: Sequence[AttemptChange], books: Books
) -> None:
    """Write changes of attempts, and settle the locked recipients of one or several campaigns that they belong to."""
    attempts.write(session, changes)
    history = _with_changes(history, {change.id: change for change in changes})
    by_campaign: dict[int, list[Standing]] = {}
    for standing in standings:
        by_campaign.setdefault(standing.campaign_id, []).append(standing)
    runs = campaigns.runs_of(session, by_campaign)
    for campaign_id, run in runs.items():
        changed = [
            (before, after)
            for before in by_campaign[campaign_id]
            if history.get(before.id)
            for after in [_settled(before, run.channel, history[before.id], goes_on=run.goes_on)]
            if after != before
        ]
        pairs = _affordable(session, one_per_address(session, campaign_id, changed))
        write_changes(session, campaign_id, pairs, books)


def _with_changes(history: History, changes: Mapping[int, AttemptChange]) -> History:
    return {
        recipient_id: [_changed(row, changes[row.id]) if row.id in changes else row for row in rows]
        for recipient_id, rows in history.items()
    }


def _changed(row: AttemptRow, change: AttemptChange) -> AttemptRow:
    return row._replace(
        status=change.status,
        vendor_code=change.vendor_code,
        provider_message_id=change.provider_message_id or row.provider_message_id,
    )


def _affordable(session: Session, changed: list[tuple[Standing, Standing]]) -> list[tuple[Standing, Standing]]:
    """Reserve anew for an SMS whose credits were released before its turn came; without credits it ends there.

    Should another transaction take the last credits meanwhile, the balance's constraint fails this one,
    and it is repeated with the truth.
    """
    if not any(_needs_credits(after) for _, after in changed):
        return changed
    available = credits.get_balance(session).available
    result = []
    for before, after in changed:
        final = after
        if _needs_credits(after) and after.segments <= available:
            available -= after.segments
            final = after._replace(credit_state=CreditState.RESERVED)
        elif _needs_credits(after):
            final = after._replace(
                status=RecipientStatus.FAILED, medium=before.medium, address=before.address, reason=Reason.NO_CREDIT
            )
        result.append((before, final))
    return result


def _needs_credits(after: Standing) -> bool:
    return (
        after.status is RecipientStatus.PENDING
        and after.medium is Medium.SMS
        and after.segments > 0
        and after.credit_state is not CreditState.RESERVED
    )


def _settled(before: Standing, channel: Channel, attempts: Sequence[AttemptRow], *, goes_on: bool) -> Standing:
    outcomes = [_outcome(attempt, before.first_attempt) for attempt in attempts]
    if is_waiting_for_its_try(before.status, outcomes):
        return before
    addresses = Addresses(before.email, before.mobile_e164, None)
    decision = decide(channel, addresses, outcomes, run_goes_on=goes_on)
    if _is_under_way(before, decision) or _is_closed(before, decision):
        return before
    return before._replace(
        status=decision.status,
        medium=decision.medium,
        vendor_code=decision.vendor_code,
        reason=decision.reason,
        address=decision.moved_to or before.address,
        credit_state=credit_after(before.credit_state, decision.status, outcomes, decision.medium),
    )


def _outcome(attempt: AttemptRow, first_attempt: int) -> AttemptOutcome:
    is_current = attempt.number >= first_attempt
    if attempt.assumed_at is not None and attempt.status is RecipientStatus.UNKNOWN:
        # Somebody settled it who cannot know. Whatever is learnt of it changes its status, and counts instead.
        return AttemptOutcome(attempt.medium, RecipientStatus.DELIVERED, None, taken=True, is_current=is_current)
    taken = was_taken(attempt.status, attempt.provider_message_id)
    return AttemptOutcome(attempt.medium, attempt.status, attempt.vendor_code, taken, is_current)


def _is_under_way(before: Standing, decision: Decision) -> bool:
    """Claimed, or already moved on to the next medium: what happens there decides."""
    if decision.status is RecipientStatus.CLAIMED:
        return True
    return before.status is RecipientStatus.PENDING and decision.status is RecipientStatus.PENDING


def _is_closed(before: Standing, decision: Decision) -> bool:
    """Cancelled or left out by us: only a message that arrived all the same changes that."""
    ours = before.status is RecipientStatus.CANCELLED or (
        before.status is RecipientStatus.SKIPPED and before.reason is not Reason.OPTED_OUT
    )
    return ours and not is_success(decision.medium, decision.status)


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


def write_changes(
    session: Session, campaign_id: int, changed: Iterable[tuple[Standing, Standing]], books: Books
) -> None:
    """Write new standings of one campaign, and note what they mean for its counters and credits."""
    pairs = list(changed)
    recipients.write_standings(session, [after for _, after in pairs])
    for before, after in pairs:
        books.move(campaign_id, before.status, after.status, media=(before.medium, after.medium))
        books.move_credits(campaign_id, before.credit_state, after.credit_state, after.segments)


def cancel_pending(session: Session, campaign_id: int, recipient_ids: Collection[int]) -> int:
    """Cancel recipients that are still pending and release their credits; gives how many."""
    standings = recipients.lock_standings(session, recipient_ids)
    pending = [standing for standing in standings if standing.status is RecipientStatus.PENDING]
    books = Books()
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
        books,
    )
    close_books(session, books)
    return len(pending)
