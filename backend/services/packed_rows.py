"""Many rows in little memory, from when they are computed until they are written."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

_PACK = 1_000
_FAST = 1


class PackedRows:
    """Rows of texts, numbers and nothing, packed by the thousand; read in their order, as lists, as often as asked.

    A recipient takes some 50 bytes, a tenth of what it takes as a tuple. They stay in memory because a file would hold
    people's addresses, and its disk may be full.
    """

    def __init__(self) -> None:
        self._packs: list[bytes] = []
        self._loose: list[Sequence[Any]] = []

    def append(self, row: Sequence[Any]) -> None:
        """Keep a row. What is a kind of text, such as a status, becomes a text."""
        self._loose.append(row)
        if len(self._loose) == _PACK:
            self._packs.append(_packed(self._loose))
            self._loose.clear()

    def __iter__(self) -> Iterator[list[Any]]:
        for pack in (*self._packs, _packed(self._loose)):
            yield from json.loads(zlib.decompress(pack))


def _packed(rows: list[Sequence[Any]]) -> bytes:
    return zlib.compress(json.dumps(rows).encode(), _FAST)
