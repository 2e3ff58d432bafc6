"""The drain: claim a window, hand it over with no transaction open, write down what came of it.

Never twice: whatever was claimed and has no answer stays `unknown`; only the provider's own word
that a message was not taken puts a recipient back. Never lost: nothing is claimed without an
attempt row, and the scheduler finds every claim whose lease ran out.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import redis
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from backend import clock, realtime
from backend.database import after_commit, reading, unit_of_work
from backend.domain.cascade import credit_after
from backend.domain.channels import Addresses, Channel, ConnectionState, Medium, next_medium
from backend.domain.deliverability import rank
from backend.domain.refusals import Meaning, meaning
from backend.domain.statuses import Reason, RecipientStatus, RunState
from backend.logs import get_logger
from backend.models import AddressProblem, Template
from backend.providers import open_sender
from backend.providers.base import MessageSender, SendResult, Verdict
from backend.rate_limits import RateLimit
from backend.repositories import campaigns, contacts, opt_outs, organisations, recipients
from backend.repositories.recipients import AttemptChange, AttemptRow, Claim, Standing
from backend.services import settling
from backend.services.composing import Content, compose, prepare
from backend.settings import Settings, get_settings

log = get_logger(__name__)

SLICE_S = 3.0
_LANES = 2

_STATUS_OF = {
    Verdict.ACCEPTED: RecipientStatus.ACCEPTED,
    Verdict.REFUSED: RecipientStatus.FAILED,
    Verdict.UNKNOWN: RecipientStatus.UNKNOWN,
}


class DrainEnd(StrEnum):
    """Why a drain stopped."""

    NOTHING_LEFT = "nothing_left"
    STOPPED = "stopped"
    TIME_IS_UP = "time_is_up"


@dataclass(frozen=True, slots=True)
class _Run:
    """One slice of one campaign's run."""

    campaign_id: int
    channel: Channel
    content: Content
    settings: Settings
    ends_at: float
    stopping: Callable[[], bool]

    def is_over(self) -> bool:
        return self.stopping() or time.monotonic() >= self.ends_at

    def remaining_s(self) -> float:
        return max(self.ends_at - time.monotonic(), 0)


@dataclass(frozen=True, slots=True)
class _Window:
    claims: list[Claim]
    send_before: float
    """Monotonic seconds. That clock goes on while a process is stopped: one that wakes too late sends nothing."""


async def drain(campaign_id: int, *, stopping: Callable[[], bool], slice_s: float = SLICE_S) -> DrainEnd:
    """Send a campaign's pending recipients for at most `slice_s` seconds."""
    run = await asyncio.to_thread(_begin, campaign_id, stopping, slice_s)
    if run is None:
        return DrainEnd.STOPPED
    while not run.is_over():
        media = await asyncio.to_thread(_media_to_send, run)
        if not media:
            return await asyncio.to_thread(_end, campaign_id)
        progressed = await asyncio.gather(*(_drain_medium(run, medium) for medium in media))
        if not any(progressed):
            break
    return DrainEnd.TIME_IS_UP


def _begin(campaign_id: int, stopping: Callable[[], bool], slice_s: float) -> _Run | None:
    with unit_of_work() as session:
        if campaigns.touch_drain(session, campaign_id) is not RunState.SENDING:
            return None
        campaign = campaigns.get(session, campaign_id)
        template = session.get(Template, campaign.template_id) if campaign.template_id else None
        content = prepare(campaign, template, organisations.get(session))
        return _Run(campaign_id, campaign.channel, content, get_settings(), time.monotonic() + slice_s, stopping)


def _media_to_send(run: _Run) -> list[Medium]:
    with reading() as session:
        media = recipients.pending_media(session, run.campaign_id)
        connected = organisations.get(session).whatsapp_state is ConnectionState.CONNECTED
    if Medium.WHATSAPP in media and not connected:
        with unit_of_work() as session:
            campaigns.move_run(session, run.campaign_id, RunState.WAITING_CONNECTION)
            after_commit(session, lambda: realtime.signal_campaign(run.campaign_id))
        return []
    return media


def _end(campaign_id: int) -> DrainEnd:
    with unit_of_work() as session:
        campaigns.finish_if_done(session, campaign_id)
        after_commit(session, lambda: realtime.signal_campaign(campaign_id))
    # Windows still in flight elsewhere end the run when they are recorded.
    return DrainEnd.NOTHING_LEFT


async def _drain_medium(run: _Run, medium: Medium) -> bool:
    """Send one medium in parallel lanes; whether anything was handed over."""
    sender, limit = open_sender(run.settings, medium), RateLimit(run.settings, medium)
    try:
        sent = await asyncio.gather(*(_lane(run, sender, limit) for _ in range(_LANES)))
    finally:
        await sender.aclose()
        await limit.aclose()
    return any(sent)


