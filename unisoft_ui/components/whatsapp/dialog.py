"""The window that connects WhatsApp. On a phone it is a sheet at the bottom."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.kit.buttons import word_button
from unisoft_ui.components.kit.dialog import question
from unisoft_ui.components.kit.dialog_header import close_button
from unisoft_ui.components.whatsapp.by_sms import by_sms_button
from unisoft_ui.states.pairing import PairingState
from unisoft_ui.states.session import ShellState
from unisoft_ui.texts import by_sms
from unisoft_ui.texts import whatsapp as texts

_STATUS = PairingState.status
_COVERS = {
    "expired": ("timer-off", texts.EXPIRED),
    "refused": ("smartphone", texts.REFUSED),
    "unreachable": ("wifi-off", texts.UNREACHABLE),
    "not_configured": ("unplug", texts.NOT_CONFIGURED),
}


def pairing_dialog() -> rx.Component:
    """Mounted once on a page, with the question before a disconnection; `PairingState.open` shows it."""
    dialog = rx.dialog.root(
        rx.dialog.content(
            _header(),
            rx.el.div(
                rx.el.div(_picture(), _beside(), class_name="pairing"),
                _by_sms(),
                class_name="question-body",
            ),
            rx.el.div(_standing(), _disconnect(), _close_button(), class_name="question-footer pairing-footer"),
            class_name="sheet question",
            max_width="600px",
        ),
        open=PairingState.is_open,
        on_open_change=PairingState.set_open,
    )
    return rx.fragment(dialog, _disconnect_question())


def _header() -> rx.Component:
    in_use = rx.cond(PairingState.title != "", PairingState.goes_on, texts.IN_USE)
    purpose = rx.cond(_STATUS == "connected", in_use, PairingState.purpose)
    return rx.el.div(
        rx.el.div(
            rx.dialog.title(texts.TITLE, size="3", margin="0"),
            rx.dialog.description(rx.el.span(purpose, dir="auto"), size="2", class_name="secondary", margin="0"),
        ),
        rx.dialog.close(close_button()),
        class_name="question-header",
    )


def _picture() -> rx.Component:
    """The code, or what stands in its place."""
    return rx.match(  # pyright: ignore[reportReturnType]
        _STATUS,
        ("scan", rx.el.div(_code(), class_name="qr-box")),
        ("connected", rx.el.div(rx.icon("check", size=28), class_name="qr-box qr-done", aria_hidden="true")),
        ("connecting", _covered("", texts.CONNECTING_TITLE)),
        *((status, _covered(icon, words)) for status, (icon, words) in _COVERS.items()),
        rx.el.div(rx.spinner(size="3"), class_name="qr-box qr-empty"),
    )


def _code() -> rx.Component:
    return rx.html(PairingState.qr, role="img", aria_label=texts.QR_LABEL, class_name="qr-code")


def _covered(icon: str, words: str) -> rx.Component:
    again = word_button("refresh-cw", texts.NEW_CODE, on_click=PairingState.new_code)
    return rx.el.div(
        rx.html(PairingState.qr, aria_hidden="true", class_name="qr-code qr-faded"),
        rx.el.div(
            rx.icon(icon, size=24, aria_hidden="true") if icon else rx.spinner(size="3"),
            rx.el.p(words, class_name="semibold"),
            again if icon in {"timer-off", "smartphone"} else rx.fragment(),
            class_name="qr-cover",
        ),
        class_name="qr-box",
    )


def _beside() -> rx.Component:
    return rx.el.div(
        rx.match(
            _STATUS,
            ("connected", _account()),
            ("not_configured", _remark("circle-alert", texts.NOT_CONFIGURED_TEXT)),
            ("expired", rx.fragment(_steps(), _remark("circle-alert", texts.EXPIRED_TEXT))),
            ("refused", rx.fragment(_steps(), _remark("circle-alert", texts.REFUSED_TEXT))),
            ("unreachable", _remark("circle-alert", texts.UNREACHABLE_TEXT)),
            ("scan", rx.fragment(_steps(), _countdown())),
            ("connecting", rx.fragment(_steps(), _remark("smartphone", texts.CONNECTING_TEXT, ""))),
            _steps(),
        ),
        class_name="pairing-text",
    )


def _steps() -> rx.Component:
    return rx.el.ol(*(rx.el.li(rx.el.span(*_emphasised(step))) for step in texts.STEPS), class_name="steps")


def _emphasised(sentence: str) -> list[rx.Component | str]:
    parts = sentence.split("*")
    return [rx.el.b(part, class_name="medium") if place % 2 else part for place, part in enumerate(parts)]


def _countdown() -> rx.Component:
    ring = rx.el.span(
        class_name="ring",
        aria_hidden="true",
        custom_attrs={"style": rx.Var.create({"--left": f"{PairingState.left_percent}%"})},
    )
    return rx.el.div(
        ring,
        rx.el.span(f"{texts.NEW_CODE_IN} ", rx.el.b(PairingState.countdown, class_name="medium tabular")),
        role="timer",
        class_name="pairing-remark secondary",
    )


def _remark(icon: str, text: str, tone: str = "is-warning") -> rx.Component:
    return rx.el.div(
        rx.icon(icon, size=16, aria_hidden="true"), rx.el.span(text), class_name=f"pairing-remark {tone} secondary"
    )


def _by_sms() -> rx.Component:
    """For a campaign that waits and may go by SMS, as long as nothing connects."""
    button = by_sms_button(PairingState.by_sms, PairingState.send_by_sms, "pairing-by-sms")
    line = rx.el.div(rx.el.span(by_sms.OR, class_name="secondary"), button, class_name="pairing-by-sms")
    return rx.cond(
        (PairingState.by_sms != "") & (_STATUS != "connected") & (_STATUS != "connecting"),
        line,
    )


def _account() -> rx.Component:
    return rx.fragment(
        rx.el.div(rx.el.h3(texts.CONNECTED), rx.el.p(texts.CONNECTED_TEXT, class_name="secondary")),
        rx.el.dl(
            *_line(texts.ACCOUNT, PairingState.profile_name),
            *_line(texts.NUMBER, rx.el.bdi(PairingState.number, dir="ltr", class_name="tabular")),
            *_line(texts.CAMPAIGN, PairingState.title),
            class_name="summary",
        ),
    )


def _line(label: str, value: rx.Var[str] | rx.Component) -> tuple[rx.Component, ...]:
    dt, dd = rx.el.dt(label), rx.el.dd(value, dir="auto")
    return (dt, dd) if isinstance(value, rx.Component) else (rx.cond(value != "", dt), rx.cond(value != "", dd))


def _standing() -> rx.Component:
    """Read out when it changes; the countdown is not."""
    words = rx.match(
        _STATUS,
        ("scan", texts.WAITING),
        ("starting", texts.STARTING),
        ("connecting", texts.CONNECTING),
        ("unreachable", texts.TRYING_AGAIN),
        ("connected", texts.CONNECTED),
        ("expired", texts.EXPIRED),
        ("refused", texts.REFUSED),
        ("not_configured", texts.NOT_CONFIGURED),
        "",
    )
    works = (_STATUS == "scan") | (_STATUS == "starting") | (_STATUS == "connecting") | (_STATUS == "unreachable")
    # What has ended is written large beside it.
    look = rx.cond(works, "standing secondary", "visually-hidden")
    return rx.el.span(rx.cond(works, rx.spinner(size="1")), words, role="status", class_name=look)


def _disconnect() -> rx.Component:
    button = word_button(
        "unplug",
        texts.DISCONNECT,
        variant="ghost",
        color_scheme="gray",
        high_contrast=True,
        on_click=PairingState.ask_to_disconnect,
        class_name="disconnect",
    )
    return rx.cond(ShellState.may_edit_settings & (_STATUS == "connected"), button)


def _disconnect_question() -> rx.Component:
    keep = rx.button(texts.KEEP_CONNECTED, variant="surface", color_scheme="gray", high_contrast=True)
    disconnect = word_button("unplug", texts.DISCONNECT, color_scheme="red", on_click=PairingState.disconnect)
    return question(
        title=texts.DISCONNECT_TITLE,
        text=texts.DISCONNECT_QUESTION,
        footer=rx.fragment(rx.alert_dialog.cancel(keep), disconnect),
        is_open=PairingState.asks_to_disconnect,
        on_open_change=PairingState.keep_connected,
        on_appear=PairingState.forget,
        width="440px",
    )


def _close_button() -> rx.Component:
    # Nothing of the state in it: what the framework wraps around that would not take the focus.
    button = rx.button(texts.CANCEL, variant="surface", color_scheme="gray", high_contrast=True)
    done = rx.button(texts.CLOSE, variant="surface", color_scheme="gray", high_contrast=True)
    return rx.cond(_STATUS == "connected", rx.dialog.close(done), rx.dialog.close(button))
