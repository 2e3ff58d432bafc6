"""Give credits back for SMS that the provider took and did not bill (docs/decisions/0010).

By the scheduler, a while after the last report, and not where reports are applied: those are many, and one that comes
late may still say that the message arrived.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from functools import partial

from sqlmodel import Session

from backend import clock, realtime
from backend.database import after_commit, reading, unit_of_work
from backend.domain.statuses import CreditState
from backend.logs import get_logger
from backend.repositories import recipients, refunds
from backend.repositories.recipients import Standing
from backend.repositories.refunds import Unjudged
from backend.services import settling
from backend.settings import get_settings

log = get_logger(__name__)

JUDGED_A_ROUND = 1_000


def refund_unbilled(limit: int = JUDGED_A_ROUND) -> int:
    """Judge SMS that came to nothing by how they ended, each once; gives how many credits went back.

    One transaction, and one movement for each campaign. Safe to repeat, to interrupt, and to do twice at once: whoever
    holds the recipients sees what was judged before. What was given back stays so, whatever is reported afterwards.
    """
    settings = get_settings()
    silent_since = clock.now() - timedelta(seconds=settings.sms_refund_after_s)
    with reading() as session:
        silent = refunds.list_silent(session, silent_since, limit)
    if not silent:
        return 0
    with unit_of_work() as session:
        standings = {one.id: one for one in recipients.lock_standings(session, set(silent.values()))}
        unjudged = refunds.still_silent(session, silent, silent_since)
        refunds.note_judged(session, [attempt.id for attempt in unjudged])
        amounts = _give_back(session, unjudged, standings, settings.unbilled_outcomes)
    if amounts:
        log.info("credits_refunded", messages=len(amounts), credits=sum(amounts.values()))
    return sum(amounts.values())


def _give_back(
    session: Session, unjudged: Sequence[Unjudged], standings: Mapping[int, Standing], unbilled: Collection[str]
) -> dict[int, int]:
    """Segments by attempt: for that of the current try its recipient says how many, one of a try before itself."""
    books, amounts, of_current_try = settling.Books(), dict[int, int](), set[int]()
    for attempt in unjudged:
        standing = standings[attempt.recipient_id]
        is_current = attempt.number >= standing.first_attempt
        amount = _charged(standing) if is_current else attempt.charged or 0
        if attempt.ended_as not in unbilled or amount == 0 or (is_current and standing.id in of_current_try):
            continue
        if is_current:
            of_current_try.add(standing.id)
        amounts[attempt.id] = amount
        books.move_credits(standing.campaign_id, CreditState.CHARGED, CreditState.REFUNDED, amount)
    if amounts:
        refunds.note_refunded(session, amounts)
        refunds.write_recipients(session, of_current_try)
        settling.close_books(session, books)
    for campaign_id in sorted(books.amounts):
        after_commit(session, partial(realtime.signal_campaign, campaign_id))
    return amounts


def _charged(standing: Standing) -> int:
    return standing.segments if standing.credit_state is CreditState.CHARGED else 0