async def _lane(run: _Run, sender: MessageSender, limit: RateLimit) -> bool:
    sent = False
    while not run.is_over():
        try:
            granted = await limit.take(sender.batch_size, run.remaining_s())
        except redis.RedisError as error:
            # Without the shared rate nothing may leave, and nothing has been claimed yet.
            log.warning("rate_limit_unreachable", campaign_id=run.campaign_id, error=type(error).__name__)
            return False
        if not granted or run.stopping():
            return sent
        window = await asyncio.to_thread(_claim, run, sender, granted)
        if not window.claims:
            return sent
        sent = True
        if await _send_window(run, sender, limit, window):
            return sent
    return sent


def _claim(run: _Run, sender: MessageSender, limit: int) -> _Window:
    settings, claim_id = run.settings, uuid.uuid4().hex
    send_before = time.monotonic() + settings.claim_lease_s - settings.provider_timeout_s
    with unit_of_work() as session:
        number = recipients.claim_window(
            session,
            run.campaign_id,
            sender.medium,
            limit=limit,
            claim_id=claim_id,
            lease_until=clock.now() + timedelta(seconds=settings.claim_lease_s),
        )
        if not number:
            return _Window([], send_before)
        books = settling.Books()
        left_out = _leave_out(session, run, sender.medium, claim_id, books)
        claims = recipients.open_attempts(session, claim_id, sender.provider)
        books.count(run.campaign_id, RecipientStatus.PENDING, left_out - number)
        books.count(run.campaign_id, RecipientStatus.CLAIMED, number - left_out)
        settling.close_books(session, books)
    return _Window(claims, send_before)


def _leave_out(session: Session, run: _Run, medium: Medium, claim_id: str, books: settling.Books) -> int:
    """Take out of the window whoever may no longer be sent to; gives how many."""
    obstacles = {o.recipient_id: o.reason for o in recipients.find_obstacles(session, claim_id, medium)}
    if not obstacles:
        return 0
    standings = recipients.lock_standings(session, obstacles)
    # Their claim was not counted yet, so for the counters they come straight from pending.
    pairs = [(s._replace(status=RecipientStatus.PENDING), _without(s, run, medium, obstacles[s.id])) for s in standings]
    settling.write_changes(session, run.campaign_id, settling.one_per_address(session, run.campaign_id, pairs), books)
    return len(standings)


def _without(standing: Standing, run: _Run, medium: Medium, reason: Reason) -> Standing:
    personal = reason in {Reason.DELETED, Reason.DECEASED}
    addresses = Addresses(standing.email, standing.mobile_e164, None)
    following = None if personal else next_medium(run.channel, medium, addresses)
    if following:
        return standing._replace(
            status=RecipientStatus.PENDING, medium=following, address=getattr(addresses, following)
        )
    status = RecipientStatus.FAILED if reason is Reason.NO_ADDRESS else RecipientStatus.SKIPPED
    return standing._replace(status=status, reason=reason, credit_state=credit_after(standing.credit_state, status, []))


async def _send_window(run: _Run, sender: MessageSender, limit: RateLimit, window: _Window) -> bool:
    """Hand a window over and record it; whether the lane should rest, because the provider asked for it."""
    batch = compose(run.settings, run.content, sender.medium, window.claims)
    if time.monotonic() >= window.send_before:
        log.warning("lease_lost", campaign_id=run.campaign_id, claims=len(window.claims))
        return True
    results = await sender.send(batch)
    await asyncio.to_thread(record_results, run.campaign_id, sender, window.claims, results)
    deferred = [result for result in results if result.verdict is Verdict.DEFERRED]
    if not deferred:
        await limit.recover()
        return any(result.verdict is Verdict.MISCONFIGURED for result in results)
    waits = [result.retry_after_s for result in deferred if result.retry_after_s is not None]
    pause_s = await limit.pause(max(waits) if waits else None)
    log.warning(
        "provider_deferred",
        campaign_id=run.campaign_id,
        provider=sender.provider,
        messages=len(deferred),
        code=deferred[0].vendor_code,
        pause_s=round(pause_s, 1),
    )
    return True


def record_results(
    campaign_id: int, sender: MessageSender, claims: Sequence[Claim], results: Sequence[SendResult]
) -> None:
    """Write the answers of a window, with counters and credits, in one transaction. Safe to call twice."""
    try:
        _record(campaign_id, sender, claims, results)
    except IntegrityError:
        # Two messages with one id: whichever it belongs to, the others' answers cannot be believed.
        log.warning("message_id_repeated", campaign_id=campaign_id, provider=sender.provider)
        _record(campaign_id, sender, claims, _disbelieve_repeated_ids(sender, results))


