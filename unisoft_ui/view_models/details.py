"""One campaign on its own page, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from backend.domain.campaign_list import Action
from backend.domain.channels import Medium, media_of
from backend.domain.schedules import to_local
from backend.domain.statuses import CampaignStatus, Reason, RecipientStatus, RunState
from backend.domain.tracking import CampaignDetails, Failure, Numbers
from backend.services.sending_by_sms import SmsPlan
from unisoft_ui import routes
from unisoft_ui.texts import course, formats, number
from unisoft_ui.texts import details as texts
from unisoft_ui.view_models.by_sms import sms_button
from unisoft_ui.view_models.channels import ChannelTag, channel_tag
from unisoft_ui.view_models.course import LINKS_SHOWN, LinkLine, MediumLine, link_lines, media_lines, pace
from unisoft_ui.view_models.outcomes import Outcome, outcome_of
from unisoft_ui.view_models.recipients import code_behind, reason_sentence
from unisoft_ui.view_models.run_notes import hold_up_sentence

_STATE_LOOKS = {
    RunState.IDLE: ("gray", "pencil"),
    RunState.SCHEDULED: ("gray", "calendar-clock"),
    RunState.SENDING: ("indigo", "loader-circle"),
    RunState.DONE: ("green", "check"),
    RunState.PAUSED: ("amber", "pause"),
    RunState.WAITING_CONNECTION: ("orange", "unplug"),
    RunState.MISSED: ("orange", "calendar-x"),
    RunState.HALTED: ("red", "octagon-alert"),
    RunState.HELD: ("amber", "hourglass"),
    RunState.CANCELLED: ("gray", "ban"),
}
STATE_ICONS = tuple(icon for _, icon in _STATE_LOOKS.values())
CARD_ICONS = (
    "users",
    "send",
    "check-check",
    "mail-open",
    "mouse-pointer-click",
    "circle-x",
    "hourglass",
    "user-minus",
    "ban",
    "triangle-alert",
    "message-square-text",
)
_REASONS_SHOWN = 8
_MERGED = {Reason.DUPLICATE_ADDRESS, Reason.SAME_HOUSEHOLD}
_LEFT_OUT = {RecipientStatus.SKIPPED}
_TOO_MANY_REFUSALS, _RESTORED_COPY = "too_many_refusals", "restored_copy"


@dataclass(frozen=True)
class Card:
    """A number with its word; `below` says what it is a part of. `tone` gives the icon its colour."""

    icon: str
    tone: str
    label: str
    value: str
    below: str


@dataclass(frozen=True)
class FailureLine:
    """A reason; `code` is the provider's, "" without one. `width` is of CSS."""

    key: str
    label: str
    code: str
    value: str
    width: str


@dataclass(frozen=True)
class Details:
    """Everything above the list of recipients. Texts are ready to show; an empty one is not shown.

    `processed` as "405 of 642", and `progress` as "63%" of them, empty once all are.
    """

    id: int = 0
    title: str = ""
    channel: ChannelTag = field(default_factory=ChannelTag)
    state: ChannelTag = field(default_factory=ChannelTag)
    is_draft: bool = False
    is_sending: bool = False
    history: list[str] = field(default_factory=list)
    note: str = ""
    note_tone: str = ""
    attention: str = ""
    outcome: Outcome = field(default_factory=Outcome)
    success: str = ""
    failed: str = ""
    processed: str = ""
    progress: str = ""
    cards: list[Card] = field(default_factory=list)
    failures: list[FailureLine] = field(default_factory=list)
    failed_total: str = ""
    left_out: list[FailureLine] = field(default_factory=list)
    left_out_total: str = ""
    other_reasons: str = ""
    pace: str = ""
    speed: str = ""
    media: list[MediumLine] = field(default_factory=list)
    links: list[LinkLine] = field(default_factory=list)
    other_links: str = ""
    clicked_total: str = ""
    may_duplicate: bool = False
    may_delete: bool = False
    has_menu: bool = False
    may_pause: bool = False
    may_resume: bool = False
    may_cancel: bool = False
    may_unschedule: bool = False
    may_connect: bool = False
    may_edit: bool = False
    has_actions: bool = False
    edit_href: str = ""
    cancel_id: str = ""
    menu_id: str = ""
    connect_id: str = ""
    by_sms: str = ""
    by_sms_id: str = ""


_IN_THE_MENU = {Action.DUPLICATE, Action.DELETE}
_IN_THE_BAR = {Action.PAUSE, Action.RESUME, Action.CANCEL, Action.BACK_TO_DRAFT, Action.CONNECT_WHATSAPP, Action.EDIT}


