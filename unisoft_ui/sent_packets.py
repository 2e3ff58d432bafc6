"""What was sent to a tab is let go of.

python-engineio 4 keeps the last packet of each socket, twice over, until there is another one: for a tab that shows a
list that is most of what it costs.
"""

from __future__ import annotations

from typing import Any

from engineio.async_socket import AsyncSocket

_poll = AsyncSocket.poll


def install() -> None:
    """Make the sockets of this process forget what they have sent."""
    AsyncSocket.poll = _poll_once


class _Once:
    """A packet that can be encoded one time: whoever still holds it holds nothing."""

    __slots__ = ("_packet",)

    def __init__(self, packet: Any) -> None:
        self._packet: Any = packet

    def encode(self) -> str | bytes:
        packet, self._packet = self._packet, None
        return packet.encode()


async def _poll_once(socket: AsyncSocket) -> list[Any]:
    return [_Once(packet) for packet in await _poll(socket)]