def _disbelieve_repeated_ids(sender: MessageSender, results: Sequence[SendResult]) -> list[SendResult]:
    ids = Counter(result.provider_message_id for result in results if result.provider_message_id)
    with reading() as session:
        stored = recipients.find_attempts(session, [], [(sender.provider, message_id) for message_id in ids])
    known = {attempt.provider_message_id for attempt in stored}
    return [
        SendResult(r.reference, Verdict.UNKNOWN, vendor_code="repeated_message_id")
        if r.provider_message_id and (ids[r.provider_message_id] > 1 or r.provider_message_id in known)
        else r
        for r in results
    ]


def _record(campaign_id: int, sender: MessageSender, claims: Sequence[Claim], results: Sequence[SendResult]) -> None:
    with unit_of_work() as session:
        standings = recipients.lock_standings(session, [claim.recipient_id for claim in claims])
        history = recipients.attempts_of(session, [claim.recipient_id for claim in claims])
        attempts = {attempt.id: attempt for found in history.values() for attempt in found}
        answered = [
            (attempts[c.attempt_id], r) for c, r in zip(claims, results, strict=True) if r.verdict in _STATUS_OF
        ]
        returned = [attempts[c.attempt_id] for c, r in zip(claims, results, strict=True) if r.verdict not in _STATUS_OF]
        books = settling.Books()
        put_back = _put_back(session, campaign_id, standings, returned, books)
        settled = [standing for standing in standings if standing.id not in put_back]
        settling.settle(session, settled, history, [_change(attempt, result) for attempt, result in answered], books)
        _note_refusals(session, sender, claims, results)
        _enter_results(books, campaign_id, sender.provider, results)
        settling.close_books(session, books)


def _change(attempt: AttemptRow, result: SendResult) -> AttemptChange:
    status = _STATUS_OF[result.verdict]
    if result.verdict is Verdict.REFUSED and meaning(attempt.provider, result.vendor_code) is Meaning.OPTED_OUT:
        status = RecipientStatus.SKIPPED
    if rank(attempt.status) > rank(status):  # a report overtook the answer
        return AttemptChange(attempt.id, attempt.status, attempt.vendor_code, result.provider_message_id)
    return AttemptChange(attempt.id, status, result.vendor_code, result.provider_message_id)


def _put_back(
    session: Session,
    campaign_id: int,
    standings: Sequence[Standing],
    returned: Sequence[AttemptRow],
    books: settling.Books,
) -> set[int]:
    """Make pending again whom the provider certainly did not take; gives their recipients' ids."""
    never_left = {a.recipient_id: a.id for a in returned if a.status in settling.UNANSWERED}
    again = [s for s in standings if s.id in never_left and s.status in settling.UNANSWERED]
    recipients.delete_attempts(session, [never_left[s.id] for s in again])
    pairs = [(s, s._replace(status=RecipientStatus.PENDING)) for s in again]
    settling.write_changes(session, campaign_id, pairs, books)
    return {s.id for s in again}


def _note_refusals(
    session: Session, sender: MessageSender, claims: Sequence[Claim], results: Sequence[SendResult]
) -> None:
    by_meaning: dict[Meaning, list[str]] = {}
    for claim, result in zip(claims, results, strict=True):
        if result.verdict is Verdict.REFUSED:
            by_meaning.setdefault(meaning(sender.provider, result.vendor_code), []).append(claim.address)
    note_addresses(session, sender.medium, by_meaning)


def note_addresses(session: Session, medium: Medium, by_meaning: dict[Meaning, list[str]]) -> None:
    """Remember what refusals say about addresses: opt-outs, and addresses that do not work."""
    opt_outs.add(session, medium, by_meaning.get(Meaning.OPTED_OUT, []), "provider")
    problem = AddressProblem.BOUNCED if medium is Medium.EMAIL else AddressProblem.INVALID
    contacts.flag_address(session, medium, by_meaning.get(Meaning.BAD_ADDRESS, []), problem)


def _enter_results(books: settling.Books, campaign_id: int, provider: str, results: Sequence[SendResult]) -> None:
    for result in results:
        if result.verdict in _STATUS_OF:
            books.count(campaign_id, "handed_over", 1)
        if result.verdict is Verdict.REFUSED and meaning(provider, result.vendor_code) is Meaning.BAD_ADDRESS:
            books.count(campaign_id, "refused", 1)
        if result.verdict is Verdict.MISCONFIGURED:
            books.halts[campaign_id] = (result.vendor_code or "configuration")[:64]
