"""What a text can say instead, so that its SMS travel in GSM-7.

Only what reads the same is offered: "fête" as "fete", but no letter of another script as a Latin one, and no emoji as
nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backend.domain.segments import is_gsm7

_JOINER = "\u200d"
_INVISIBLE = "\u00ad\u200b\u200c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_LIKE_QUOTE = "“”„‟«»″"
_LIKE_APOSTROPHE = "‘’‚‛‹›′ʼʹ`´"
_LIKE_DASH = "‐‑‒–—―−⁃•‣◦▪●"
_LIKE_SPACE = "\t\u2028\u2029"

# What decomposing a character does not find, or would find badly.
_BY_HAND: Mapping[str, str] = {
    **dict.fromkeys(_INVISIBLE + _JOINER, ""),
    **dict.fromkeys(_LIKE_QUOTE, '"'),
    **dict.fromkeys(_LIKE_APOSTROPHE, "'"),
    **dict.fromkeys(_LIKE_DASH, "-"),
    **dict.fromkeys(_LIKE_SPACE, " "),
    "œ": "oe",
    "Œ": "OE",
    "ç": "c",
    "ĳ": "ij",
    "Ĳ": "IJ",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ð": "d",
    "Ð": "D",
    "þ": "th",
    "Þ": "Th",
    "ı": "i",
    "ħ": "h",
    "ẞ": "SS",
    "…": "...",
    "·": ".",
    "⁄": "/",
    "∕": "/",
    "×": "x",
    "→": "->",
    "←": "<-",
    "≤": "<=",
    "≥": ">=",
    "©": "(c)",
    "®": "(R)",
    "™": "TM",
    "№": "No",
}


@dataclass(frozen=True, slots=True)
class Forcing:
    """What makes a text travel in UCS-2: a character with its marks. `replacement`: None where nothing reads alike."""

    written: str
    times: int
    replacement: str | None


def forcing_ucs2(text: str) -> list[Forcing]:
    """Everything outside GSM-7, each once, in order of appearance."""
    counted = Counter(cluster for cluster in _clusters(text) if not is_gsm7(cluster))
    return [Forcing(cluster, times, _replacement(cluster)) for cluster, times in counted.items()]


def gsm7_replacements(text: str) -> dict[str, str]:
    """What is outside GSM-7 and can be said in it. When that is all of it, the text replaced is GSM-7."""
    return {each.written: each.replacement for each in forcing_ucs2(text) if each.replacement is not None}


def replaced(text: str, replacements: Mapping[str, str]) -> str:
    """The text with every key replaced at once, the longest first."""
    keys = sorted(filter(None, replacements), key=len, reverse=True)
    if not keys:
        return text
    return re.sub("|".join(map(re.escape, keys)), lambda found: replacements[found[0]], text)


def _clusters(text: str) -> Iterator[str]:
    """Characters with the marks that belong to them: an accent typed as two, an emoji of several parts."""
    cluster = ""
    for character in text:
        if cluster and (_is_mark(character) or _goes_on(cluster, character)):
            cluster += character
            continue
        yield from [cluster] if cluster else []
        cluster = character
    yield from [cluster] if cluster else []


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Me"} or "\U0001f3fb" <= character <= "\U0001f3ff"


def _goes_on(cluster: str, character: str) -> bool:
    """A joiner joins pictures and nothing else."""
    if character == _JOINER:
        return unicodedata.category(cluster[0]) == "So"
    return cluster[-1] == _JOINER and len(cluster) > 1


def _replacement(cluster: str) -> str | None:
    composed = unicodedata.normalize("NFC", cluster)
    said = [_said(character) for character in composed]
    return None if None in said else "".join(each or "" for each in said)


def _said(character: str) -> str | None:
    if is_gsm7(character):
        return character
    if character in _BY_HAND:
        return _BY_HAND[character]
    if _is_mark(character):
        return None
    if unicodedata.category(character) == "Zs":
        return " "
    parts = [c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c)]
    plain = "".join(_BY_HAND.get(c, c) for c in parts)
    return plain if plain.strip() and is_gsm7(plain) else None
