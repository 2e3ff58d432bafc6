"""How many SMS segments a text costs.

Source: GSM 03.38 alphabet and extension table; 160/153 septets, 70/67 UTF-16 units a segment.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM7 = _BASIC | _EXTENSION
_GSM7_SINGLE, _GSM7_PART = 160, 153
_UCS2_SINGLE, _UCS2_PART = 70, 67


class Encoding(StrEnum):
    """The alphabet a text travels in."""

    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


class SegmentCount(NamedTuple):
    """`units` are septets for GSM-7 and UTF-16 code units for UCS-2."""

    encoding: Encoding
    segments: int
    units: int


def count_segments(text: str) -> SegmentCount:
    """Count the segments of a text as it will be sent, after personal fields. Empty text: 0 segments."""
    if _GSM7.issuperset(text):
        units = len(text) + sum(text.count(character) for character in _EXTENSION)
        if units <= _GSM7_SINGLE:
            return SegmentCount(Encoding.GSM7, 1 if units else 0, units)
        return SegmentCount(Encoding.GSM7, _packed(_gsm7_widths(text), _GSM7_PART), units)
    units = len(text) + sum(character > "\uffff" for character in text)
    if units <= _UCS2_SINGLE:
        return SegmentCount(Encoding.UCS2, 1, units)
    return SegmentCount(Encoding.UCS2, _packed([2 if c > "\uffff" else 1 for c in text], _UCS2_PART), units)


def _gsm7_widths(text: str) -> list[int]:
    return [2 if character in _EXTENSION else 1 for character in text]


def _packed(widths: list[int], part: int) -> int:
    """Segments needed when a two-unit character may not be split between two of them."""
    segments, used = 1, 0
    for width in widths:
        if used + width > part:
            segments, used = segments + 1, 0
        used += width
    return segments


def characters_forcing_ucs2(text: str) -> list[str]:
    """The distinct characters outside GSM-7, in order of appearance."""
    return list(dict.fromkeys(character for character in text if character not in _GSM7))
