"""Sign in: a plain HTML form.

No state: it works before, and without, the socket. `assets/login.js` sends it in place, so that a refusal keeps what
was typed, shows the sentence of an error, and shows or hides the password.
"""

from __future__ import annotations

import reflex as rx

from unisoft_ui import routes
from unisoft_ui.components.kit.brand import brand_mark
from unisoft_ui.components.kit.html_form import html_form
from unisoft_ui.components.login_art import login_art
from unisoft_ui.texts import en


def login_page() -> rx.Component:
    return rx.el.main(
        rx.el.div(
            rx.el.div(brand_mark(), rx.el.span(en.PRODUCT), class_name="brand login-brand"),
            _form(),
            class_name="login-side",
        ),
        login_art(),
        rx.el.script(src="/login.js", defer=True),
        class_name="login",
    )


def _form() -> rx.Component:
    return html_form(
        rx.el.div(
            rx.el.h1(en.LOGIN_TITLE, class_name="login-title"),
            rx.el.p(en.LOGIN_SUBTITLE, class_name="secondary"),
        ),
        _errors(),
        _email(),
        _password(),
        rx.el.label(
            rx.checkbox(name="remember", size="2", custom_attrs={"aria-label": en.LOGIN_REMEMBER}),
            en.LOGIN_REMEMBER,
            class_name="check-row",
        ),
        rx.el.input(type="hidden", name="next"),
        rx.button(en.LOGIN_SUBMIT, type="submit", size="3", width="100%"),
        action=routes.SIGN_IN,
        class_name="login-form",
        data_sign_in="",
    )


def _errors() -> rx.Component:
    return rx.el.div(
        *(
            rx.el.div(
                rx.icon("circle-x", size=16, aria_hidden="true"),
                rx.el.span(sentence),
                hidden=True,
                class_name="form-error",
                custom_attrs={"data-error": code},
            )
            for code, sentence in en.LOGIN_ERRORS.items()
        ),
        role="alert",
        id="sign-in-error",
    )


def _email() -> rx.Component:
    return rx.el.div(
        rx.el.label(en.LOGIN_EMAIL, html_for="email", class_name="field-label"),
        rx.el.input(
            id="email",
            name="email",
            type="email",
            required=True,
            auto_complete="username",
            max_length=254,
            class_name="text-input",
            custom_attrs={"autocapitalize": "none", "spellcheck": "false"},
        ),
    )


def _password() -> rx.Component:
    return rx.el.div(
        rx.el.label(en.LOGIN_PASSWORD, html_for="password", class_name="field-label"),
        rx.el.div(
            rx.el.input(
                id="password",
                name="password",
                type="password",
                required=True,
                auto_complete="current-password",
                max_length=128,
                class_name="text-input",
            ),
            rx.el.button(
                rx.icon("eye", size=16, aria_hidden="true", class_name="when-off"),
                rx.icon("eye-off", size=16, aria_hidden="true", class_name="when-on"),
                type="button",
                class_name="reveal",
                aria_label=en.LOGIN_SHOW_PASSWORD,
                aria_controls="password",
                custom_attrs={
                    "data-reveal": "",
                    "data-show": en.LOGIN_SHOW_PASSWORD,
                    "data-hide": en.LOGIN_HIDE_PASSWORD,
                },
            ),
            class_name="password-field",
        ),
    )
