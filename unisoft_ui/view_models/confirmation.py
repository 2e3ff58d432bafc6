"""What validating a campaign would do, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from backend.domain.channels import Medium, media_of
from backend.domain.schedules import to_local
from backend.domain.statuses import Reason
from backend.errors import AppError, InvalidInputError
from backend.services.validation import ValidationSummary
from unisoft_ui.texts import confirmation as texts
from unisoft_ui.texts import error_sentence, formats, number
from unisoft_ui.view_models.channels import ICONS, ChannelTag, channel_tag
from unisoft_ui.view_models.editor_form import field_error


@dataclass(frozen=True)
class Figure:
    """A word and its number."""

    icon: str
    label: str
    value: str


@dataclass(frozen=True)
class Confirmation:
    """`blocked` says why it cannot be validated; empty when it can. `missing` credit is "" when there is enough."""

    title: str = ""
    channel: ChannelTag = field(default_factory=ChannelTag)
    recipients: list[Figure] = field(default_factory=list)
    left_out: list[Figure] = field(default_factory=list)
    needs_credit: bool = False
    needed: str = ""
    available: str = ""
    left: str = ""
    missing: str = ""
    moment: str = ""
    remaining: str = ""
    passed: bool = False
    warnings: list[str] = field(default_factory=list)
    blocked: str = ""
    lasts: str = ""
    typed_label: str = ""


def confirmation(summary: ValidationSummary, now: datetime) -> Confirmation:
    """The dialog's content; `now` for the time that is left."""
    missing = summary.credits_missing
    return Confirmation(
        title=summary.title,
        channel=channel_tag(summary.channel),
        recipients=_recipients(summary),
        left_out=_left_out(summary.left_out),
        needs_credit=Medium.SMS in media_of(summary.channel),
        needed=number(summary.credits_needed),
        available=number(summary.credits_available),
        left=number(summary.credits_available - summary.credits_needed) if not missing else "",
        missing=number(missing) if missing else "",
        moment=_moment(summary) if summary.scheduled_at else texts.IMMEDIATELY,
        remaining=_remaining(summary, now),
        passed=summary.schedule_passed,
        warnings=_warnings(summary),
        blocked=_blocked(summary),
        lasts=_lasts(summary.duration_s),
        typed_label=texts.TYPED_LABEL.format(total=number(summary.total)) if summary.must_be_typed else "",
    )


def is_typed(entered: str, total: int) -> bool:
    """Whether somebody typed a number, with separators or without."""
    digits = "".join(character for character in entered if not character.isspace() and character not in ",.'’")
    return digits.isascii() and digits.isdigit() and len(digits) < 10 and int(digits) == total


def refusal(error: AppError) -> str:
    """Why it cannot be validated, in a sentence."""
    sentence = texts.ERRORS.get(error.code)
    if sentence is None and isinstance(error, InvalidInputError):
        return texts.UNFINISHED.format(sentence=field_error(error)[1])
    return sentence.format_map(error.details) if sentence else error_sentence(error)


def done_sentence(summary: ValidationSummary, *, send_now: bool) -> str:
    """What happened, for the toast."""
    if summary.scheduled_at is None or send_now:
        return texts.GRACE.format(seconds=summary.grace_s) if summary.grace_s else texts.SENT
    return texts.PLANNED.format(moment=_moment(summary))


def _recipients(summary: ValidationSummary) -> list[Figure]:
    counts = [(medium, summary.recipients.get(medium, 0)) for medium in media_of(summary.channel)]
    return [Figure(ICONS[medium], texts.MEDIA[medium], number(count)) for medium, count in counts]


def _left_out(left_out: Mapping[Reason, int]) -> list[Figure]:
    return [
        Figure("triangle-alert", texts.REASONS.get(reason, reason.value), number(count))
        for reason, count in sorted(left_out.items(), key=lambda item: (-item[1], str(item[0])))
        if count
    ]


def _moment(summary: ValidationSummary) -> str:
    assert summary.scheduled_at is not None
    return formats.long_moment(to_local(summary.scheduled_at, summary.time_zone))


def _remaining(summary: ValidationSummary, now: datetime) -> str:
    if summary.scheduled_at is None:
        return ""
    zone = formats.zone(summary.time_zone)
    minutes = int((summary.scheduled_at - now).total_seconds() // 60)
    return texts.remaining(zone, formats.duration(minutes)) if minutes > 0 else zone


def _lasts(seconds: int) -> str:
    return texts.lasts(formats.duration(-(-seconds // 60))) if seconds > 60 else ""


def _warnings(summary: ValidationSummary) -> list[str]:
    difference = summary.targets_now - summary.targets_saved
    warnings = [texts.more_targets(difference)] if difference else []
    warnings += [texts.empty_field(name, count) for name, count in summary.empty_fields.items() if count]
    if Medium.WHATSAPP in media_of(summary.channel) and not summary.whatsapp_connected:
        warnings.append(texts.WHATSAPP_DOWN)
    if summary.adds_unsubscribe:
        warnings.append(texts.ADDS_UNSUBSCRIBE)
    return warnings


def _blocked(summary: ValidationSummary) -> str:
    if not summary.total:
        return texts.NOBODY
    return texts.missing_credit(summary.credits_missing) if summary.credits_missing else ""
