"""The frame of every signed-in page: sidebar or bottom bar, top bar, content."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from unisoft_ui import routes
from unisoft_ui.components.account import account_panel, user_card
from unisoft_ui.components.credit import credit_indicator, low_credit_line
from unisoft_ui.components.kit.brand import brand_link
from unisoft_ui.components.kit.dialog_header import dialog_header
from unisoft_ui.components.whatsapp.by_sms import by_sms_dialog
from unisoft_ui.components.whatsapp.dialog import pairing_dialog
from unisoft_ui.states.session import ShellState
from unisoft_ui.texts import en


@dataclass(frozen=True)
class _Place:
    key: str
    label: str
    icon: str
    href: str


_MESSAGES = (
    _Place("campaigns", en.NAV_CAMPAIGNS, "send", routes.CAMPAIGNS),
    _Place("templates", en.NAV_TEMPLATES, "layout-template", routes.TEMPLATES),
)

_SETTINGS = _Place("settings", en.NAV_SETTINGS, "settings", routes.SETTINGS)


def shell(*content: rx.Component, active: str = "campaigns", topbar_start: rx.Component | None = None) -> rx.Component:
    """`active` is the key of the current place; `topbar_start` usually the page's search field.

    On a phone the search field stands in a line of its own below brand and credit.
    """
    return rx.el.div(
        rx.el.a(en.SKIP_TO_CONTENT, href="#content", class_name="skip-link"),
        _sidebar(active),
        rx.el.div(
            _topbar(topbar_start),
            rx.el.main(_simulated(), low_credit_line(), *content, id="content", tab_index=-1, class_name="page"),
            class_name="main-column",
        ),
        _bottom_bar(active),
        pairing_dialog(),
        by_sms_dialog(),
        class_name="app-frame",
    )


def _sidebar(active: str) -> rx.Component:
    return rx.el.aside(
        brand_link(),
        rx.el.div(
            rx.el.span(ShellState.organisation_initials, class_name="avatar square", aria_hidden="true"),
            rx.el.span(
                rx.el.span(ShellState.organisation, class_name="medium truncate"),
                rx.el.span(ShellState.city, class_name="small secondary truncate"),
                class_name="stack-lines",
            ),
            class_name="organisation",
        ),
        rx.el.nav(
            rx.el.div(en.NAV_MESSAGES, class_name="nav-heading"),
            *(_allowed(place, _nav_link(place, active)) for place in _MESSAGES),
            class_name="side-nav",
            aria_label=en.NAV_MAIN,
        ),
        rx.el.nav(
            rx.cond(ShellState.may_see_whatsapp | ShellState.may_see_ledger, _nav_link(_SETTINGS, active)),
            class_name="settings-nav",
            aria_label=en.NAV_SETTINGS,
        ),
        rx.popover.root(
            rx.popover.trigger(
                rx.el.button(
                    user_card(),
                    type="button",
                    class_name="user-button",
                    aria_label=en.ACCOUNT,
                    id="account-desktop",
                )
            ),
            rx.popover.content(account_panel(rx.popover.close), side="top", align="start", width="240px"),
        ),
        class_name="sidebar",
    )


def _nav_link(place: _Place, active: str) -> rx.Component:
    return rx.link(
        rx.icon(place.icon, size=16, aria_hidden="true"),
        rx.el.span(place.label, class_name="nav-label"),
        href=place.href,
        underline="none",
        class_name="nav-link",
        title=place.label,
        custom_attrs=_current(place, active),
    )


def _bottom_link(place: _Place, active: str) -> rx.Component:
    return rx.link(
        rx.icon(place.icon, size=20, aria_hidden="true"),
        place.label,
        href=place.href,
        underline="none",
        class_name="bottom-link",
        custom_attrs=_current(place, active),
    )


def _allowed(place: _Place, link: rx.Component) -> rx.Component:
    """Nothing for a place that the user may not enter."""
    return rx.cond(ShellState.may_edit_templates, link) if place.key == "templates" else link


def _current(place: _Place, active: str) -> dict[str, str]:
    return {"aria-current": "page"} if place.key == active else {}


def _topbar(start: rx.Component | None) -> rx.Component:
    return rx.el.header(
        brand_link("phone-only"),
        rx.el.div(start or rx.fragment(), class_name="topbar-start"),
        credit_indicator(),
        class_name="topbar",
    )


def _simulated() -> rx.Component:
    return rx.cond(
        ShellState.simulated != "",
        rx.el.p(
            rx.icon("flask-conical", size=14, aria_hidden="true"),
            ShellState.simulated,
            class_name="simulated small",
            data_testid="simulated",
        ),
    )


def _bottom_bar(active: str) -> rx.Component:
    return rx.el.nav(
        *(_allowed(place, _bottom_link(place, active)) for place in _MESSAGES),
        rx.dialog.root(
            rx.dialog.trigger(
                rx.el.button(
                    rx.icon("ellipsis", size=20, aria_hidden="true"),
                    en.NAV_MORE,
                    type="button",
                    class_name="bottom-link",
                    id="account-phone",
                )
            ),
            rx.dialog.content(
                dialog_header(en.ACCOUNT, ShellState.organisation),
                account_panel(rx.dialog.close),
                class_name="sheet",
            ),
        ),
        class_name="bottom-bar",
        aria_label=en.NAV_MAIN,
    )
