"""One recipient, in words: who, why, what happened, what was answered, and the other messages to the same contact."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from backend.domain.channels import Medium
from backend.domain.keywords import Keyword
from backend.domain.recipient_history import OtherMessage, OtherMessages, RecipientHistory, Reply, Step, StepKind
from backend.domain.schedules import to_local
from backend.domain.statuses import RecipientStatus
from backend.domain.tracking import RecipientRow
from backend.services.recipient_history import PreparedMessage
from unisoft_ui import routes
from unisoft_ui.texts import details, formats, initials
from unisoft_ui.texts import recipient as texts
from unisoft_ui.view_models.channels import ChannelTag
from unisoft_ui.view_models.phone_numbers import readable
from unisoft_ui.view_models.recipients import (
    code_behind,
    initials_of,
    medium_tag,
    name_of,
    reason_sentence,
    status_tag,
    tone_of,
    why,
)

_GRAY, _INDIGO, _GREEN, _RED, _ORANGE, _BLUE = "gray", "indigo", "green", "red", "orange", "blue"
_LOOKS = {
    StepKind.TARGETED: ("users", _GRAY),
    StepKind.HANDED_OVER: ("send", _INDIGO),
    StepKind.TAKEN: ("check", _GRAY),
    StepKind.REFUSED: ("circle-x", _RED),
    StepKind.NO_ANSWER: ("hourglass", _ORANGE),
    StepKind.OPT_OUT: ("user-minus", _GRAY),
    StepKind.FALLBACK: ("corner-down-right", _INDIGO),
    StepKind.RETRIED: ("rotate-ccw", _INDIGO),
    StepKind.ASSUMED: ("user-check", _GRAY),
    StepKind.REFUNDED: ("undo-2", _GRAY),
    StepKind.OPENED: ("mouse-pointer-click", _BLUE),
    StepKind.ENDED: ("ban", _GRAY),
}
_REPORT_LOOKS = {
    RecipientStatus.ACCEPTED: ("hourglass", _GRAY),
    RecipientStatus.SENT: ("send", _INDIGO),
    RecipientStatus.DELIVERED: ("check-check", _GREEN),
    RecipientStatus.READ: ("eye", _GREEN),
    RecipientStatus.FAILED: ("circle-x", _RED),
    RecipientStatus.SKIPPED: ("user-minus", _GRAY),
    RecipientStatus.CANCELLED: ("ban", _GRAY),
}
_OTHER_REPORT = ("info", _GRAY)
_ASKED = {Keyword.STOP: ("red", "user-minus"), Keyword.START: ("green", "user-check")}
KEYWORD_ICONS = tuple(icon for _, icon in _ASKED.values())
STEP_ICONS = tuple(dict.fromkeys(icon for icon, _ in (*_LOOKS.values(), *_REPORT_LOOKS.values(), _OTHER_REPORT)))


@dataclass(frozen=True)
class StepLine:
    """One step. `event_id` is that of what an administrator may read raw; 0 without."""

    key: str
    icon: str
    tone: str
    title: str
    detail: str
    when: str
    moment: str
    event_id: int


@dataclass(frozen=True)
class RecipientShown:
    """Texts are ready to show; an empty one is not shown. The box says why, and what to do; `box_tone`: its colour."""

    id: int = 0
    name: str = ""
    hebrew_name: str = ""
    initials: str = ""
    tone: str = ""
    address: str = ""
    medium: ChannelTag = field(default_factory=ChannelTag)
    status: ChannelTag = field(default_factory=ChannelTag)
    box_tone: str = ""
    box_title: str = ""
    box_text: str = ""
    steps: list[StepLine] = field(default_factory=list)
    more: str = ""


@dataclass(frozen=True)
class MessageShown:
    """The message of one medium; "" where it has nothing. `html` is a page of its own, for a sandbox."""

    kind: str = ""
    text: str = ""
    subject: str = ""
    html: str = ""
    organisation: str = ""
    initials: str = ""
    empty: str = ""


@dataclass(frozen=True)
class ReplyLine:
    """What the contact answered. `asked`: the tag of a word that asks for something, empty for anything else.

    `note` stands in place of a text that is "".
    """

    id: int
    medium: ChannelTag
    asked: ChannelTag
    text: str
    note: str
    when: str
    moment: str


@dataclass(frozen=True)
class OtherLine:
    """Another message to the same contact; `href` is "" where its campaign was deleted."""

    id: int
    title: str
    href: str
    note: str
    when: str
    moment: str
    medium: ChannelTag
    status: ChannelTag
    reason: str


def recipient_shown(history: RecipientHistory, now: datetime) -> RecipientShown:
    """A recipient in the organisation's zone; moments of today are told by their time."""
    row = history.recipient
    tone, title, text = _box(row)
    return RecipientShown(
        id=row.id,
        name=name_of(row),
        hebrew_name=row.hebrew_first_name if name_of(row) != row.hebrew_first_name else "",
        initials=initials_of(row),
        tone=tone_of(row.contact_id),
        address=readable(row.address) if row.address else details.NOTHING,
        medium=medium_tag(row.medium),
        status=status_tag(row.status),
        box_tone=tone,
        box_title=title,
        box_text=text,
        # Counted from the oldest: what is new comes on top, and the others keep their keys.
        steps=[_line(len(history.steps) - place, step, history, now) for place, step in enumerate(history.steps)],
        more=texts.more(history.more) if history.more else "",
    )


