"""The drain: claim a window, hand it over with no transaction open, write down what came of it.

Never twice: whatever was claimed and has no answer stays `unknown`; a recipient is put back only on the
provider's own word that the message was not taken, or when it certainly never left. Never lost: nothing is
claimed without an attempt row, and the scheduler finds every claim whose lease ran out.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import redis
import stamina
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from backend import clock, realtime
from backend.database import after_commit, reading, unit_of_work
from backend.domain.cascade import credit_after
from backend.domain.channels import Addresses, Channel, ConnectionState, Medium, next_medium
from backend.domain.hold_ups import HoldUpCode
from backend.domain.schedules import to_local
from backend.domain.statuses import Reason, RecipientStatus, RunState
from backend.domain.vendors.whatsapp import SESSION_NOT_WORKING, WHATSAPP
from backend.logs import brief, get_logger
from backend.models import Template
from backend.providers import open_sender
from backend.providers.base import MessageSender, OutboundMessage, SendResult, Verdict
from backend.rate_limits import Departure, RateLimit
from backend.repositories import campaigns, claims, organisations, recipients
from backend.repositories.claims import Claim
from backend.repositories.recipients import Standing
from backend.services import hold_ups, recording, restored_copies, settling, unanswered_numbers, upkeep
from backend.services.additional_content import content_of
from backend.services.attaching import attachments_of, extras_of
from backend.services.composing import Content, compose, prepare
from backend.services.free_text import with_free_text_noted
from backend.settings import Settings, get_settings

log = get_logger(__name__)

SLICE_S = 3.0
_PATIENCE_S = 2.0  # of a window that is ready, while others leave
_RECORD_WITHIN_S = 120.0
_LANES: Mapping[Medium, int] = {Medium.SMS: 4, Medium.WHATSAPP: 4, Medium.EMAIL: 8}
"""Windows under way at once. A request for a thousand emails takes a provider longer than one for a message."""

_MANY = 10_000  # more than all lanes take at once
_HEAVY_BYTES, _HEAVY_LANES = 1_000_000, 2
_CONNECTION_LOST: Mapping[str | None, ConnectionState] = {
    SESSION_NOT_WORKING: ConnectionState.DISCONNECTED,
    "not_connected": ConnectionState.UNREACHABLE,
}
"""What the gateway's answer to a message tells of its phone."""


class DrainEnd(StrEnum):
    """Why a drain stopped."""

    NOTHING_LEFT = "nothing_left"
    STOPPED = "stopped"
    TIME_IS_UP = "time_is_up"


@dataclass(frozen=True, slots=True)
class _Run:
    """One slice of one campaign's run. `day`: today in the organisation's time zone."""

    campaign_id: int
    channel: Channel
    day: date
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
        pending = await asyncio.to_thread(_pending, run)
        if not pending:
            return await asyncio.to_thread(_end, campaign_id)
        progressed = await _all_to_their_end(_drain_medium(run, *some) for some in pending.items())
        if not any(progressed):
            break
    await asyncio.to_thread(_note_worker, campaign_id)
    return DrainEnd.TIME_IS_UP


def _begin(campaign_id: int, stopping: Callable[[], bool], slice_s: float) -> _Run | None:
    if restored_copies.hold_if_restored():
        return None
    settings = get_settings()
    with unit_of_work() as session:
        upkeep.miss_unseen(session, campaign_id)
        if campaigns.touch_drain(session, campaign_id) is not RunState.SENDING:
            return None
        campaign = campaigns.get(session, campaign_id)
        template = session.get(Template, campaign.template_id) if campaign.template_id else None
        extras = extras_of(settings, content_of(session, campaign_id))
        organisation = organisations.get(session)
        content = prepare(campaign, template, organisation, extras)
        day = to_local(clock.now(), organisation.time_zone).date()
    attached = _with_attachments(campaign_id, content)
    if attached is None:
        return None
    return _Run(campaign_id, campaign.channel, day, attached, settings, time.monotonic() + slice_s, stopping)


def _with_attachments(campaign_id: int, content: Content) -> Content | None:
    """The content with its documents; None when they cannot be read now: then nothing leaves without them."""
    if content.email is None:
        return content
    try:
        attachments = attachments_of(content.additional)
    except OSError as error:
        # The scheduler wakes the run again, until the store answers; meanwhile its page says what it waits for.
        log.error("attachments_not_readable", campaign_id=campaign_id, error=brief(error))  # noqa: TRY400 - no trace
        with unit_of_work() as session:
            campaigns.hold_up(session, campaign_id, Medium.EMAIL, HoldUpCode.FILES_UNREADABLE)
            campaigns.note_worker(session, campaign_id)
            after_commit(session, lambda: realtime.signal_campaign(campaign_id))
        return None
    return replace(content, email=replace(content.email, attachments=attachments))


