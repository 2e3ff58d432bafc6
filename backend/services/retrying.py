"""Retry: those a message did not reach are tried anew, by the same way or by another medium.

Safe to interrupt, to repeat and to do twice at once: one transaction locks the recipients and restarts those that
still stand as they did. Whoever comes second finds nothing to do (docs/decisions/0007).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from backend import realtime
from backend.database import after_commit, reading, unit_of_work
from backend.domain.channels import Channel, ConnectionState, Medium, falls_back, media_of
from backend.domain.retrying import RUNS_THAT_RETRY, NextTry, WhyNot, next_try
from backend.domain.rights import Right
from backend.domain.statuses import CreditState, RecipientStatus, RunState
from backend.errors import ConflictError, InsufficientCreditError, InvalidInputError
from backend.models import Campaign
from backend.providers import configured_media
from backend.repositories import attempts, audit, campaigns, credits, organisations, recipients, retries
from backend.repositories.retries import Restart, Unreached
from backend.services import settling
from backend.services.acting import ActingUser
from backend.services.additional_content import content_of
from backend.services.asking import can_be_asked
from backend.services.targets import SegmentCounter
from backend.settings import get_settings

MOST_AT_ONCE = 20_000
"""Recipients restarted by one act: their rows are locked until it ends. The rest can be retried afterwards."""

_LOOKED_AT = 2_000
"""Recipients that are looked at for the numbers on the page."""

_CHARGED = frozenset({CreditState.CHARGED, CreditState.REFUNDED})


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """What retrying by one way would do; `way` None: by the channel's own order. Credits are SMS segments.

    `credits_needed` are reserved, after `credits_freed` were released that the recipients still hold.
    `credits_spent` are charged for messages without an answer, which the provider may bill.
    """

    way: Medium | None
    recipients: Mapping[Medium, int]
    not_retried: Mapping[WhyNot, int]
    credits_needed: int = 0
    credits_freed: int = 0
    credits_spent: int = 0
    credits_available: int = 0

    @property
    def total(self) -> int:
        """Recipients of all media."""
        return sum(self.recipients.values())

    @property
    def credits_missing(self) -> int:
        """Credits to buy before it can be done."""
        return max(self.credits_needed - self.credits_freed - self.credits_available, 0)


@dataclass(frozen=True, slots=True)
class RetrySummary:
    """What retrying would do, computed now: a plan for each way that can be chosen, the channel's own first.

    `stopped`: the run is halted or cancelled, and nothing can be retried. `is_part`: there are more recipients than
    one act takes.
    """

    campaign_id: int
    title: str
    channel: Channel
    run_state: RunState
    plans: Sequence[RetryPlan]
    whatsapp_connected: bool
    is_part: bool = False

    @property
    def stopped(self) -> bool:
        return self.run_state not in RUNS_THAT_RETRY


@dataclass(frozen=True, slots=True)
class Retried:
    """What was done: how many recipients are tried again, and the SMS segments reserved for them."""

    recipients: int
    credits: int


@dataclass(frozen=True, slots=True)
class RetryOverview:
    """What the page offers. `retriable` of the first failed recipients, and `is_more` if there are others.

    `askable`: of those who need attention, whose provider can be asked what became of the message.
    Nothing is offered to somebody who may not send.
    """

    retriable: int = 0
    is_more: bool = False
    unknown: int = 0
    askable: int = 0


def retry_overview(actor: ActingUser, campaign_id: int) -> RetryOverview:
    """How many may be retried and how many need attention, at a cost that does not grow with the campaign.

    Raises:
        ForbiddenError: without the right `campaigns.view`.
        NotFoundError: there is no such campaign.
    """
    actor.require(Right.CAMPAIGNS_VIEW)
    with reading() as session:
        campaign = campaigns.get(session, campaign_id)
        if not actor.may(Right.CAMPAIGNS_SEND):
            return RetryOverview()
        unknown, askable = campaign.unknown_count, 0
        if unknown:
            by_medium = recipients.count_by_medium(session, campaign_id, RecipientStatus.UNKNOWN, _LOOKED_AT)
            askable = sum(number for medium, number in by_medium.items() if can_be_asked(medium))
        if campaign.failed_count == 0 or campaign.run_state not in RUNS_THAT_RETRY:
            return RetryOverview(unknown=unknown, askable=askable)
        rows = retries.list_unreached(session, campaign_id, RecipientStatus.FAILED, limit=_LOOKED_AT)
        planned = plan(session, campaign, rows, None, set())
    retriable = sum(isinstance(each.to, NextTry) for each in planned)
    return RetryOverview(retriable, campaign.failed_count > len(rows), unknown, askable)


def ways_of(channel: Channel) -> tuple[Medium | None, ...]:
    """The ways that can be chosen: the channel's own order, then each of its media if there are several."""
    media = media_of(channel)
    return (None, *media) if len(media) > 1 else (None,)


