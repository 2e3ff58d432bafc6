"""What recipients do with a message: they open it, and click something in it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

MOST_ADDRESSES = 100
"""How many addresses in the text of a campaign's emails are told apart: an address may hold a personal field."""

_LONGEST_URL = 2_000


class ClickedKind(StrEnum):
    """What was clicked: a link or file that goes with a campaign, or an address in the text of an email."""

    LINK = "link"
    FILE = "file"
    ADDRESS = "address"


class Clicked(NamedTuple):
    """One thing of a campaign. Links and files have an id; an address has its `url`, "" for all beyond the limit."""

    kind: ClickedKind
    item_id: int
    url: str = ""

    @property
    def sha256(self) -> str:
        """Of the address; "" where there is none. An index of addresses themselves would be too long."""
        return hashlib.sha256(self.url.encode()).hexdigest() if self.url else ""


OTHER_ADDRESSES = Clicked(ClickedKind.ADDRESS, 0)


class Reaction(NamedTuple):
    """A click of one recipient."""

    recipient_id: int
    clicked: Clicked


def clicked_by(url: object, known: Mapping[str, Clicked], origin: str) -> Clicked | None:
    """What a reported click was on; None for what is no click on the campaign's content.

    `known`: the campaign's links and files by address. Our own short links are counted when they are followed, and
    whoever unsubscribes is counted there.
    """
    if not isinstance(url, str):
        return None
    # Lone surrogates and control characters are in no database.
    plain = "".join(character for character in url if character.isprintable())[:_LONGEST_URL]
    if not plain or plain.startswith((f"{origin}/l/", f"{origin}/u/")):
        return None
    return known.get(plain) or Clicked(ClickedKind.ADDRESS, 0, plain)