def _pending(run: _Run) -> dict[Medium, int]:
    """By medium; of many, as many as are more than all lanes take at once."""
    with reading() as session:
        pending = claims.count_pending(session, run.campaign_id, _MANY)
        connected = _is_connected(session)
    if Medium.WHATSAPP in pending and not connected:
        with unit_of_work() as session:
            campaigns.move_run(session, run.campaign_id, RunState.WAITING_CONNECTION)
            after_commit(session, lambda: realtime.signal_campaign(run.campaign_id))
        return {}
    return pending


def _note_worker(campaign_id: int) -> None:
    with unit_of_work() as session:
        campaigns.note_worker(session, campaign_id)


def _is_connected(session: Session) -> bool:
    return organisations.get(session).whatsapp_state is ConnectionState.CONNECTED


def _end(campaign_id: int) -> DrainEnd:
    with unit_of_work() as session:
        campaigns.note_worker(session, campaign_id)
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


async def _drain_medium(run: _Run, medium: Medium, pending: int) -> bool:
    """Send one medium in parallel lanes; whether anything was handed over.

    A turn is taken from everybody, so nobody asks for more than there are pending.
    """
    sender, limit = open_sender(run.settings, medium), RateLimit(run.settings, medium, run.day)
    window = min(sender.batch_size, pending)
    lanes = min(_lanes(run, medium), math.ceil(pending / min(window, limit.largest_turn)))
    try:
        sent = await _all_to_their_end(_lane(run, sender, limit, window) for _ in range(lanes))
    finally:
        await sender.aclose()
        await limit.aclose()
    return any(sent)


def _lanes(run: _Run, medium: Medium) -> int:
    """Every lane holds its own copy of a request: with heavy documents there is room for fewer. A phone has one."""
    if medium is Medium.WHATSAPP and run.settings.has_whatsapp_gateway:
        return 1
    email = run.content.email if medium is Medium.EMAIL else None
    heavy = email is not None and sum(len(one.content) for one in email.attachments) > _HEAVY_BYTES
    return _HEAVY_LANES if heavy else _LANES[medium]


async def _lane(run: _Run, sender: MessageSender, limit: RateLimit, size: int) -> bool:
    sent = False
    while not run.is_over():
        turn = await _turn(run, sender, limit, size)
        if not turn:
            return sent
        window = await asyncio.to_thread(_claim, run, sender, turn.number)
        await limit.give_back(turn.number - len(window.claims))
        if not window.claims:
            return sent
        sent = True
        if await _send_window(run, sender, limit, window, turn):
            return sent
    return sent


async def _turn(run: _Run, sender: MessageSender, limit: RateLimit, size: int) -> Departure | None:
    """Wait until a window may leave. Nothing is claimed yet: who waits with claims in hand could die with them."""
    granted, turn = 0, None
    with _unreachable_rate_noted(run):
        granted = await limit.take(size, run.remaining_s())
        if limit.is_used_up:
            await asyncio.to_thread(_note_full_day, run, sender.medium)
        if granted and not run.stopping():
            turn = await limit.leave(granted, run.remaining_s())
    if turn and not run.stopping():
        return turn
    await limit.give_back(granted)
    return None


async def _may_leave(run: _Run, limit: RateLimit, messages: int, turn: Departure) -> bool:
    """Whether a claimed window may leave; it goes with those that leave now if its claim took long."""
    if turn.is_on_time():
        return True
    with _unreachable_rate_noted(run):
        return await limit.leave(messages, _PATIENCE_S, turn) is not None
    return False


@contextmanager
def _unreachable_rate_noted(run: _Run) -> Iterator[None]:
    """Without the shared rate nothing may leave: what is asked of it within is left undone, and logged."""
    try:
        yield
    except redis.RedisError as error:
        log.warning("rate_limit_unreachable", campaign_id=run.campaign_id, error=type(error).__name__)


def _note_full_day(run: _Run, medium: Medium) -> None:
    with unit_of_work() as session:
        if campaigns.hold_up(session, run.campaign_id, medium, HoldUpCode.DAILY_CAP):
            after_commit(session, lambda: realtime.signal_campaign(run.campaign_id))


def _claim(run: _Run, sender: MessageSender, limit: int) -> _Window:
    lease_s = run.settings.claim_lease_s
    lease_until, send_before = clock.now() + timedelta(seconds=lease_s), time.monotonic() + lease_s
    with unit_of_work() as session:
        if sender.provider == WHATSAPP.vendor and not _is_connected(session):  # another worker has just been told
            return _Window([], send_before)
        claimed = claims.claim_window(session, run.campaign_id, sender.medium, limit=limit, lease_until=lease_until)
        if not claimed:
            return _Window([], send_before)
        books = settling.Books()
        left_out = _leave_out(session, run, sender.medium, [row.id for row in claimed], books)
        going = [row for row in claimed if row.id not in left_out]
        attempt_ids = claims.open_attempts(session, going, sender.provider)
        books.count(run.campaign_id, RecipientStatus.PENDING, -len(going))
        books.count(run.campaign_id, RecipientStatus.CLAIMED, len(going))
        settling.close_books(session, books)
    return _Window(claims.read_claims(going, attempt_ids), send_before - run.settings.provider_timeout_s)


