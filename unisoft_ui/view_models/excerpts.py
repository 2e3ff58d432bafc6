"""Shortened texts, and the searched words marked in them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from backend.domain.search import matches

ELLIPSIS = "…"
_JOINER = "\u200d"
_MODIFIERS = range(0x1F3FB, 0x1F400)  # skin tones
_FLAGS = range(0x1F1E6, 0x1F200)  # regional indicators: two of them make a flag


@dataclass(frozen=True)
class Part:
    """A piece of a text; `marked` when it is what was searched for."""

    text: str
    marked: bool = False


def cut(text: str, length: int) -> str:
    """The first `length` characters and "…"; the text itself when it is no longer.

    Never ends inside what a reader sees as one character: a letter and its marks, a joined emoji, a flag.
    """
    if len(text) <= length:
        return text
    end = length
    while end > 0 and not _may_break(text, end):
        end -= 1
    return text[: end or length].rstrip() + ELLIPSIS


def marked_parts(text: str, words: list[str]) -> list[Part]:
    """The text in pieces, with `words` (folded) marked; found words with only a space between make one piece."""
    parts: list[Part] = []
    done = 0
    for start, end in _joined(text, matches(text, words)):
        parts += [Part(text[done:start]), Part(text[start:end], marked=True)]
        done = end
    return [part for part in (*parts, Part(text[done:])) if part.text]


def _joined(text: str, found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in found:
        if joined and not text[joined[-1][1] : start].strip():
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _may_break(text: str, index: int) -> bool:
    before, after = text[index - 1], text[index]
    if _JOINER in {before, after} or _extends(after):
        return False
    return not (_is_flag(after) and _flags_before(text, index) % 2)


def _extends(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Me", "Mc"} or ord(character) in _MODIFIERS


def _is_flag(character: str) -> bool:
    return ord(character) in _FLAGS


def _flags_before(text: str, index: int) -> int:
    start = index
    while start and _is_flag(text[start - 1]):
        start -= 1
    return index - start
