"""Looking for one contact: what is searched of it, and what is looked for."""

from __future__ import annotations

import re

from backend.domain.search import fold, search_words

SEARCH_LENGTH = 600
_NUMBER = re.compile(r"[\s\d.()/+-]+")
_FEWEST_DIGITS = 2


def searched_text(
    first_name: str, last_name: str, hebrew_first_name: str, email: str | None, mobile_e164: str | None
) -> str:
    """Everything a contact is found by, folded: stored in `Contact.search_text`."""
    parts = (first_name, last_name, hebrew_first_name, email or "", mobile_e164 or "")
    return fold(" ".join(part for part in parts if part))[:SEARCH_LENGTH]


def looked_for(text: str) -> list[str]:
    """The folded words to be found, every one of them. A telephone number is one word, as numbers are stored.

    "06 12 34" and "+33 (0)6 12 34" are both found in "+33612…".
    """
    number = text.strip()
    if _NUMBER.fullmatch(number):
        digits = "".join(filter(str.isdecimal, number.replace("(0)", ""))).lstrip("0")
        return [digits] if len(digits) >= _FEWEST_DIGITS else []
    return search_words(text)
