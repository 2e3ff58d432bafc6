"""Ask providers what became of messages whose answer was lost.

A provider's list does not show our reference, so a message is recognised by its sender, its address, its
text and the time it was made. It settles an attempt only when it can be no other's: exactly one message
fits the attempt, no attempt holds it already, and it fits no other attempt without an answer. Whatever
is not that sure stays `unknown` (decision 3).
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from functools import partial

import redis
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from backend import clock, realtime
from backend.database import after_commit, reading, unit_of_work
from backend.domain.channels import Medium
from backend.domain.deliverability import end_of, status_of_word
from backend.domain.personal_fields import render_text
from backend.domain.refusals import meaning
from backend.domain.statuses import RecipientStatus
from backend.domain.vendors import VENDORS_OF
from backend.domain.vendors.vocabulary import Vendor
from backend.errors import ConfigurationError
from backend.logs import get_logger
from backend.providers import open_sender
from backend.providers.base import FoundMessage, MessageFinder
from backend.rate_limits import RateLimit
from backend.repositories import attempts, recipients
from backend.repositories.attempts import AttemptChange, Unanswered
from backend.services import settling
from backend.services.recording import note_addresses
from backend.settings import Settings, get_settings

log = get_logger(__name__)

ASKED_A_ROUND = 32
_ASKABLE: tuple[Vendor, ...] = ("twilio", "whatsapp")  # SendGrid's activity API is a paid add-on: only its events tell
_PATIENCE_S = 4.0  # the scheduler has other work: what a round does not get to, the next one does
_AGAIN_AFTER_S = 60
_GIVEN_UP_AFTER_H = 24
_CLOCKS_DIFFER_S = 5

_Answers = dict[int, Sequence[FoundMessage] | None]
"""What a provider listed, by the id of the attempt it was asked about; None: it gave no answer."""


def can_be_asked(medium: Medium | None) -> bool:
    """Whether there is a provider that can be asked what became of a message on this medium."""
    return medium is not None and any(vendor in _ASKABLE for vendor in VENDORS_OF[medium])


async def ask_about_unknown(limit: int = ASKED_A_ROUND) -> int:
    """Ask about at most `limit` unknown attempts, and settle those that are sure; gives how many.

    Writes when each was asked. Without a provider or Redis to ask, nothing changes. Safe to repeat.
    """
    settings = get_settings()
    questions = await asyncio.to_thread(_due, settings, limit)
    by_sender: dict[tuple[Medium, str], list[Unanswered]] = {}
    for question in questions:
        by_sender.setdefault((question.medium, question.provider), []).append(question)
    ends_at = time.monotonic() + _PATIENCE_S
    parts = await asyncio.gather(
        *(_ask(settings, medium, asked, ends_at) for (medium, _), asked in sorted(by_sender.items()))
    )
    answers: _Answers = {attempt_id: found for part in parts for attempt_id, found in part.items()}
    if all(found is None for found in answers.values()):
        return 0
    return await asyncio.to_thread(_settle_or_note, [q for q in questions if q.attempt_id in answers], answers)


def _due(settings: Settings, limit: int) -> list[Unanswered]:
    now = clock.now()
    with reading() as session:
        return attempts.list_to_ask(
            session,
            _ASKABLE,
            claimed_between=(
                now - timedelta(hours=_GIVEN_UP_AFTER_H),
                now - timedelta(seconds=2 * settings.provider_timeout_s),
            ),
            asked_before=now - timedelta(seconds=_AGAIN_AFTER_S),
            limit=limit,
        )


async def _ask(settings: Settings, medium: Medium, questions: Sequence[Unanswered], ends_at: float) -> _Answers:
    """Ask the provider they went to, at the pace of its messages; what is not answered in time is left out."""
    try:
        sender = open_sender(settings, medium, _vendor_of(questions[0]))
    except ConfigurationError:  # it carries nothing any more
        return {}
    limit = RateLimit(settings, medium)
    answers: _Answers = {}
    try:
        if isinstance(sender, MessageFinder):
            async with asyncio.timeout(max(ends_at - time.monotonic(), 0)):
                await _ask_in_turns(sender, limit, questions, ends_at, answers)
    except TimeoutError:
        log.warning("asking_took_too_long", medium=medium.value, asked=len(questions), answered=len(answers))
    except redis.RedisError as error:
        log.warning("rate_limit_unreachable", error=type(error).__name__)
    finally:
        await sender.aclose()
        await limit.aclose()
    return answers


def _vendor_of(question: Unanswered) -> Vendor:
    return next(vendor for vendor in _ASKABLE if vendor == question.provider)


async def _ask_in_turns(
    finder: MessageFinder, limit: RateLimit, questions: Sequence[Unanswered], ends_at: float, answers: _Answers
) -> None:
    async def ask(question: Unanswered) -> None:
        answers[question.attempt_id] = await finder.find_recent(question.address, question.claimed_at)

    waiting = list(questions)
    while waiting:
        granted = await limit.take(len(waiting), max(ends_at - time.monotonic(), 0))
        if not granted:
            return
        now, waiting = waiting[:granted], waiting[granted:]
        await asyncio.gather(*map(ask, now))


def _settle_or_note(questions: Sequence[Unanswered], answers: _Answers) -> int:
    try:
        return _settle(questions, answers)
    except IntegrityError:
        # Another transaction has just given one of these messages to its attempt: the next round sees it.
        log.warning("message_id_repeated", attempts=len(questions))
        return 0


def _settle(questions: Sequence[Unanswered], answers: _Answers) -> int:
    with unit_of_work() as session:
        standings = recipients.lock_standings(session, {question.recipient_id for question in questions})
        history = attempts.of_recipients(session, [standing.id for standing in standings])
        open_ids = {
            attempt.id
            for found in history.values()
            for attempt in found
            if attempt.status is RecipientStatus.UNKNOWN and attempt.provider_message_id is None
        }
        attempts.note_asked(session, [question.attempt_id for question in questions])
        sure = _sure(session, [question for question in questions if question.attempt_id in open_ids], answers)
        changes = [change for q in questions if q.attempt_id in sure for change in _changes(q, sure[q.attempt_id])]
        books = settling.Books()
        settling.settle(session, standings, history, changes, books)
        _note_failures(session, questions, changes)
        settling.close_books(session, books)
        for campaign_id in sorted(books.reopened):
            after_commit(session, partial(realtime.wake_campaign, campaign_id))
    log.info("unknown_asked", attempts=len(questions), settled=len(changes))
    return len(changes)


def _sure(session: Session, questions: Sequence[Unanswered], answers: _Answers) -> Mapping[int, FoundMessage]:
    """The message of each attempt of which there can be no doubt.

    Read after the provider was asked: whoever sent a listed message had its attempt committed by then.
    """
    listed = {found.provider_message_id for q in questions for found in answers[q.attempt_id] or ()}
    held = {
        attempt.provider_message_id
        for attempt in attempts.find(session, [], [(name, sid) for name in _ASKABLE for sid in listed])
    }
    rivals = attempts.list_unanswered(session, {question.address for question in questions})
    fitting: dict[int, list[FoundMessage]] = {}
    owners: Counter[str] = Counter()
    for question in questions:
        fitting[question.attempt_id] = [
            found
            for found in answers[question.attempt_id] or ()
            if found.provider_message_id not in held and _fits(question, found)
        ]
        for found in fitting[question.attempt_id]:
            owners[found.provider_message_id] = sum(
                rival.address == question.address and rival.medium is question.medium and _fits(rival, found)
                for rival in rivals
            )
    return {
        attempt_id: found[0]
        for attempt_id, found in fitting.items()
        if len(found) == 1 and owners[found[0].provider_message_id] == 1
    }


def _fits(question: Unanswered, found: FoundMessage) -> bool:
    """Whether this may be the attempt's message: its text, and made while the attempt could be sent."""
    text = question.sms_text if question.medium is Medium.SMS else question.whatsapp_text
    lease_s = get_settings().claim_lease_s
    age_s = (found.created_at - question.claimed_at).total_seconds()
    in_time = -_CLOCKS_DIFFER_S <= age_s <= lease_s + _CLOCKS_DIFFER_S
    return in_time and render_text(text, question.fields).strip() == found.text.strip()


def _changes(question: Unanswered, found: FoundMessage) -> Collection[AttemptChange]:
    word, code = found.state.word, found.state.vendor_code
    status = status_of_word(question.provider, word, code)
    if status is None:
        log.warning("word_not_known", provider=question.provider, word=word)
        return ()
    ended_as = end_of(question.provider, question.medium, status, [word])
    return (AttemptChange(question.attempt_id, status, code, found.provider_message_id, ended_as),)


def _note_failures(session: Session, questions: Sequence[Unanswered], changes: Sequence[AttemptChange]) -> None:
    """Remember what the failures say about the addresses."""
    by_id = {question.attempt_id: question for question in questions}
    for change in sorted(changes):
        question = by_id[change.id]
        if change.status in {RecipientStatus.FAILED, RecipientStatus.SKIPPED}:
            what = meaning(question.provider, change.vendor_code)
            note_addresses(session, question.medium, {what: [question.address]})