def reply_lines(replies: Sequence[Reply], zone: str, now: datetime) -> list[ReplyLine]:
    """What the contact answered, in the organisation's zone."""
    return [_reply(reply, zone, now) for reply in replies]


def _reply(reply: Reply, zone: str, now: datetime) -> ReplyLine:
    at = to_local(reply.received_at, zone)
    return ReplyLine(
        id=reply.id,
        medium=medium_tag(reply.medium),
        asked=ChannelTag(texts.KEYWORDS[reply.keyword], *_ASKED[reply.keyword]) if reply.keyword else ChannelTag(),
        text=reply.text,
        note="" if reply.text.strip() else texts.NO_TEXT,
        when=formats.short_moment(at, to_local(now, zone)),
        moment=formats.long_moment(at),
    )


def message_shown(message: PreparedMessage) -> MessageShown:
    """The prepared message as its medium shows it."""
    kind = message.medium.value if message.medium else ""
    common = {"kind": kind, "organisation": message.organisation, "initials": initials(message.organisation)}
    if not message.text.strip() and not message.html:
        return MessageShown(**common, empty=texts.NO_MESSAGE)
    subject = (message.subject or texts.NO_SUBJECT) if message.medium is Medium.EMAIL else ""
    return MessageShown(**common, text=message.text, subject=subject, html=message.html)


def other_lines(found: OtherMessages, now: datetime) -> list[OtherLine]:
    """The contact's other messages, with the words that their own pages have."""
    return [_other(message, found.time_zone, now) for message in found.messages]


def _other(message: OtherMessage, zone: str, now: datetime) -> OtherLine:
    at = to_local(message.at, zone)
    refused = message.status in {RecipientStatus.FAILED, RecipientStatus.SKIPPED}
    return OtherLine(
        id=message.recipient_id,
        title=message.title,
        href="" if message.is_deleted else routes.campaign_detail(message.campaign_id),
        note=texts.DELETED_CAMPAIGN if message.is_deleted else "",
        when=formats.short_moment(at, to_local(now, zone)),
        moment=formats.long_moment(at),
        medium=medium_tag(message.medium),
        status=status_tag(message.status),
        reason=reason_sentence(message.reason, message.vendor_code, message.meaning) if refused else "",
    )


def _box(row: RecipientRow) -> tuple[str, str, str]:
    """Its colour, why, and what to do; nothing for whoever was reached or still may be."""
    if row.status is RecipientStatus.UNKNOWN:
        return _ORANGE, texts.LOST_TITLE, texts.LOST_ADVICE
    if row.status is RecipientStatus.CANCELLED:
        return _GRAY, texts.CANCELLED_TITLE, texts.CANCELLED_ADVICE
    sentence = why(row)
    if not sentence:
        return "", "", ""
    if row.reason is not None:
        advice = texts.ADVICE[row.reason]
    else:
        advice = texts.MEANING_ADVICE[row.meaning] if row.meaning else ""
    return (_RED if row.status is RecipientStatus.FAILED else _GRAY), sentence, advice


