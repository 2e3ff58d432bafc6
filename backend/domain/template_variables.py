"""Texts as values of variables in WhatsApp's approved templates."""

from __future__ import annotations

_ENDS = tuple(".,;:!?…")


def one_line(text: str) -> str:
    """The text as WhatsApp takes it there: without line breaks, tabs, and runs of spaces.

    A line that ends without a punctuation mark is set apart from the next by a dash. Source: Twilio's error 21656.
    """
    told = ""
    for line in filter(None, (" ".join(line.split()) for line in text.splitlines())):
        told += f"{'' if not told else ' ' if told.endswith(_ENDS) else ' – '}{line}"
    return told
