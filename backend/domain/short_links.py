"""The codes of short links. A code carries what it leads to, for whom, and our signature: nothing is stored for it.

119 bits in base62: 1 for the kind, 31 for the item, 31 for the recipient, 56 of an HMAC-SHA-256. Always 20
characters, all of them letters and digits of GSM-7, so that an SMS can be measured before its recipients exist.
"""

from __future__ import annotations

import hmac
from enum import StrEnum
from typing import NamedTuple

from backend.signing import sign

CODE_LENGTH = 20
NOBODY = 0
"""In place of a recipient, where a message is only tried out."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_ID_BITS, _SIGNATURE_BYTES = 31, 7


class ItemKind(StrEnum):
    """What a short link leads to."""

    LINK = "link"
    FILE = "file"


class ShortLink(NamedTuple):
    """`item_id` is that of a campaign's link or file; `recipient_id` is `NOBODY` in a trial."""

    kind: ItemKind
    item_id: int
    recipient_id: int


def code_of(link: ShortLink, key: str) -> str:
    """The code of a link, the same each time.

    Raises:
        ValueError: an id that does not fit.
    """
    if not all(0 <= number < 1 << _ID_BITS for number in link[1:]):
        raise ValueError("an id of a short link has 31 bits")
    carried = (int(link.kind is ItemKind.FILE) << _ID_BITS | link.item_id) << _ID_BITS | link.recipient_id
    value = carried << 8 * _SIGNATURE_BYTES | _signature(carried, key)
    digits = []
    for _ in range(CODE_LENGTH):
        value, digit = divmod(value, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def read_code(code: str, key: str) -> ShortLink | None:
    """What a code stands for; None when it is not ours."""
    if len(code) != CODE_LENGTH or not all(character in _VALUES for character in code):
        return None
    value = 0
    for character in code:
        value = value * len(_ALPHABET) + _VALUES[character]
    carried, ids = value >> 8 * _SIGNATURE_BYTES, (1 << _ID_BITS) - 1
    if carried >> 2 * _ID_BITS > 1:
        return None
    kind = ItemKind.FILE if carried >> 2 * _ID_BITS else ItemKind.LINK
    found = ShortLink(kind, carried >> _ID_BITS & ids, carried & ids)
    return found if hmac.compare_digest(code_of(found, key).encode(), code.encode()) else None


def _signature(carried: int, key: str) -> int:
    return int.from_bytes(sign(key, f"short:{carried}")[:_SIGNATURE_BYTES])