def _line(place: int, step: Step, history: RecipientHistory, now: datetime) -> StepLine:
    at, today = to_local(step.at, history.time_zone), to_local(now, history.time_zone)
    icon, tone = _look(step)
    title, detail = _words(step)
    return StepLine(
        key=f"{place}-{step.kind}",
        icon=icon,
        tone=tone,
        title=title,
        detail=detail,
        when=formats.time(at) if at.date() == today.date() else formats.short_moment(at, today),
        moment=f"{formats.long_moment(at)}:{at:%S}",
        event_id=step.event_id if history.may_see_raw else 0,
    )


def _look(step: Step) -> tuple[str, str]:
    if step.kind is not StepKind.REPORTED:
        return _LOOKS[step.kind]
    return _REPORT_LOOKS.get(step.status, _OTHER_REPORT) if step.status else _OTHER_REPORT


def _words(step: Step) -> tuple[str, str]:
    """Title and detail."""
    return _WORDS[step.kind](step, step.medium or Medium.SMS)


def _report(step: Step, medium: Medium) -> tuple[str, str]:
    """A known word by itself, any other by what it makes of the attempt."""
    if step.status is None:
        detail = step.label or texts.WORD_DETAILS.get(step.word, "")
        return texts.WORDS.get(step.word, texts.other_word(medium, step.word)), detail
    title = texts.WORDS.get(step.word) or texts.reported(medium, step.status)
    if step.vendor_code:
        return title, _why(step)
    return title, step.label or texts.WORD_DETAILS.get(step.word, texts.said(step.word))


def _why(step: Step) -> str:
    """Plain words, and the provider's code."""
    code = code_behind(None, step.vendor_code)
    sentence = reason_sentence(None, step.vendor_code, step.meaning)
    return f"{sentence} ({code})" if code else sentence


def _opt_out(step: Step, _medium: Medium) -> tuple[str, str]:
    return texts.WORDS.get(step.word, step.word), texts.WORD_DETAILS.get(step.word, texts.said(step.word))


def _ended(step: Step, _medium: Medium) -> tuple[str, str]:
    reason = details.REASONS.get(step.reason, "") if step.reason else ""
    return texts.ENDED[step.status] if step.status else "", reason


_WORDS: Mapping[StepKind, Callable[[Step, Medium], tuple[str, str]]] = {
    StepKind.TARGETED: lambda _step, _medium: (texts.TARGETED, texts.TARGETED_DETAIL),
    StepKind.HANDED_OVER: lambda step, medium: (texts.attempt(medium, step.number), texts.HANDED_OVER_DETAIL),
    StepKind.TAKEN: lambda step, medium: (
        texts.taken(medium), texts.message_id(step.message_id) if step.message_id else "",
    ),
    StepKind.REFUSED: lambda step, medium: (texts.refused(medium), _why(step)),
    StepKind.NO_ANSWER: lambda _step, _medium: (texts.NO_ANSWER, texts.NO_ANSWER_DETAIL),
    StepKind.REPORTED: _report,
    StepKind.OPT_OUT: _opt_out,
    StepKind.FALLBACK: lambda _step, medium: (texts.fallback(medium), ""),
    StepKind.RETRIED: lambda _step, medium: (texts.retried(medium), ""),
    StepKind.ASSUMED: lambda _step, _medium: (texts.ASSUMED, texts.ASSUMED_DETAIL),
    StepKind.REFUNDED: lambda _step, _medium: (texts.REFUNDED, texts.REFUNDED_DETAIL),
    StepKind.OPENED: lambda step, _medium: (
        texts.opened(step.label), texts.opened_often(step.count) if step.count > 1 else "",
    ),
    StepKind.ENDED: _ended,
}  # fmt: skip