def summarise_retry(actor: ActingUser, campaign_id: int, recipient_id: int | None = None) -> RetrySummary:
    """What retrying the failed recipients of a campaign, or the one, would do; nothing is changed.

    Raises:
        ForbiddenError: without the right `campaigns.send`.
        NotFoundError: there is no such campaign.
    """
    return summarise(actor, campaign_id, RecipientStatus.FAILED, recipient_id)


def retry_failed(
    actor: ActingUser, campaign_id: int, way: Medium | None = None, recipient_id: int | None = None
) -> Retried:
    """Try the failed recipients of a campaign again, or the one, and reserve what that costs; all or nothing.

    Nobody who may not be retried is. Safe to call twice: the second finds nobody. Wakes the workers after the commit.

    Raises:
        ForbiddenError, NotFoundError: as `summarise_retry`.
        ConflictError: `retry_stopped`, the run is halted or cancelled.
        InsufficientCreditError: nothing was changed.
        InvalidInputError: `not_configured`, or `way` is no medium of the channel.
    """
    return try_again(actor, campaign_id, RecipientStatus.FAILED, way, recipient_id)


def summarise(
    actor: ActingUser, campaign_id: int, status: RecipientStatus, recipient_id: int | None = None
) -> RetrySummary:
    """As `summarise_retry`, for recipients of a status."""
    actor.require(Right.CAMPAIGNS_SEND)
    with reading() as session:
        campaign = campaigns.get(session, campaign_id)
        pages = _pages(session, campaign_id, status, recipient_id)
        sums = {way: _Sums(way) for way in ways_of(campaign.channel)}
        count = _segment_counter(session, campaign)
        for rows in pages:
            for each in sums.values():
                each.add(plan(session, campaign, rows, each.way, each.taken), campaign.channel, count)
        organisation, available = organisations.get(session), credits.get_balance(session).available
        looked_at = next(iter(sums.values())).looked_at
    stored = {RecipientStatus.FAILED: campaign.failed_count, RecipientStatus.UNKNOWN: campaign.unknown_count}
    return RetrySummary(
        campaign_id,
        campaign.title,
        campaign.channel,
        campaign.run_state,
        [each.planned(available) for each in sums.values()],
        organisation.whatsapp_state is ConnectionState.CONNECTED,
        is_part=recipient_id is None and looked_at >= MOST_AT_ONCE and stored[status] > looked_at,
    )


def try_again(
    actor: ActingUser,
    campaign_id: int,
    status: RecipientStatus,
    way: Medium | None = None,
    recipient_id: int | None = None,
) -> Retried:
    """As `retry_failed`, for recipients of a status."""
    actor.require(Right.CAMPAIGNS_SEND)
    try:
        return _try_again(actor, campaign_id, status, way, recipient_id)
    except IntegrityError:
        # Another transaction has just taken an address or the last credits: now it can be seen.
        return _try_again(actor, campaign_id, status, way, recipient_id)


def _try_again(
    actor: ActingUser, campaign_id: int, status: RecipientStatus, way: Medium | None, recipient_id: int | None
) -> Retried:
    with unit_of_work() as session:
        campaign = campaigns.get(session, campaign_id)
        _check(campaign, way)
        rows = retries.list_unreached(
            session, campaign_id, status, recipient_id=recipient_id, limit=MOST_AT_ONCE, lock=True
        )
        going = [each for each in plan(session, campaign, rows, way, set()) if isinstance(each.to, NextTry)]
        if not going:
            return Retried(0, 0)
        restarts = _restarts(going, campaign.channel, _segment_counter(session, campaign))
        attempts.keep_addresses(session, [each.row.id for each in going])
        attempts.keep_charges(session, {each.row_id: each.spent for each in restarts})
        retries.restart(session, restarts)
        needed = sum(each.new_segments for each in restarts)
        state = _enter(session, campaign_id, status, going)
        _reserve(session, actor, campaign_id, needed)
        audit.record(
            session,
            "retry" if status is RecipientStatus.FAILED else "retry_unknown",
            "campaign",
            campaign_id,
            user_id=actor.id,
            actor=actor.email,
            recipients=len(going),
            credits=needed,
            way=way or "channel",
            **({"recipient": recipient_id} if recipient_id is not None else {}),
        )
        after_commit(session, lambda: realtime.signal_campaign(campaign_id))
        after_commit(session, realtime.signal_credit)
        if state is RunState.SENDING:
            after_commit(session, lambda: realtime.wake_campaign(campaign_id))
    return Retried(len(going), needed)


def _check(campaign: Campaign, way: Medium | None) -> None:
    _check_run(campaign.run_state)
    media = media_of(campaign.channel)
    if way is not None and way not in media:
        raise InvalidInputError(code="not_this_medium", field="way")
    missing = {*media} - configured_media(get_settings())
    if missing:
        raise InvalidInputError(code="not_configured", field="channel", media=sorted(missing))


def _check_run(state: RunState | None) -> None:
    if state not in RUNS_THAT_RETRY:
        raise ConflictError(code="retry_stopped", run_state=state.value if state else "")


