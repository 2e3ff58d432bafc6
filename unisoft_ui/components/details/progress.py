"""How far a campaign got: state, bar, numbers, and what failed."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.details.clicks import links_panel, media_panel
from unisoft_ui.components.details.timeline import timeline_panel
from unisoft_ui.components.kit.badge import MEDIUM_ICONS, icon_of, tag
from unisoft_ui.components.kit.progress import outcome_bar, percentage, segment
from unisoft_ui.components.whatsapp.by_sms import by_sms_button
from unisoft_ui.states.attention import AttentionState
from unisoft_ui.states.by_sms import BySmsState
from unisoft_ui.states.details import DetailsState
from unisoft_ui.texts import details as texts
from unisoft_ui.view_models.details import CARD_ICONS, STATE_ICONS, Card, FailureLine

_SHOWN = DetailsState.shown
_NOTE_ICONS = {"gray": "info", "amber": "pause", "orange": "triangle-alert", "red": "octagon-alert"}


def progress_card() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            tag(_SHOWN.state.label, _SHOWN.state.scheme, icon_of(_SHOWN.state.icon, STATE_ICONS, size=13)),
            tag(_SHOWN.channel.label, _SHOWN.channel.scheme, icon_of(_SHOWN.channel.icon, MEDIUM_ICONS, size=13)),
            rx.el.ul(rx.foreach(_SHOWN.history, lambda line: rx.el.li(line, key=line)), class_name="history secondary"),
            rx.cond(_SHOWN.pace != "", _pace()),
            class_name="progress-head",
        ),
        rx.cond(_SHOWN.outcome.shown, _outcome()),
        aria_label=texts.PROGRESS,
        class_name="panel progress-card",
    )


def _pace() -> rx.Component:
    return rx.el.span(
        rx.el.span(_SHOWN.pace),
        rx.cond(_SHOWN.speed != "", rx.el.span(_SHOWN.speed, class_name="small")),
        class_name="pace secondary tabular",
        data_testid="pace",
    )


def _outcome() -> rx.Component:
    outcome = _SHOWN.outcome
    return rx.fragment(
        rx.el.div(
            outcome_bar(outcome, label=texts.PROGRESS, live=_SHOWN.is_sending),
            rx.cond(_SHOWN.progress != "", rx.el.span(_SHOWN.progress, class_name="semibold tabular")),
            class_name="progress-line",
        ),
        rx.el.div(
            percentage("check", _SHOWN.success, outcome.any_success, "percent-success"),
            percentage("x", _SHOWN.failed, outcome.any_failed, "percent-failed"),
            _processed(),
            class_name="percents tabular small",
            data_testid="outcome",
        ),
    )


def _processed() -> rx.Component:
    return rx.el.span(
        rx.el.span(texts.PROCESSED, class_name="visually-hidden"),
        _SHOWN.processed,
        class_name="secondary processed",
        data_testid="processed",
    )


def notes() -> rx.Component:
    """What the state means, and whether somebody has to look."""
    return rx.el.div(
        rx.cond(_SHOWN.note != "", _note(_SHOWN.note, _SHOWN.note_tone, _by_sms())),
        # Whoever can do something about lost answers is shown a panel instead.
        rx.cond((_SHOWN.attention != "") & (AttentionState.panel.text == ""), _note(_SHOWN.attention, "orange")),
        role="status",
        class_name="details-notes",
    )


def _by_sms() -> rx.Component:
    return by_sms_button(_SHOWN.by_sms, BySmsState.ask(_SHOWN.id), _SHOWN.by_sms_id)


def _note(text: rx.Var[str], tone: rx.Var[str] | str, *acts: rx.Component) -> rx.Component:
    icons = [(name, rx.icon(icon, size=16, aria_hidden="true")) for name, icon in _NOTE_ICONS.items()]
    picture = (
        rx.icon(_NOTE_ICONS[tone], size=16, aria_hidden="true")
        if isinstance(tone, str)
        else rx.match(tone, *icons, rx.fragment())
    )
    return rx.el.div(picture, rx.el.span(text), *acts, class_name=f"note-box {tone}-box")


def cards() -> rx.Component:
    return rx.el.dl(rx.foreach(_SHOWN.cards, _card), class_name="stat-cards", aria_label=texts.SUMMARY)


def _card(card: Card) -> rx.Component:
    return rx.el.div(
        rx.el.dt(icon_of(card.icon, CARD_ICONS, size=14), card.label),
        rx.el.dd(card.value, class_name="stat-value tabular"),
        rx.el.dd(card.below, class_name="small secondary tabular"),
        key=card.label,
        class_name="panel stat-card",
        data_tone=card.tone,
    )


def insights() -> rx.Component:
    """How it went over time, why some failed or were left out, what was clicked, and which medium carried it."""
    return rx.el.div(
        timeline_panel(),
        rx.cond(_SHOWN.failures, _reasons(texts.FAILURES, _SHOWN.failed_total, _SHOWN.failures, "bar-failed")),
        media_panel(),
        links_panel(),
        rx.cond(
            _SHOWN.left_out, _reasons(texts.LEFT_OUT_REASONS, _SHOWN.left_out_total, _SHOWN.left_out, "bar-skipped")
        ),
        rx.cond(_SHOWN.other_reasons != "", _others()),
        class_name="reasons",
    )


def _others() -> rx.Component:
    return rx.el.p(f"{texts.OTHER_REASONS}: ", _SHOWN.other_reasons, class_name="small secondary other-reasons")


def _reasons(heading: str, total: rx.Var[str], lines: rx.Var[list[FailureLine]], class_name: str) -> rx.Component:
    return rx.el.section(
        rx.el.div(rx.el.h2(heading), rx.el.span(total, class_name="secondary tabular"), class_name="reasons-head"),
        rx.el.ul(rx.foreach(lines, lambda line: _reason(line, class_name))),
        class_name="panel",
        aria_label=heading,
    )


def _reason(line: FailureLine, class_name: str) -> rx.Component:
    return rx.el.li(
        rx.el.span(line.label, rx.cond(line.code != "", rx.el.bdi(line.code, class_name="small secondary", dir="ltr"))),
        rx.el.span(line.value, class_name="medium tabular"),
        rx.el.div(segment(line.width, class_name), class_name="reason-bar", aria_hidden="true"),
        key=line.key,
    )
