"""Personal fields: `{{first_name}}` and its kin, filled in per recipient.

Not a template language: a whitelist of names, no logic, no nesting. A value is never scanned again,
so a contact named "{{last_name}}" stays that.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping

ALIASES = {"prenom": "first_name", "nom": "last_name", "prenomHE": "hebrew_first_name"}
CONTACT_FIELDS = ("first_name", "last_name", "hebrew_first_name", "full_name")
UNSUBSCRIBE = "mailing_unsubscribe"

_FIELD = re.compile(r"\{\{([^{}]*)\}\}")


def fields_in(text: str) -> list[str]:
    """The canonical names used in a text, each once, in order. Unknown names are kept as written."""
    return list(dict.fromkeys(_canonical(match) for match in _FIELD.findall(text)))


def unknown_fields(text: str, *, email: bool) -> list[str]:
    """Names that cannot be filled in; `mailing_unsubscribe` exists in emails only."""
    known = {*CONTACT_FIELDS, *([UNSUBSCRIBE] if email else [])}
    return [name for name in fields_in(text) if name not in known]


def values_for(first_name: str, last_name: str, hebrew_first_name: str) -> dict[str, str]:
    """Every contact field of one person. Control characters are dropped: they end up in headers and SMS."""
    first, last, hebrew = (_printable(name) for name in (first_name, last_name, hebrew_first_name))
    return {
        "first_name": first,
        "last_name": last,
        "hebrew_first_name": hebrew,
        "full_name": f"{first} {last}".strip(),
    }


def render_text(text: str, values: Mapping[str, str]) -> str:
    """Fill in plain text. A field without a value renders as nothing."""
    return _FIELD.sub(lambda match: values.get(_canonical(match[1]), ""), text)


def render_html(source: str, values: Mapping[str, str]) -> str:
    """Fill in HTML; values are escaped."""
    return _FIELD.sub(lambda match: html.escape(values.get(_canonical(match[1]), "")), source)


def replace_fields(source: str, replacement: Callable[[str], str]) -> str:
    """Replace every field by what `replacement` gives for its canonical name."""
    return _FIELD.sub(lambda match: replacement(_canonical(match[1])), source)


def _canonical(name: str) -> str:
    return ALIASES.get(name, name)


def _printable(name: str) -> str:
    """One printable line; what only separates words (a line break, a no-break space) becomes a space."""
    if not name.isprintable():  # hardly ever, and looking at each letter takes ten times as long
        name = "".join(" " if c.isspace() else c for c in name if c.isprintable() or c.isspace())
    return " ".join(name.split())