def details(campaign: CampaignDetails, now: datetime, sms_plan: SmsPlan | None = None) -> Details:
    """The page of a campaign, in the organisation's zone; `now` to write moments shortly.

    `sms_plan`: what sending by SMS now would do, where that is offered.
    """
    numbers, actions = campaign.numbers, campaign.actions
    is_draft = campaign.status is CampaignStatus.INIT
    note, tone = _note(campaign, now)
    outcome = outcome_of(campaign.deliverability, is_draft=is_draft)
    pace_ = pace(campaign, now)
    return Details(
        id=campaign.id,
        title=campaign.title,
        channel=channel_tag(campaign.channel),
        state=_state(campaign.run_state),
        is_draft=is_draft,
        is_sending=campaign.run_state is RunState.SENDING and not campaign.hold_up,
        history=_history(campaign, now),
        note=note,
        note_tone=tone,
        attention=texts.needs_attention(numbers.needs_attention) if numbers.needs_attention else "",
        outcome=outcome,
        success=texts.success(outcome.success),
        failed=texts.failed(outcome.failed),
        processed=texts.processed(number(campaign.processed), number(campaign.deliverability.total)),
        progress=_progress(campaign),
        cards=_cards(campaign),
        failures=_reasons(campaign, RecipientStatus.FAILED),
        failed_total=number(numbers.failed),
        left_out=_reasons(campaign, RecipientStatus.SKIPPED),
        left_out_total=number(numbers.left_out),
        other_reasons=_other_reasons(campaign),
        pace=pace_[0],
        speed=pace_[1],
        media=media_lines(campaign.course.media),
        links=link_lines(campaign.links),
        other_links=_other_links(campaign),
        clicked_total=course.people(numbers.clicked),
        may_duplicate=Action.DUPLICATE in actions,
        may_delete=Action.DELETE in actions,
        has_menu=bool(_IN_THE_MENU & set(actions)),
        may_pause=Action.PAUSE in actions,
        may_resume=Action.RESUME in actions,
        may_cancel=Action.CANCEL in actions,
        may_unschedule=Action.BACK_TO_DRAFT in actions,
        may_connect=Action.CONNECT_WHATSAPP in actions,
        may_edit=Action.EDIT in actions,
        has_actions=bool(_IN_THE_BAR & set(actions)),
        edit_href=routes.campaign_edit(campaign.id),
        cancel_id=f"cancel-{campaign.id}",
        menu_id=f"menu-{campaign.id}",
        connect_id=f"qr-{campaign.id}",
        by_sms=sms_button(sms_plan),
        by_sms_id=f"send-by-sms-{campaign.id}",
    )


def _progress(campaign: CampaignDetails) -> str:
    """How much has left, rounded down; nothing once all has, for the rest is told by the percentages."""
    processed, total = campaign.processed, campaign.deliverability.total
    return f"{max(processed * 100 // total, 1 if processed else 0)}%" if processed < total else ""


def _state(run_state: RunState) -> ChannelTag:
    scheme, icon = _STATE_LOOKS[run_state]
    return ChannelTag(texts.STATES[run_state], scheme, icon)


