"""One recipient beside the list: who, why, what happened, the message, the contact's replies and other messages.

On a phone it fills the screen.
"""

from __future__ import annotations

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from unisoft_ui.components.kit.address import in_address, status_for
from unisoft_ui.components.kit.badge import MEDIUM_ICONS, icon_of, tag
from unisoft_ui.components.kit.buttons import word_button
from unisoft_ui.components.kit.dialog_header import close_button
from unisoft_ui.components.kit.skeleton import shape
from unisoft_ui.states.recipient import RecipientState
from unisoft_ui.texts import recipient as texts
from unisoft_ui.view_models.recipient import KEYWORD_ICONS, STEP_ICONS, OtherLine, ReplyLine, StepLine
from unisoft_ui.view_models.recipients import STATUS_ICONS

_SHOWN = RecipientState.shown
_MESSAGE = RecipientState.message
_RECIPIENT = in_address("recipient")
_STATUS = status_for(RecipientState.place, _RECIPIENT, RecipientState.status)


def recipient_drawer(*actions: rx.Component) -> rx.Component:
    """Mounted once on the page; the address opens it. `actions` stand below, out of what scrolls."""
    footer = rx.el.div(*actions, role="group", aria_label=texts.ACTIONS, class_name="drawer-footer")
    content = rx.dialog.content(
        _head(),
        rx.el.div(
            rx.match(
                _STATUS,
                ("ready", _body()),
                ("missing", _sentence(texts.MISSING_TITLE, texts.MISSING_TEXT)),
                ("error", _not_loaded()),
                _loading(),
            ),
            tab_index=0,
            role="region",
            aria_label=texts.DESCRIPTION,
            class_name="drawer-body",
        ),
        rx.cond(_STATUS == "ready", footer) if actions else rx.fragment(),
        class_name="drawer",
        aria_describedby=rx.Var("undefined"),
    )
    is_open = RecipientState.is_open & (_RECIPIENT != "")
    return rx.dialog.root(content, open=is_open, on_open_change=RecipientState.set_open)


def _head() -> rx.Component:
    ready = _STATUS == "ready"
    return rx.el.div(
        rx.cond(ready, rx.el.span(_SHOWN.initials, class_name="avatar", data_tone=_SHOWN.tone, aria_hidden="true")),
        rx.el.div(
            rx.dialog.title(
                rx.cond(ready, rx.el.bdi(_SHOWN.name), texts.DESCRIPTION),
                size="3",
                margin="0",
                class_name="drawer-name",
            ),
            rx.cond(ready & (_SHOWN.hebrew_name != ""), rx.el.bdi(_SHOWN.hebrew_name, class_name="secondary")),
            rx.cond(ready, rx.el.bdi(_SHOWN.address, class_name="secondary tabular", dir="ltr")),
            class_name="drawer-who",
        ),
        rx.cond(
            ready, tag(_SHOWN.status.label, _SHOWN.status.scheme, icon_of(_SHOWN.status.icon, STATUS_ICONS, size=13))
        ),
        rx.dialog.close(close_button()),
        class_name="drawer-head",
    )


def _loading() -> rx.Component:
    shapes = (shape("100%", height, "step-skeleton") for height in ("64px", "180px", "96px"))
    return rx.el.div(*shapes, aria_busy=True, aria_label=texts.LOADING, role="status", class_name="details-loading")


def _sentence(title: str, text: rx.Var[str] | str, *more: rx.Component) -> rx.Component:
    return rx.el.div(rx.el.h3(title), rx.el.p(text, class_name="secondary"), *more, class_name="drawer-sentence")


def _not_loaded() -> rx.Component:
    again = word_button("refresh-cw", texts.RETRY, size="2", on_click=RecipientState.retry)
    reference = rx.el.span(RecipientState.reference, class_name="small secondary")
    return rx.el.div(_sentence(texts.ERROR_TITLE, RecipientState.error, again, reference), role="alert")


def _body() -> rx.Component:
    return rx.fragment(_why(), _history(), _message(), _replies(), _others())


def _why() -> rx.Component:
    picture = rx.match(
        _SHOWN.box_tone,
        ("red", rx.icon("circle-alert", size=16, aria_hidden="true")),
        ("orange", rx.icon("triangle-alert", size=16, aria_hidden="true")),
        rx.icon("info", size=16, aria_hidden="true"),
    )
    return rx.cond(
        _SHOWN.box_tone != "",
        rx.el.div(
            picture,
            rx.el.div(rx.el.div(_SHOWN.box_title, class_name="semibold"), rx.el.div(_SHOWN.box_text)),
            class_name=rx.match(
                _SHOWN.box_tone,
                ("red", "note-box red-box drawer-box"),
                ("orange", "note-box orange-box drawer-box"),
                "note-box gray-box drawer-box",
            ),
            data_testid="recipient-why",
        ),
    )


def _history() -> rx.Component:
    return rx.el.section(
        rx.el.h3(texts.HISTORY, class_name="visually-hidden"),
        rx.el.ol(rx.foreach(_SHOWN.steps, _step), class_name="story"),
        rx.cond(_SHOWN.more != "", rx.el.p(_SHOWN.more, class_name="small secondary")),
    )


