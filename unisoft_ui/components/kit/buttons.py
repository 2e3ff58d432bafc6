"""Buttons with an icon before their word."""

from __future__ import annotations

import reflex as rx

Word = rx.Component | rx.Var[str] | str


def word_button(icon: str, word: Word, **look: object) -> rx.Component:
    """What it does in a word, and a picture of it that is not read out."""
    return rx.button(rx.icon(icon, size=16, aria_hidden="true"), word, **look)


def quiet_button(icon: str, word: Word, **look: object) -> rx.Component:
    """The same in grey: one of several things that could be done."""
    return word_button(icon, word, variant="surface", color_scheme="gray", high_contrast=True, **look)