def _history(campaign: CampaignDetails, now: datetime) -> list[str]:
    def told(moment: datetime) -> str:
        return formats.short_moment(to_local(moment, campaign.time_zone), to_local(now, campaign.time_zone))

    validated, planned, started = campaign.validated_at, campaign.scheduled_at, campaign.started_at
    late = formats.duration(campaign.late_by_s // 60) if campaign.late_by_s >= 60 else ""
    return [
        texts.validated(told(validated), campaign.validated_by or "")
        if validated
        else texts.created(told(campaign.created_at)),
        *([texts.scheduled(told(planned), formats.zone(campaign.time_zone))] if planned else []),
        *([texts.started(told(started), late)] if started else []),
        *([texts.finished(told(campaign.finished_at))] if campaign.finished_at else []),
    ]


def _note(campaign: CampaignDetails, now: datetime) -> tuple[str, str]:
    """What the state means, and the colour of the box it stands in."""
    if campaign.hold_up:
        return hold_up_sentence(campaign.hold_up, campaign.time_zone, now), "orange"
    waiting = campaign.numbers.pending
    sentences = {
        RunState.IDLE: (texts.DRAFT_NOTE, "gray"),
        RunState.PAUSED: (texts.paused(waiting), "amber"),
        RunState.WAITING_CONNECTION: (texts.waiting_connection(waiting), "orange"),
        RunState.MISSED: (texts.MISSED_NOTE, "orange"),
        RunState.HALTED: (_halted(campaign.halt_code or ""), "red"),
        RunState.HELD: (texts.RESTORED_NOTE if campaign.halt_code == _RESTORED_COPY else texts.HELD_NOTE, "amber"),
        RunState.CANCELLED: (texts.CANCELLED_NOTE, "gray"),
    }
    return sentences.get(campaign.run_state, ("", ""))


def _halted(code: str) -> str:
    return texts.TOO_MANY_REFUSALS if code in {"", _TOO_MANY_REFUSALS} else texts.halted(code)


def _cards(campaign: CampaignDetails) -> list[Card]:
    numbers, counted = campaign.numbers, campaign.deliverability.total
    targets = Card("users", "gray", texts.TARGETS, number(numbers.targets), _merged(campaign.failures))
    if campaign.status is CampaignStatus.INIT:
        return [targets]
    recipients, sent, delivered = texts.RECIPIENTS.lower(), texts.SENT.lower(), texts.DELIVERED.lower()
    cards = [
        targets,
        Card("send", "indigo", texts.SENT, number(numbers.sent), _share(numbers.sent, counted, recipients)),
        Card("check-check", "green", texts.DELIVERED, number(numbers.delivered),
             _share(numbers.delivered, numbers.sent, sent)),
        Card("mail-open", "green", texts.READ, number(numbers.read),
             _share(numbers.read, numbers.delivered, delivered)),
        Card("mouse-pointer-click", "blue", course.CLICKED, number(numbers.clicked), _clicked_share(numbers)),
        Card("circle-x", "red", texts.FAILED, number(numbers.failed), _share(numbers.failed, counted, recipients)),
        Card("hourglass", "gray", texts.PENDING, number(numbers.pending), _share(numbers.pending, counted, recipients)),
        Card("user-minus", "gray", texts.LEFT_OUT, number(numbers.left_out), texts.NOT_COUNTED),
    ]  # fmt: skip
    if numbers.needs_attention:
        cards.append(
            Card("triangle-alert", "orange", texts.NEEDS_ATTENTION, number(numbers.needs_attention), texts.ANSWER_LOST)
        )
    if numbers.cancelled:
        cards.append(Card("ban", "gray", texts.CANCELLED, number(numbers.cancelled), texts.NOT_SENT))
    if Medium.SMS in media_of(campaign.channel):
        below = texts.CREDITS_SPENT
        if campaign.credits_reserved:
            below = texts.reserved(number(campaign.credits_reserved))
        elif campaign.credits_refunded:
            below = texts.given_back(number(campaign.credits_refunded))
        cards.append(Card("message-square-text", "violet", texts.CREDITS, number(campaign.credits_spent), below))
    return cards


def _merged(failures: Sequence[Failure]) -> str:
    """How many duplicates were left out."""
    merged = sum(each.recipients for each in failures if each.reason in _MERGED and each.status in _LEFT_OUT)
    return course.merged(merged) if merged else ""


def _clicked_share(numbers: Numbers) -> str:
    """Of the delivered, unless clicks came from where no delivery was reported."""
    if numbers.clicked <= numbers.delivered:
        return _share(numbers.clicked, numbers.delivered, texts.DELIVERED.lower())
    return _share(numbers.clicked, numbers.sent, texts.SENT.lower()) if numbers.clicked <= numbers.sent else ""


def _other_links(campaign: CampaignDetails) -> str:
    hidden = len(campaign.links) - LINKS_SHOWN
    return course.other_links(hidden) if hidden > 0 else ""


def _share(part: int, whole: int, name: str) -> str:
    """Rounded down, and never 0 % of somebody."""
    return texts.share(f"{max(part * 100 // whole, 1 if part else 0)}%", name) if whole else ""


def _reasons(campaign: CampaignDetails, status: RecipientStatus) -> list[FailureLine]:
    alike = _told(campaign.failures, status)
    most = max(alike.values(), default=1)
    return [
        FailureLine(f"{label} {code}", label, code, number(recipients), f"{recipients * 100 / most:.1f}%")
        for (label, code), recipients in sorted(alike.items(), key=lambda item: -item[1])[:_REASONS_SHOWN]
    ]


def _told(failures: Sequence[Failure], status: RecipientStatus) -> dict[tuple[str, str], int]:
    """Recipients by sentence and code: what reads the same is one line."""
    told: dict[tuple[str, str], int] = {}
    for failure in failures:
        if failure.status is status:
            label = reason_sentence(failure.reason, failure.vendor_code, failure.meaning)
            key = label, code_behind(failure.reason, failure.vendor_code)
            told[key] = told.get(key, 0) + failure.recipients
    return told


def _other_reasons(campaign: CampaignDetails) -> str:
    """How many more there are than the reasons shown."""
    both = (_told(campaign.failures, status) for status in (RecipientStatus.FAILED, RecipientStatus.SKIPPED))
    hidden = sum(sum(sorted(told.values(), reverse=True)[_REASONS_SHOWN:]) for told in both)
    others = campaign.other_failures + hidden
    return number(others) if others else ""
