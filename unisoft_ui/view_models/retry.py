"""Retrying, in words: what it would do, what needs attention, and what can be done about one recipient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from backend.domain.channels import Medium, media_of
from backend.errors import AppError
from backend.services.recipient_actions import RecipientActions
from backend.services.retrying import RetryOverview, RetryPlan, RetrySummary
from unisoft_ui.texts import campaigns, confirmation, error_sentence, number
from unisoft_ui.texts import retry as texts
from unisoft_ui.view_models.channels import ICONS
from unisoft_ui.view_models.confirmation import Figure

OWN_WAY = "channel"
"""The way that is no medium, in the page."""

BUTTON_ICONS = ("rotate-ccw", *ICONS.values())


@dataclass(frozen=True)
class Plan:
    """One way of retrying. `blocked` says why it cannot be done, and `missing` how much credit is."""

    way: str = OWN_WAY
    label: str = ""
    tried: list[Figure] = field(default_factory=list)
    not_tried: list[Figure] = field(default_factory=list)
    needs_credit: bool = False
    needed: str = ""
    available: str = ""
    left: str = ""
    missing: str = ""
    notes: list[str] = field(default_factory=list)
    blocked: str = ""
    confirm: str = texts.RETRY


@dataclass(frozen=True)
class Attention:
    """`text` is empty when nothing needs attention."""

    text: str = ""
    note: str = ""
    may_ask: bool = False


@dataclass(frozen=True)
class Way:
    """A button that retries one recipient."""

    way: str
    label: str
    icon: str
    is_first: bool


@dataclass(frozen=True)
class Actions:
    """The buttons below one recipient."""

    recipient_id: int = 0
    any: bool = False
    ways: list[Way] = field(default_factory=list)
    why_not: str = ""
    needs_attention: bool = False
    may_ask: bool = False
    may_repair: bool = False


def plans(summary: RetrySummary, *, is_unknown: bool) -> list[Plan]:
    """A plan for each way; the first is the channel's own."""
    return [_plan(summary, plan, is_unknown=is_unknown) for plan in summary.plans]


def button(overview: RetryOverview) -> str:
    """As "Retry failed (13)"; empty without anybody."""
    return texts.retry_failed(overview.retriable, is_more=overview.is_more)


def attention(overview: RetryOverview) -> Attention:
    """The panel of those whose answer was lost."""
    if not overview.unknown:
        return Attention()
    note = "" if overview.askable == overview.unknown else texts.SOME_ONLY_REPORTS
    return Attention(texts.lost(overview.unknown), note if overview.askable else texts.ONLY_REPORTS,
                     may_ask=overview.askable > 0)  # fmt: skip


def actions(found: RecipientActions) -> Actions:
    """The buttons for one recipient."""
    ways = [] if found.needs_attention else [_way(found, way) for way in found.ways]
    return Actions(
        recipient_id=found.recipient_id,
        any=found.any,
        ways=ways,
        why_not=_why_not(found),
        needs_attention=found.needs_attention,
        may_ask=found.may_ask,
        may_repair=found.may_repair,
    )


def read_way(text: object) -> Medium | None:
    """The medium a page names; None for the channel's own order, and for anything else."""
    return Medium(text) if isinstance(text, str) and text in set(Medium) else None


def refusal(error: AppError) -> str:
    """Why nothing was done, in a sentence."""
    sentence = texts.ERRORS.get(error.code)
    return sentence.format_map(error.details) if sentence else error_sentence(error)


def _plan(summary: RetrySummary, plan: RetryPlan, *, is_unknown: bool) -> Plan:
    missing = plan.credits_missing
    left = plan.credits_available + plan.credits_freed - plan.credits_needed
    return Plan(
        way=plan.way or OWN_WAY,
        label=texts.way(plan.way, campaigns.CHANNELS[summary.channel]),
        tried=[
            Figure(ICONS[medium], confirmation.MEDIA[medium], number(plan.recipients.get(medium, 0)))
            for medium in media_of(summary.channel)
            if plan.way in {None, medium}
        ],
        not_tried=[
            Figure("triangle-alert", texts.WHY_NOT[why], number(count))
            for why, count in sorted(plan.not_retried.items(), key=lambda item: (-item[1], item[0]))
        ],
        needs_credit=plan.credits_needed > 0,
        needed=number(plan.credits_needed),
        available=number(plan.credits_available),
        left=number(left) if not missing else "",
        missing=number(missing) if missing else "",
        notes=_notes(summary, plan),
        blocked=_blocked(summary, plan),
        confirm=f"{texts.SEND_AGAIN} ({number(plan.total)})" if is_unknown and plan.total else texts.retry(plan.total),
    )


def _notes(summary: RetrySummary, plan: RetryPlan) -> list[str]:
    notes = [texts.spent(plan.credits_spent)] if plan.credits_spent else []
    if plan.recipients.get(Medium.WHATSAPP) and not summary.whatsapp_connected:
        notes.append(texts.WHATSAPP_DOWN)
    return [*notes, texts.PART] if summary.is_part else notes


def _blocked(summary: RetrySummary, plan: RetryPlan) -> str:
    if summary.stopped:
        return texts.STOPPED[summary.run_state]
    if not plan.total:
        return texts.NOBODY
    return texts.missing_credit(plan.credits_missing) if plan.credits_missing else ""


def _way(found: RecipientActions, way: Medium | None) -> Way:
    by = way or (found.first_medium if found.first_medium is not found.medium else None)
    is_first = way is found.ways[0]
    return Way(way or OWN_WAY, texts.retry_by(by), ICONS[by] if by and not is_first else "rotate-ccw", is_first)


def _why_not(found: RecipientActions) -> str:
    if found.stopped:
        return texts.STOPPED[found.stopped]
    return texts.WHY_NOT[found.why_not] if found.why_not else ""


def field_errors(code: str, details: Mapping[str, object]) -> dict[str, str]:
    """The sentence of a refused address, by field."""
    return {str(details.get("field", "email")): texts.FIELD_ERRORS[code]} if code in texts.FIELD_ERRORS else {}
