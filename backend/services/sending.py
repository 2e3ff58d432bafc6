"""The drain: claim a window, hand it over with no transaction open, write down what came of it.

Never twice: whatever was claimed and has no answer stays `unknown`; only the provider's own word
that a message was not taken puts a recipient back. Never lost: nothing is claimed without an
attempt row, and the scheduler finds every claim whose lease ran out.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

import redis
from sqlmodel import Session

from backend import clock, realtime
from backend.database import after_commit, reading, unit_of_work
from backend.domain.cascade import credit_after
from backend.domain.channels import Addresses, Channel, ConnectionState, Medium, next_medium
from backend.domain.statuses import Reason, RecipientStatus, RunState
from backend.logs import get_logger
from backend.models import Template
from backend.providers import open_sender
from backend.providers.base import MessageSender, Verdict
from backend.rate_limits import RateLimit
from backend.repositories import campaigns, organisations, recipients
from backend.repositories.recipients import Claim, Standing
from backend.services import recording, settling
from backend.services.composing import Content, compose, prepare
from backend.settings import Settings, get_settings

log = get_logger(__name__)

SLICE_S = 3.0
_LANES = 2


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
        progressed = await _all_to_their_end(_drain_medium(run, medium) for medium in media)
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


async def _all_to_their_end(parts: Iterable[Coroutine[Any, Any, bool]]) -> list[bool]:
    """Like `gather`, but an error waits for the others: it may not cut off the windows they have in flight."""
    results = await asyncio.gather(*parts, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result is True for result in results]


async def _drain_medium(run: _Run, medium: Medium) -> bool:
    """Send one medium in parallel lanes; whether anything was handed over."""
    sender, limit = open_sender(run.settings, medium), RateLimit(run.settings, medium)
    try:
        sent = await _all_to_their_end(_lane(run, sender, limit) for _ in range(_LANES))
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
    await asyncio.to_thread(recording.record_results, run.campaign_id, sender, window.claims, results)
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