def _enter(session: Session, campaign_id: int, status: RecipientStatus, going: Sequence[Planned]) -> RunState | None:
    """Counters, run and what the tries before still hold; gives the run state, which nobody changes any more."""
    books = settling.Books()
    for each in going:
        media = each.row.medium, each.to.medium if isinstance(each.to, NextTry) else None
        books.move(campaign_id, status, RecipientStatus.PENDING, media=media)
        if each.row.credit_state is CreditState.RESERVED:
            after = CreditState.CHARGED if each.is_billed else CreditState.RELEASED
            books.move_credits(campaign_id, CreditState.RESERVED, after, each.row.segments)
    campaigns.reopen(session, campaign_id, counts_anew=True)
    settling.close_books(session, books)
    state = campaigns.run_state_of(session, campaign_id)
    _check_run(state)  # somebody may have cancelled it before this transaction held the campaign
    return state


def _reserve(session: Session, actor: ActingUser, campaign_id: int, needed: int) -> None:
    if not credits.reserve(session, needed, campaign_id=campaign_id, user_id=actor.id):
        available = credits.get_balance(session).available
        missing = max(needed - available, 0)
        raise InsufficientCreditError(needed=needed, available=available, missing=missing)


class Planned(NamedTuple):
    """A recipient, and where it is tried again or why not."""

    row: Unreached
    to: NextTry | WhyNot

    @property
    def is_billed(self) -> bool:
        """Whether it holds the credits of an SMS that may have been sent."""
        return self.row.credit_state is CreditState.RESERVED and self.row.medium is Medium.SMS

    @property
    def spent(self) -> int:
        """Segments that the try before was charged, or is as it ends; also if they were given back since."""
        return self.row.segments if self.row.credit_state in _CHARGED or self.is_billed else 0


def _pages(
    session: Session, campaign_id: int, status: RecipientStatus, recipient_id: int | None
) -> Iterable[Sequence[Unreached]]:
    if recipient_id is not None:
        yield retries.list_unreached(session, campaign_id, status, recipient_id=recipient_id)
        return
    yield from retries.pages_of_unreached(session, campaign_id, status, MOST_AT_ONCE)


def plan(
    session: Session, campaign: Campaign, rows: Sequence[Unreached], way: Medium | None, taken: set[str]
) -> list[Planned]:
    """Where each is tried again. `taken`: addresses that others of the same act go to; grows."""
    found = [
        (row, next_try(campaign.channel, row.outcome, row.contact, is_deleted=row.is_deleted, way=way)) for row in rows
    ]
    # Who failed for a reason of ours has let go of its address.
    moving = {
        to.address
        for row, to in found
        if isinstance(to, NextTry) and (to.address != row.address or row.reason is not None)
    }
    held_by = retries.holders(session, campaign.id or 0, moving)
    planned: list[Planned] = []
    for row, to in found:
        why = to
        if isinstance(to, NextTry):
            if to.address in taken or held_by.get(to.address, row.id) != row.id:
                why = WhyNot.ADDRESS_TAKEN
            else:
                taken.add(to.address)
        planned.append(Planned(row, why))
    return planned


def _segment_counter(session: Session, campaign: Campaign) -> SegmentCounter:
    return SegmentCounter(campaign.sms_text, content_of(session, campaign.id or 0))


def _segments(row: Unreached, to: NextTry, channel: Channel, count: SegmentCounter) -> int:
    """What is reserved: also for an SMS that only follows when WhatsApp refuses."""
    may_follow = to.medium is Medium.WHATSAPP and falls_back(channel) and to.usable.sms is not None
    if to.medium is Medium.SMS or (may_follow and Medium.SMS in media_of(channel)):
        return count.count(json.loads(row.fields))
    return 0


def _restarts(going: Sequence[Planned], channel: Channel, count: SegmentCounter) -> list[Restart]:
    restarts: list[Restart] = []
    for each in going:
        assert isinstance(each.to, NextTry)
        segments = _segments(each.row, each.to, channel, count)
        state = CreditState.RESERVED if segments else CreditState.NONE
        restarts.append(
            Restart(
                each.row.id,
                each.to.medium,
                each.to.address,
                each.to.usable.email,
                each.to.usable.sms,
                segments,
                state,
                each.spent,
            )
        )
    return restarts


class _Sums:
    """Adds up the plan of one way."""

    def __init__(self, way: Medium | None) -> None:
        self.way, self.taken, self.looked_at = way, set[str](), 0
        self._media: Counter[Medium] = Counter()
        self._not: Counter[WhyNot] = Counter()
        self._needed = self._freed = self._spent = 0

    def add(self, planned: Iterable[Planned], channel: Channel, count: SegmentCounter) -> None:
        for each in planned:
            self.looked_at += 1
            if isinstance(each.to, WhyNot):
                self._not[each.to] += 1
                continue
            self._media[each.to.medium] += 1
            self._needed += _segments(each.row, each.to, channel, count)
            if each.is_billed:
                self._spent += each.row.segments
            elif each.row.credit_state is CreditState.RESERVED:
                self._freed += each.row.segments

    def planned(self, available: int) -> RetryPlan:
        return RetryPlan(self.way, self._media, self._not, self._needed, self._freed, self._spent, available)
