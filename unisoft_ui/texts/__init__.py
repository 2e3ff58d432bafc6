"""User-facing sentences. English for now; a language is a module with the same names."""

from __future__ import annotations

from backend.domain import written_amounts
from backend.errors import AppError
from unisoft_ui.texts import en

LANGUAGE = "en"
"""Of the pages: what their words are written in, and with them numbers and amounts."""


def error_sentence(error: AppError) -> str:
    """The sentence for an error's code; an unknown code falls back to that of its kind."""
    kinds = [error.code, *(kind.code for kind in type(error).__mro__ if issubclass(kind, AppError))]
    template = next((en.ERRORS[code] for code in kinds if code in en.ERRORS), en.ERRORS["invalid_input"])
    try:
        return template.format_map(error.details)
    except (KeyError, ValueError):
        return template


def simulated_sentence(providers: str) -> str:
    """What is said while providers (comma-separated names) are simulated; "" when none that carries messages is."""
    media = [word for name, word in en.SIMULATED_MEDIA.items() if name in providers.split(",")]
    if len(media) == len(en.SIMULATED_MEDIA):
        return en.SIMULATED_ALL
    return en.SIMULATED_SOME.format(media=", ".join(media)) if media else ""


def number(value: int, language: str = LANGUAGE) -> str:
    """1250 → "1,250"."""
    return written_amounts.number(value, language)


def initials(name: str) -> str:
    """Two letters for an avatar: "Beth Shalom" → "BS"."""
    words = [word for word in name.replace("@", " ").split() if word]
    return "".join(word[0] for word in words[:2]).upper()
