"""How many SMS segments a text costs.

Source: GSM 03.38 alphabet and extension table; 160/153 septets, 70/67 UTF-16 units a segment.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM7 = _BASIC | _EXTENSION
_EXTENDED = re.compile("[" + re.escape("".join(_EXTENSION)) + "]")
_FIRST = "\ud800"  # stands for nothing else: half a character is in no text
_TWO = _FIRST + "."
_PAIRS = re.compile("[\U00010000-\U0010ffff]")
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
    if is_gsm7(text):
        units = len(text) + len(_EXTENDED.findall(text))
        if units <= _GSM7_SINGLE:
            return SegmentCount(Encoding.GSM7, 1 if units else 0, units)
        return SegmentCount(Encoding.GSM7, _packed(_EXTENDED.sub(_TWO, text), _GSM7_PART), units)
    units = len(text) + len(_PAIRS.findall(text))
    if units <= _UCS2_SINGLE:
        return SegmentCount(Encoding.UCS2, 1, units)
    return SegmentCount(Encoding.UCS2, _packed(_PAIRS.sub(_TWO, text), _UCS2_PART), units)


def is_gsm7(text: str) -> bool:
    """Whether a text needs no character outside GSM-7 and its extension."""
    return _GSM7.issuperset(text)


def _packed(units: str, part: int) -> int:
    """Segments needed when what takes two units may not be split between two of them."""
    segments, start = 0, 0
    while start < len(units):
        end = start + part
        start = end - 1 if units[end - 1 : end] == _FIRST and end < len(units) else end
        segments += 1
    return segments


def characters_forcing_ucs2(text: str) -> list[str]:
    """The distinct characters outside GSM-7, in order of appearance."""
    return list(dict.fromkeys(character for character in text if character not in _GSM7))


def room(encoding: Encoding, segments: int) -> int:
    """The units that a number of segments holds: 160, then 306, 459… in GSM-7."""
    single, part = (_GSM7_SINGLE, _GSM7_PART) if encoding is Encoding.GSM7 else (_UCS2_SINGLE, _UCS2_PART)
    return single if segments <= 1 else segments * part
