"""The plain case of reports, in bulk: messages that got further, and nothing else to decide.

Nearly every report is of this kind. What they make of recipients and credits is asked of the same rules as for any
other, once for all that end alike; whatever is not as plain is left to `delivery` and `settling`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from sqlmodel import Session

from backend.domain.cascade import AttemptOutcome, credit_after
from backend.domain.channels import Medium
from backend.domain.deliverability import furthest, progress_of
from backend.domain.statuses import CreditState, RecipientStatus
from backend.repositories import advances
from backend.repositories.advances import Reported
from backend.repositories.delivery_events import StoredEvent
from backend.services.settling import Books

Told = tuple[StoredEvent, Reported]
"""A report, and the attempt it speaks of, which is locked."""


class Advanced(NamedTuple):
    """`others`: attempts that are not plain, for which nothing was done. `viewed`: whose views have been written."""

    others: set[int]
    viewed: set[int]


def advance(session: Session, told: Sequence[Told], views: Mapping[int, int], books: Books) -> Advanced:
    """Write down how far plain attempts got, and with it the views of their recipients."""
    reached: dict[int, RecipientStatus] = {}
    message_ids: dict[int, str] = {}
    others: set[int] = set()
    for event, reported in told:
        progress = progress_of(event.provider, event.word, event.vendor_code) if reported.is_alone else None
        after = furthest(reached.get(reported.attempt_id, reported.status), progress) if progress else None
        if after is None:
            others.add(reported.attempt_id)
            continue
        reached[reported.attempt_id] = after
        if event.provider_message_id and not reported.has_message_id:
            message_ids[reported.attempt_id] = event.provider_message_id
    advances.write_message_ids(session, {id_: told for id_, told in message_ids.items() if id_ not in others})
    plain = {reported.attempt_id: reported for _, reported in told if reported.attempt_id not in others}
    viewed = _write(session, [(reported, reached[id_]) for id_, reported in plain.items()], views, books)
    return Advanced(others, viewed)


def _write(
    session: Session, plain: Sequence[tuple[Reported, RecipientStatus]], views: Mapping[int, int], books: Books
) -> set[int]:
    alike: dict[tuple[RecipientStatus, CreditState | None, bool, int], list[Reported]] = {}
    moves: Counter[tuple[int, Medium, RecipientStatus, RecipientStatus]] = Counter()
    for reported, status in plain:
        if status is reported.status:
            continue
        before, after = reported.credit_state, _credit_after(reported.credit_state, reported.medium, status)
        was_claimed = reported.status is RecipientStatus.CLAIMED
        more_views = views.get(reported.recipient_id, 0)
        alike.setdefault((status, None if after is before else after, was_claimed, more_views), []).append(reported)
        moves[reported.campaign_id, reported.medium, reported.status, status] += 1
        books.move_credits(reported.campaign_id, before, after, reported.segments)
    for (campaign_id, medium, was, became), number in moves.items():
        books.move(campaign_id, was, became, number, media=(medium, medium))
    viewed: set[int] = set()
    for (status, credit_state, was_claimed, more_views), rows in alike.items():
        advances.write_attempts(session, [row.attempt_id for row in rows], status)
        recipient_ids = [row.recipient_id for row in rows]
        advances.write_recipients(
            session, recipient_ids, status, credit_state, was_claimed=was_claimed, more_views=more_views
        )
        if more_views:
            viewed.update(recipient_ids)
    return viewed


@cache
def _credit_after(before: CreditState, medium: Medium, status: RecipientStatus) -> CreditState:
    return credit_after(before, status, [AttemptOutcome(medium, status, None, taken=True)])
