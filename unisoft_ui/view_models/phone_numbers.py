"""Phone numbers as people read them."""

from __future__ import annotations

_FRENCH = "+33"


def readable(e164: str) -> str:
    """Numbers of France in pairs, as they are read there; any other text as it is."""
    digits = e164.removeprefix(_FRENCH)
    if digits == e164 or len(digits) != 9:
        return e164
    return " ".join([_FRENCH, digits[0], *(digits[start : start + 2] for start in range(1, 9, 2))])
