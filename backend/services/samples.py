"""Send one message of a draft to try it out: marked as a test, paid like any other, counted apart.

As with every message, a row is written before anything leaves, and what has no sure answer is never sent again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import date, timedelta

import redis
from sqlmodel import Session

from backend import clock, realtime
from backend.database import after_commit, reading, unit_of_work
from backend.domain.addresses import normalise_email, normalise_mobile
from backend.domain.channels import Medium, media_of
from backend.domain.rights import Right
from backend.domain.segments import count_segments
from backend.domain.statuses import LedgerKind, SampleStatus
from backend.errors import InsufficientCreditError, InvalidInputError
from backend.logs import get_logger
from backend.models import SampleSend
from backend.providers import configured_media, open_sender
from backend.providers.base import Batch, OutboundMessage, SendResult, Verdict
from backend.rate_limits import RateLimit
from backend.repositories import audit, credits, organisations, sample_sends
from backend.services.acting import ActingUser
from backend.services.attaching import attachments_of
from backend.services.draft_input import Care, DraftInput, check
from backend.services.free_text import with_free_text_noted
from backend.services.previewing import Rendered, render_draft
from backend.settings import Settings, get_settings
from backend.signing import sign

MARK = "[TEST] "
DAILY_CAP, NO_TURN = "daily_cap", "no_turn"
"""Why the gateway's phone was given nothing: its day is used up; it is not its turn within seconds."""
_PATIENCE_S = 15.0
log = get_logger(__name__)
_MOST_AN_HOUR = 30
_LOST_AFTER = timedelta(minutes=5)
_NOTE = "test message"
_STATUS_OF = {
    Verdict.ACCEPTED: SampleStatus.ACCEPTED,
    Verdict.UNKNOWN: SampleStatus.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class SampleOutcome:
    """What became of a test message. `segments`: the credits it cost, 0 when it was not taken."""

    status: SampleStatus
    medium: Medium
    address: str
    segments: int
    vendor_code: str | None


def last_addresses(actor: ActingUser) -> dict[Medium, str]:
    """Where this user's test messages went last; an email goes to the user's own address by default."""
    actor.require(Right.CAMPAIGNS_EDIT)
    with reading() as session:
        known = {medium: sample_sends.last_address(session, actor.id, medium) or "" for medium in Medium}
    return {**known, Medium.EMAIL: known[Medium.EMAIL] or (actor.email if "@" in actor.email else "")}


def send_sample(
    actor: ActingUser, draft: DraftInput, medium_code: str, address: str, campaign_id: int = 0, contact_id: int = 0
) -> SampleOutcome:
    """Send what a draft, as entered, would send to a contact on a medium, to any address. Blocks until the answer.

    Raises:
        ForbiddenError: without the right `campaigns.edit`.
        InvalidInputError: `details["field"]` is "test" or a field of the draft.
        InsufficientCreditError: nothing left.
    """
    actor.require(Right.CAMPAIGNS_EDIT)
    medium = _medium(draft, medium_code)
    to = _address(medium, address)
    check(draft, Care.SAVED)
    rendered = render_draft(draft, campaign_id=campaign_id, contact_id=contact_id, mark=MARK)
    settings = get_settings()
    sample_id, segments = _note(actor, medium, to, rendered)
    batch = _batch(settings, sample_id, medium, to, rendered)
    by_phone = medium is Medium.WHATSAPP and settings.has_whatsapp_gateway
    result = asyncio.run(_by_phone(settings, batch) if by_phone else _hand_over(settings, medium, batch))
    status = _STATUS_OF.get(result.verdict, SampleStatus.REFUSED)
    _write_down(sample_id, segments, status, result.vendor_code, actor.id)
    cost = segments if status is not SampleStatus.REFUSED else 0
    return SampleOutcome(status, medium, to, cost, result.vendor_code)


def settle_lost_samples() -> int:
    """Whatever has no answer after minutes has none to come: it may have arrived, so its credits are spent."""
    with reading() as session:
        lost = sample_sends.list_lost(session, clock.now() - _LOST_AFTER)
    for sample in lost:
        _write_down(sample.id, sample.segments, SampleStatus.UNKNOWN, "answer_lost", sample.user_id)
    return len(lost)


def _medium(draft: DraftInput, code: str) -> Medium:
    channel = check(draft, Care.KEPT)
    media = media_of(channel)
    if code not in media:
        raise InvalidInputError(code="unknown_medium", field="test")
    medium = Medium(code)
    if medium not in configured_media(get_settings()):
        raise InvalidInputError(code="not_configured", field="test")
    return medium


def _address(medium: Medium, entered: str) -> str:
    normalise = normalise_email if medium is Medium.EMAIL else normalise_mobile
    address, problem = normalise(entered[:300])
    if address is None or problem is not None:
        raise InvalidInputError(code="no_email" if medium is Medium.EMAIL else "no_mobile", field="test")
    return address


def _note(actor: ActingUser, medium: Medium, to: str, rendered: Rendered) -> tuple[int, int]:
    """Reserve the credits and write the row, in one transaction; gives its id and its segments."""
    text = rendered.text_of(medium)
    if not text.strip():
        raise InvalidInputError(code="nothing_to_send", field="test")
    segments = count_segments(text).segments if medium is Medium.SMS else 0
    with unit_of_work() as session:
        if sample_sends.count_since(session, actor.id, clock.now() - timedelta(hours=1)) >= _MOST_AN_HOUR:
            raise InvalidInputError(code="too_many_tests", field="test", most=_MOST_AN_HOUR)
        if segments and not credits.reserve(session, segments, campaign_id=None, user_id=actor.id, note=_NOTE):
            available = credits.get_balance(session).available
            raise InsufficientCreditError(needed=segments, available=available, missing=segments - available)
        sample = SampleSend(user_id=actor.id, medium=medium, address=to, segments=segments)
        session.add(sample)
        session.flush()
        audit.record(session, "test", "sample", sample.id, user_id=actor.id, actor=actor.email, medium=medium.value)
        after_commit(session, realtime.signal_credit)
        return sample.id or 0, segments


def _batch(settings: Settings, sample_id: int, medium: Medium, to: str, rendered: Rendered) -> Batch:
    # Signed like an attempt's, but no attempt's: reports of it find nobody.
    reference = f"test-{sample_id}-{sign(settings.signing_key, f'test:{sample_id}').hex()[:20]}"
    if medium is Medium.EMAIL:
        assert rendered.email is not None  # a text without an email was refused before
        return Batch(
            [OutboundMessage(reference, to)], replace(rendered.email, attachments=attachments_of(rendered.content))
        )
    return Batch([OutboundMessage(reference, to, rendered.text_of(medium))])


async def _hand_over(settings: Settings, medium: Medium, batch: Batch) -> SendResult:
    sender = open_sender(settings, medium)
    try:
        [result] = await sender.send(await with_free_text_noted(sender, batch))
        return result
    finally:
        await sender.aclose()


async def _by_phone(settings: Settings, batch: Batch) -> SendResult:
    """In turn with the campaigns of the gateway's phone, and counted with their messages of the day."""
    limit = RateLimit(settings, Medium.WHATSAPP, await asyncio.to_thread(_today))
    try:
        if not await _has_turn(limit):
            why = DAILY_CAP if limit.is_used_up else NO_TURN
            return SendResult(batch.messages[0].reference, Verdict.DEFERRED, None, why)
        result = await _hand_over(settings, Medium.WHATSAPP, batch)
        if result.verdict is Verdict.DEFERRED:
            await limit.give_back(1)
        return result
    finally:
        await limit.aclose()


async def _has_turn(limit: RateLimit) -> bool:
    try:
        return await limit.take(1, _PATIENCE_S) > 0
    except redis.RedisError as error:  # without the shared rate nothing may leave
        log.warning("rate_limit_unreachable", error=type(error).__name__)
        return False


def _today() -> date:
    with reading() as session:
        return organisations.today(session)


def _write_down(
    sample_id: int, segments: int, status: SampleStatus, vendor_code: str | None, user_id: int | None
) -> None:
    with unit_of_work() as session:
        if sample_sends.settle(session, sample_id, status, vendor_code):
            _settle_credit(session, segments, status, user_id)


def _settle_credit(session: Session, segments: int, status: SampleStatus, user_id: int | None) -> None:
    kind = LedgerKind.RELEASE if status is SampleStatus.REFUSED else LedgerKind.CHARGE
    credits.move(session, kind, segments, user_id=user_id, note=_NOTE)
    after_commit(session, realtime.signal_credit)
