"""Texts from outside, as both databases take them."""

from __future__ import annotations


def storable(text: str, longest: int | None = None) -> str:
    """The beginning of a text. Half an emoji has no UTF-8, and PostgreSQL keeps no NUL."""
    return text[:longest].encode(errors="replace").decode().replace("\0", "")