def _leave_out(
    session: Session, run: _Run, medium: Medium, claimed_ids: Sequence[int], books: settling.Books
) -> set[int]:
    """Take out of the window whoever may no longer be sent to; gives who that is."""
    obstacles = {o.recipient_id: o.reason for o in claims.find_obstacles(session, claimed_ids, medium)}
    if obstacles:
        standings = recipients.lock_standings(session, obstacles)
        # Their claim was not counted, so for the counters they come straight from pending.
        pairs = [
            (s._replace(status=RecipientStatus.PENDING), _without(s, run, medium, obstacles[s.id])) for s in standings
        ]
        changed = settling.one_per_address(session, run.campaign_id, pairs)
        settling.write_changes(session, run.campaign_id, changed, books)
        # No attempt was made: who is sent to by another medium now has had as many as before.
        moved = [after.id for _, after in changed if after.status is RecipientStatus.PENDING]
        recipients.uncount_attempts(session, moved)
    return set(obstacles)


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


async def _send_window(run: _Run, sender: MessageSender, limit: RateLimit, window: _Window, turn: Departure) -> bool:
    """Hand a window over and record it; whether the lane should rest, because the provider asked for it."""
    window, refused = _without_unreadable(window)
    await _record(run, sender, refused, [_cannot_compose(claim) for claim in refused.claims])
    composed = compose(run.settings, run.content, sender.medium, window.claims)
    batch = await with_free_text_noted(sender, composed)
    may_leave = not batch.messages or await _may_leave(run, limit, len(batch.messages), turn)
    if not may_leave or time.monotonic() >= window.send_before:
        code = hold_ups.LEASE_LOST if may_leave else hold_ups.TURN_LOST
        log.warning(code, campaign_id=run.campaign_id, claims=len(window.claims))
        await _record(run, sender, window, [_not_sent(message, code) for message in batch.messages])
        return True
    results = await sender.send(batch) if batch.messages else []
    results = await unanswered_numbers.give_up(run.settings, sender, window.claims, results)
    await _record(run, sender, window, results)
    deferred = [result for result in results if result.verdict is Verdict.DEFERRED] or _all_unclear(results)
    await limit.give_back(sum(result.verdict is Verdict.DEFERRED for result in results))
    await _note_lost_connection(sender, results)
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


async def _note_lost_connection(sender: MessageSender, results: Sequence[SendResult]) -> None:
    """The gateway's phone is gone: nothing more is claimed for it, by nobody, until it is back."""
    if sender.provider != WHATSAPP.vendor:
        return
    lost = next((result.vendor_code for result in results if result.vendor_code in _CONNECTION_LOST), None)
    if lost:
        await asyncio.to_thread(upkeep.note_whatsapp_state, _CONNECTION_LOST[lost])


def _without_unreadable(window: _Window) -> tuple[_Window, _Window]:
    """Split off claims that no message can be made for, so that they do not keep the others from theirs."""
    bad = [claim for claim in window.claims if claim.fields is None]
    good = [claim for claim in window.claims if claim.fields is not None] if bad else window.claims
    return replace(window, claims=good), replace(window, claims=bad)


def _all_unclear(results: Sequence[SendResult]) -> Sequence[SendResult]:
    """All results, if not one is clear: without a rest, such a provider makes a question of a whole campaign."""
    return results if all(result.verdict is Verdict.UNKNOWN for result in results) else []


def _cannot_compose(claim: Claim) -> SendResult:
    return SendResult(str(claim.attempt_id), Verdict.REFUSED, None, hold_ups.CANNOT_COMPOSE)


def _not_sent(message: OutboundMessage, code: str) -> SendResult:
    return SendResult(message.reference, Verdict.DEFERRED, None, code)


async def _record(run: _Run, sender: MessageSender, window: _Window, results: Sequence[SendResult]) -> None:
    """Write the answers of a window down, again and again while the database is away: nobody else knows them."""
    if not window.claims:
        return
    async for attempt in stamina.retry_context(
        on=OperationalError, attempts=None, timeout=_RECORD_WITHIN_S, wait_initial=0.2, wait_max=3.0
    ):
        with attempt:
            if attempt.num > 1:
                log.warning("recording_again", campaign_id=run.campaign_id, answers=len(results), attempt=attempt.num)
            await asyncio.to_thread(recording.record_results, run.campaign_id, sender, window.claims, results)
