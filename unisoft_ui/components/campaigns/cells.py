"""The cells of a row of the list."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.kit.badge import MEDIUM_ICONS, icon_of, plain_tag, tag
from unisoft_ui.components.kit.data_table import cell
from unisoft_ui.texts import campaigns as texts
from unisoft_ui.view_models.campaigns import CampaignLine
from unisoft_ui.view_models.channels import ChannelTag
from unisoft_ui.view_models.excerpts import Part


def date_cell(line: CampaignLine) -> rx.Component:
    """Day and time; the title, which has no column, is here for whoever listens."""
    return cell(
        rx.el.span(line.date, class_name="line-date"),
        rx.el.span(line.time, class_name="line-time small secondary"),
        rx.el.span(line.title, class_name="visually-hidden", dir="auto"),
        class_name="cell-date tabular",
    )


def channel_tag(channel: ChannelTag) -> rx.Component:
    return tag(channel.label, channel.scheme, icon_of(channel.icon, MEDIUM_ICONS, size=13))


def channel_cell(line: CampaignLine) -> rx.Component:
    return cell(channel_tag(line.channel), class_name="cell-channel")


def targets_cell(line: CampaignLine) -> rx.Component:
    return cell(rx.el.bdi(line.targets, dir="ltr"), class_name="cell-targets tabular", label=texts.TARGETS)


def categories_cell(line: CampaignLine) -> rx.Component:
    names = rx.foreach(line.categories, lambda name: plain_tag(rx.el.span(name, dir="auto"), key=name))
    return cell(
        rx.el.div(names, rx.cond(line.more_categories != "", _more_categories(line)), class_name="categories"),
        class_name="cell-categories",
    )


def _more_categories(line: CampaignLine) -> rx.Component:
    # A tooltip for the pointer and the keyboard, a popover for fingers.
    button = rx.el.button(
        rx.el.bdi(line.more_categories, dir="ltr"), type="button", class_name="tag outlined-tag more-button"
    )
    return rx.popover.root(
        rx.tooltip(rx.popover.trigger(button), content=line.more_names, delay_duration=200),
        rx.popover.content(rx.el.span(line.more_names, dir="auto"), size="1", max_width="320px"),
    )


def preview_cell(line: CampaignLine) -> rx.Component:
    """The beginning of the message, and the title while that is what a search found."""
    text = rx.cond(
        line.from_template, _template_tag(), rx.el.span(_marked(line.preview), class_name="preview", dir="auto")
    )
    return cell(
        rx.cond(line.matched_title, rx.el.span(_marked(line.matched_title), class_name="matched-title", dir="auto")),
        rx.cond(line.tooltip != "", _with_tooltip(text, line), text),
        class_name="cell-preview",
    )


def _with_tooltip(text: rx.Component, line: CampaignLine) -> rx.Component:
    trigger = rx.el.span(text, tab_index=0, class_name="preview-trigger")
    return rx.tooltip(trigger, content=line.tooltip, delay_duration=200, max_width="328px")


def _template_tag() -> rx.Component:
    return plain_tag(rx.icon("layout-template", size=13, aria_hidden="true"), texts.EMAIL_TEMPLATE, outlined=True)


def _marked(parts: list[Part]) -> rx.Component:
    return rx.foreach(
        parts,
        lambda part, index: rx.cond(part.marked, rx.el.mark(part.text, key=index), rx.fragment(part.text, key=index)),
    )


def attachments_cell(line: CampaignLine) -> rx.Component:
    counters = rx.el.div(
        _counter("link", line.links, line.links_spoken),
        _counter("paperclip", line.files, line.files_spoken),
        class_name="attachments tabular",
    )
    nothing = rx.el.span(texts.NOTHING, class_name="secondary")
    return cell(
        rx.cond((line.links != "") | (line.files != ""), counters, nothing),
        class_name="cell-attachments",
        label=texts.ATTACHMENTS,
    )


def _counter(icon: str, count: rx.Var[str], spoken: rx.Var[str]) -> rx.Component:
    shown = rx.el.span(
        rx.icon(icon, size=14, aria_hidden="true"),
        rx.el.span(count, aria_hidden="true"),
        rx.el.span(spoken, class_name="visually-hidden"),
        title=spoken,
    )
    return rx.cond(count != "", shown)