def _step(step: StepLine) -> rx.Component:
    return rx.el.li(
        rx.el.span(icon_of(step.icon, STEP_ICONS, size=14), class_name="step-icon", data_tone=step.tone),
        rx.el.div(
            rx.el.div(step.title, class_name="medium", dir="auto"),
            rx.cond(step.detail != "", rx.el.div(step.detail, class_name="small secondary", dir="auto")),
            rx.cond(step.event_id > 0, _raw(step)),
            class_name="step-text",
        ),
        rx.el.time(step.when, title=step.moment, class_name="small secondary tabular"),
        key=step.key,
        data_testid="step",
    )


def _raw(step: StepLine) -> rx.Component:
    """For administrators: what the provider sent. It is fetched when it is asked for."""
    is_open = RecipientState.raw_id == step.event_id
    return rx.fragment(
        rx.el.button(
            rx.icon("braces", size=12, aria_hidden="true"),
            rx.cond(is_open, texts.HIDE_RAW, texts.SHOW_RAW),
            type="button",
            aria_expanded=is_open,
            on_click=RecipientState.toggle_raw(step.event_id),
            class_name="raw-button",
        ),
        rx.cond(
            is_open,
            rx.el.pre(
                RecipientState.raw_text,
                dir="ltr",
                tab_index=0,
                role="region",
                aria_label=texts.SHOW_RAW,
                class_name="raw-event",
                data_testid="raw-event",
            ),
        ),
    )


def _message() -> rx.Component:
    return rx.el.section(
        rx.el.h3(texts.MESSAGE, class_name="drawer-heading"),
        rx.cond(
            _MESSAGE.empty != "",
            rx.el.p(_MESSAGE.empty, class_name="secondary"),
            rx.cond(_MESSAGE.kind == "email", _email(), _bubble()),
        ),
    )


def _bubble() -> rx.Component:
    return rx.el.div(
        rx.el.p(_MESSAGE.text, dir="auto", class_name="bubble", data_testid="prepared"),
        class_name=rx.cond(_MESSAGE.kind == "whatsapp", "phone-whatsapp", ""),
    )


def _email() -> rx.Component:
    # A page of its own that may do nothing: no script, no form, no address of ours.
    page = rx.el.iframe(src_doc=_MESSAGE.html, sandbox="", title=texts.FRAME, loading="lazy", data_testid="email-frame")
    return rx.el.div(
        rx.el.div(
            rx.el.span(_MESSAGE.initials, class_name="avatar", aria_hidden="true"),
            rx.el.div(rx.el.div(_MESSAGE.organisation, class_name="medium truncate")),
            class_name="mail-head",
        ),
        rx.el.div(_MESSAGE.subject, dir="auto", class_name="semibold mail-subject", data_testid="prepared-subject"),
        rx.el.div(page, class_name="mail-body"),
        class_name="mail",
    )


def _replies() -> rx.Component:
    return rx.el.section(
        rx.el.h3(texts.REPLIES, class_name="drawer-heading"),
        rx.cond(
            RecipientState.replies,
            rx.el.ul(rx.foreach(RecipientState.replies, _reply), class_name="replies"),
            rx.el.p(texts.NO_REPLIES, class_name="secondary"),
        ),
        rx.cond(RecipientState.older_replies, rx.el.p(texts.OLDER_REPLIES, class_name="small secondary")),
    )


def _reply(line: ReplyLine) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            tag(line.medium.label, line.medium.scheme, icon_of(line.medium.icon, MEDIUM_ICONS, size=13)),
            rx.cond(
                line.asked.label != "",
                tag(line.asked.label, line.asked.scheme, icon_of(line.asked.icon, KEYWORD_ICONS, size=13)),
            ),
            rx.el.time(line.when, title=line.moment, class_name="small secondary tabular"),
            class_name="other-line",
        ),
        rx.cond(
            line.note != "",
            rx.el.p(line.note, class_name="small secondary"),
            rx.el.p(line.text, dir="auto", class_name="reply-text"),
        ),
        key=line.id,
        data_testid="reply",
    )


def _others() -> rx.Component:
    more = rx.button(
        texts.MORE_OTHERS,
        variant="surface",
        color_scheme="gray",
        high_contrast=True,
        on_click=RecipientState.show_more_others,
    )
    return rx.el.section(
        rx.el.h3(texts.OTHERS, class_name="drawer-heading"),
        rx.cond(
            RecipientState.others,
            rx.el.ul(rx.foreach(RecipientState.others, _other), class_name="other-messages"),
            rx.el.p(texts.NO_OTHERS, class_name="secondary"),
        ),
        rx.cond(RecipientState.next_others >= 0, more),
    )


def _other(line: OtherLine) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.cond(
                line.href != "",
                ReactRouterLink.create(line.title, to=line.href, dir="auto", class_name="other-title"),
                rx.el.span(rx.el.bdi(line.title), " (", line.note, ")", class_name="secondary"),
            ),
            rx.el.time(line.when, title=line.moment, class_name="small secondary tabular"),
            class_name="other-line",
        ),
        rx.el.div(
            rx.cond(
                line.medium.label != "",
                tag(line.medium.label, line.medium.scheme, icon_of(line.medium.icon, MEDIUM_ICONS, size=13)),
            ),
            tag(line.status.label, line.status.scheme, icon_of(line.status.icon, STATUS_ICONS, size=13)),
            rx.cond(line.reason != "", rx.el.span(line.reason, class_name="small secondary")),
            class_name="other-line other-tags",
        ),
        key=line.id,
        data_testid="other-message",
    )
