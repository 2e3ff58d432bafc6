"""A template as a small drawing: the order of its parts and its colour, without its words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

OUTLINED_LENGTH = 30_000
"""How much of the HTML is looked at: the drawing shows the beginning."""

_MOST_SHAPES = 8
_PART = re.compile(
    r"<(?P<tag>h[1-6]|p|li|img|hr|td|blockquote|a|div)\b(?P<attributes>[^>]*)>(?P<words>[^<]*)", re.IGNORECASE
)
_COLOUR = re.compile(r"(?:background(?:-color)?:|bgcolor=\")\s*(#[0-9a-f]{6}|#[0-9a-f]{3})\b", re.IGNORECASE)
_BLAND = 40  # how far the parts of a colour lie apart at least, of 255, for it to be more than a grey


class Shape(StrEnum):
    """A part of the drawing."""

    HEADING = "heading"
    IMAGE = "image"
    BUTTON = "button"
    RULE = "rule"
    LONG = "long"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class Outline:
    """`accent`: "#rrggbb", the first colour that is one; "" without any."""

    accent: str = ""
    shapes: tuple[Shape, ...] = ()


def outline_of(html: str) -> Outline:
    """The drawing of cleaned HTML."""
    beginning = html[:OUTLINED_LENGTH]
    shapes: list[Shape] = []
    for match in _PART.finditer(beginning):
        if shape := _shape(match["tag"].lower(), match["attributes"], match["words"].strip()):
            shapes.append(shape)
        if len(shapes) == _MOST_SHAPES:
            break
    return Outline(_accent(beginning), tuple(shapes))


def _shape(tag: str, attributes: str, words: str) -> Shape | None:
    if tag in {"img", "hr"}:
        return Shape.IMAGE if tag == "img" else Shape.RULE
    if "display:none" in attributes:
        return None
    if tag[0] == "h" or _is_large(attributes):
        return Shape.HEADING if words or tag[0] == "h" else None
    if tag == "a":
        return Shape.BUTTON if "background" in attributes else None
    if not words:
        return None
    return Shape.SHORT if len(words) < 40 else Shape.LONG


def _is_large(attributes: str) -> bool:
    size = re.search(r"font-size:(\d{2})px", attributes)
    return size is not None and int(size[1]) >= 22


def _accent(html: str) -> str:
    for match in _COLOUR.finditer(html):
        digits = match[1][1:]
        full = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
        parts = [int(full[place : place + 2], 16) for place in (0, 2, 4)]
        if max(parts) - min(parts) >= _BLAND:
            return f"#{full.lower()}"
    return ""
