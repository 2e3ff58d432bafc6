"""The deliverability of a campaign: bar, percentages, and what is under way."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.kit.data_table import cell
from unisoft_ui.components.kit.progress import outcome_bar, percentage
from unisoft_ui.texts import campaigns as texts
from unisoft_ui.view_models.campaigns import CampaignLine
from unisoft_ui.view_models.outcomes import Outcome
from unisoft_ui.view_models.run_notes import RunNote

_ICONS = {
    "scheduled": "calendar-clock",
    "paused": "pause",
    "waiting_connection": "unplug",
    "missed": "calendar-x",
    "halted": "octagon-alert",
    "held": "hourglass",
    "cancelled": "ban",
    "held_up": "hourglass",
    "standstill": "triangle-alert",
}


def deliverability_cell(line: CampaignLine) -> rx.Component:
    nothing = rx.el.span(texts.NOTHING, rx.el.span(texts.DRAFT, class_name="visually-hidden"), class_name="secondary")
    return cell(
        rx.cond(
            line.outcome.shown | (line.note.text != ""),
            rx.el.div(
                rx.cond(line.outcome.shown, _outcome(line.outcome, line.note)),
                rx.cond(line.note.text != "", _note(line.note)),
                class_name="deliverability",
                title=line.outcome.spoken,
            ),
            nothing,
        ),
        class_name="cell-deliverability",
        label=texts.DELIVERABILITY,
    )


def _outcome(outcome: Outcome, note: RunNote) -> rx.Component:
    return rx.fragment(
        outcome_bar(outcome, label=texts.DELIVERABILITY, live=note.tone == "sending"),
        rx.el.div(
            percentage("check", outcome.success, outcome.any_success, "percent-success"),
            percentage("x", outcome.failed, outcome.any_failed, "percent-failed"),
            class_name="percents tabular",
        ),
    )


def _note(note: RunNote) -> rx.Component:
    icons = [(tone, rx.icon(icon, size=12, aria_hidden="true")) for tone, icon in _ICONS.items()]
    dot = rx.el.span(class_name="live-dot", aria_hidden="true")
    return rx.el.div(
        rx.match(note.tone, *icons, dot),
        rx.el.span(note.text),
        title=rx.cond(note.sentence != "", note.sentence, note.moment),
        class_name="run-note tabular",
        data_tone=note.tone,
        data_testid="run-note",
    )
