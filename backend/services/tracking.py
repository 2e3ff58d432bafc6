"""One campaign: how far it got, what failed and why, and its recipients one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, RowMapping

from backend.database import reading
from backend.domain.campaign_list import RowFacts, actions_for
from backend.domain.channels import ConnectionState
from backend.domain.deliverability import deliverability
from backend.domain.refusals import meaning_on
from backend.domain.rights import Right
from backend.domain.statuses import LedgerKind, RecipientStatus, RunState
from backend.domain.tracking import (
    FEW_NAMES,
    CampaignDetails,
    Failure,
    RecipientPage,
    RecipientQuery,
    RecipientRow,
    RecipientSort,
    microseconds,
    numbers_of,
    sorts_of,
    tab_counts,
)
from backend.repositories import audit, organisations, recipient_pages, tracking
from backend.repositories.tracking import FailureCount
from backend.services.acting import ActingUser
from backend.services.courses import course_of
from backend.services.hold_ups import find_hold_ups
from backend.services.reactions import list_links

_MOST_FAILURES = 50
_MOST_LINKS = 50
_MOST_COUNTED = 50_000


def campaign_details(actor: ActingUser, campaign_id: int) -> CampaignDetails:
    """Everything about a campaign but its recipients. A dozen statements at most, whatever its size.

    Raises:
        ForbiddenError: without the right `campaigns.view`.
        NotFoundError: there is no such campaign, or it was deleted.
    """
    actor.require(Right.CAMPAIGNS_VIEW)
    with reading() as session:
        row = tracking.get(session, campaign_id)
        failures = _merge(tracking.count_failures(session, campaign_id, _MOST_COUNTED))
        amounts = dict.fromkeys(LedgerKind, 0) | tracking.ledger_sums(session, campaign_id)
        organisation = organisations.get(session)
        hold_ups = find_hold_ups(session, [row.id] if row.run_state is RunState.SENDING else [])
        counts = tracking.counters(row)
        moves = row.run_state is RunState.SENDING and not hold_ups
        course = course_of(session, row, counts, moves=moves)
        links = list_links(session, campaign_id, _MOST_LINKS)
        paused = audit.latest(session, "pause", "campaign", campaign_id) if row.run_state is RunState.PAUSED else None
    outcome = deliverability(counts)
    shown = failures[:_MOST_FAILURES]
    ended = counts[RecipientStatus.FAILED] + counts[RecipientStatus.SKIPPED]
    taken = amounts[LedgerKind.CHARGE] + amounts[LedgerKind.RELEASE]
    connected = organisation.whatsapp_state is ConnectionState.CONNECTED
    facts = RowFacts(row.run_state, row.channel, row.started_at is not None, connected)
    return CampaignDetails(
        id=row.id,
        title=row.title,
        subject=row.subject,
        channel=row.channel,
        status=row.status,
        run_state=row.run_state,
        halt_code=row.halt_code,
        late_by_s=row.late_by_s,
        created_at=row.created_at,
        validated_at=row.validated_at,
        validated_by=_name(row),
        scheduled_at=row.scheduled_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        time_zone=organisation.time_zone,
        numbers=numbers_of(row.targets_count, counts, row.clicked_count),
        deliverability=outcome,
        processed=outcome.total - counts[RecipientStatus.PENDING] - counts[RecipientStatus.CLAIMED],
        failures=shown,
        other_failures=max(ended - sum(failure.recipients for failure in shown), 0),
        credits_spent=amounts[LedgerKind.CHARGE] - amounts[LedgerKind.REFUND],
        credits_refunded=amounts[LedgerKind.REFUND],
        credits_reserved=amounts[LedgerKind.RESERVE] - taken,
        actions=actions_for(facts, {right for right in Right if actor.may(right)}),
        hold_up=hold_ups.get(row.id),
        course=course,
        links=links,
        paused_at=paused.at if paused else None,
        paused_by=(f"{paused.first_name or ''} {paused.last_name or ''}".strip() or paused.actor) if paused else None,
        language=organisation.language,
    )


def list_recipients(actor: ActingUser, campaign_id: int, query: RecipientQuery) -> RecipientPage:
    """One page of the recipients, and how many each tab holds. Three statements, and a fourth in the order of names.

    An order that the tab cannot have becomes that of sending, from its beginning.

    Raises:
        ForbiddenError: without the right `campaigns.view`.
        NotFoundError: there is no such campaign, or it was deleted.
    """
    actor.require(Right.CAMPAIGNS_VIEW)
    with reading() as session:
        counts = tab_counts(tracking.counters(tracking.get(session, campaign_id)))
        sorts = sorts_of(counts[query.tab])
        if query.sort not in sorts:
            query = replace(query, sort=RecipientSort.SENDING, descending=False, after=None, before=None)
        found, has_more = recipient_pages.list_page(session, campaign_id, query, are_few=counts[query.tab] <= FEW_NAMES)
    rows = [recipient_row(row) for row in found]
    next_after, previous_before = _cursors(rows, query, has_more=has_more)
    return RecipientPage(
        rows,
        counts,
        next_after,
        previous_before,
        next_at=microseconds(rows[-1].updated_at) if rows else None,
        previous_at=microseconds(rows[0].updated_at) if rows else None,
        sort=query.sort,
        descending=query.descending,
        sorts=sorts,
    )


def _cursors(rows: Sequence[RecipientRow], query: RecipientQuery, *, has_more: bool) -> tuple[int | None, int | None]:
    """Ids after which the next page begins, and before which the one before ends."""
    if not rows:  # walked past an end: the way back is the one it came
        if query.sort is not RecipientSort.SENDING:
            return None, None
        step = -1 if query.descending else 1
        return (
            query.before - step if query.before is not None else None,
            query.after + step if query.after is not None else None,
        )
    goes_on = has_more if query.before is None else True
    came_from = has_more if query.before is not None else query.after is not None
    return rows[-1].id if goes_on else None, rows[0].id if came_from else None


def _name(row: Row[Any]) -> str | None:
    """Who validated: the name, else the address; None for a draft, or for a command on the machine."""
    return f"{row.first_name or ''} {row.last_name or ''}".strip() or row.email


def _merge(counts: Sequence[FailureCount]) -> list[Failure]:
    """The same reason on several media is one; the most frequent come first."""
    merged: dict[Failure, int] = {}
    for count in counts:
        alike = Failure(
            count.status, count.reason, count.vendor_code, meaning_on(count.medium, count.vendor_code), recipients=0
        )
        merged[alike] = merged.get(alike, 0) + count.recipients
    failures = [replace(alike, recipients=recipients) for alike, recipients in merged.items()]
    return sorted(failures, key=lambda f: (-f.recipients, f.status, f.reason or "", f.vendor_code or ""))


def recipient_row(values: RowMapping) -> RecipientRow:
    """A row of `recipient_pages` with what its refusal means."""
    was_refused = values["status"] in {RecipientStatus.FAILED, RecipientStatus.SKIPPED}
    meaning = meaning_on(values["medium"], values["vendor_code"]) if was_refused else None
    return RecipientRow(**{str(name): value for name, value in values.items()}, meaning=meaning)
