"""Fields of chips, to which a search adds. The keys are those of a combobox; `assets/targets.js` listens to them."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.states.target_search import TargetSearchState
from unisoft_ui.states.targets import TargetsState
from unisoft_ui.texts import targets as texts
from unisoft_ui.view_models.target_tokens import Hit, Token

_LONGEST = 100


def token_field(
    field: str, label: str, placeholder: str, tokens: rx.Var[list[Token]], *, below: rx.Component | None = None
) -> rx.Component:
    """`field` is one of `FIELDS`. What is chosen is in the form by hidden inputs."""
    chips = rx.el.ul(rx.foreach(tokens, lambda token: _token(token, field)), aria_label=label, class_name="token-list")
    return rx.el.div(
        rx.el.div(label, class_name="field-label", aria_hidden="true"),
        rx.el.div(
            rx.cond(tokens.length() > 0, chips, rx.fragment()),
            _combobox(field, label, placeholder),
            _hits(field),
            class_name=f"tokens tokens-{field}",
        ),
        below or rx.fragment(),
        custom_attrs={"data-tokens": field},
        class_name="field",
    )


def _token(token: Token, field: str) -> rx.Component:
    return rx.el.li(
        rx.el.input(type="hidden", name=token.input, value=token.id),
        rx.cond(token.initials != "", rx.el.span(token.initials, class_name="token-avatar", aria_hidden="true")),
        rx.el.span(token.name, dir="auto", class_name="truncate"),
        rx.cond(token.count != "", rx.el.bdi(token.count, class_name="token-count tabular", dir="ltr")),
        rx.el.button(
            rx.icon("x", size=12, aria_hidden="true"),
            type="button",
            aria_label=token.spoken,
            on_click=TargetsState.remove(field, token.kind, token.id),
            class_name="token-remove",
        ),
        class_name=f"token token-of-{field}",
        key=f"{token.kind}-{token.id}",
    )


def _combobox(field: str, label: str, placeholder: str) -> rx.Component:
    is_open = TargetSearchState.field == field
    # Without name or id: what is looked for is no part of what the form sends.
    return rx.el.input(
        type="text",
        aria_label=label,
        role="combobox",
        placeholder=placeholder,
        max_length=_LONGEST,
        auto_complete="off",
        auto_correct="off",
        spell_check=False,
        enter_key_hint="done",
        dir="auto",
        aria_autocomplete="list",
        aria_expanded=rx.cond(is_open & (TargetSearchState.hits.length() > 0), "true", "false"),
        aria_controls=f"found-{field}",
        on_change=lambda text: TargetSearchState.search(field, text),
        on_blur=TargetSearchState.close,
        class_name="token-input",
    )


def _hits(field: str) -> rx.Component:
    is_open = TargetSearchState.field == field
    hits = rx.cond(is_open, rx.foreach(TargetSearchState.hits, lambda hit, place: _hit(hit, place, field)))
    nothing = is_open & (TargetSearchState.hits.length() == 0)
    return rx.fragment(
        rx.el.ul(hits, id=f"found-{field}", role="listbox", aria_label=texts.found(2)[2:], class_name="hits"),
        rx.cond(nothing, rx.el.p(texts.NOTHING_FOUND, class_name="hits-none small secondary", aria_hidden="true")),
        rx.el.span(rx.cond(is_open, TargetSearchState.found, ""), role="status", class_name="visually-hidden"),
        _for_script("hits-open", TargetSearchState.search(field, "")),
        _for_script("hits-close", TargetSearchState.close),
    )


def _for_script(name: str, event: rx.event.EventType) -> rx.Component:
    """What the page's script presses."""
    return rx.el.button(type="button", hidden=True, tab_index=-1, on_click=event, class_name=name)


def _hit(hit: Hit, place: rx.Var[int], field: str) -> rx.Component:
    is_contact = hit.kind == "contact"
    return rx.el.li(
        rx.cond(is_contact, rx.el.span(hit.initials, class_name="token-avatar", aria_hidden="true")),
        rx.cond(is_contact, rx.fragment(), rx.icon("tag", size=14, aria_hidden="true")),
        rx.el.span(hit.name, dir="auto", class_name="truncate"),
        rx.el.bdi(hit.detail, class_name="secondary small truncate hit-detail"),
        id=f"found-{field}-{place}",
        role="option",
        aria_selected="false",
        on_click=TargetSearchState.choose(field, hit.kind, hit.id),
        class_name="hit",
        key=f"{hit.kind}-{hit.id}",
    )
