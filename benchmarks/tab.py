"""A browser tab that shows the list of campaigns, as far as the server can tell."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import socketio

_PATH = "/app/messages/campagnes"


class Tab:
    """One websocket. `on_delta` is given whatever the server sends, as it came."""

    def __init__(self, origin: str, cookie: str, on_delta: Callable[[Any], None]) -> None:
        self._origin, self._cookie = origin, cookie
        self._client = socketio.AsyncClient(reconnection=False)
        self._client.on("event", on_delta, namespace="/_event")

    async def open(self) -> None:
        """Connect, and ask for what a page asks for when it loads."""
        await self._client.connect(
            f"{self._origin}?token={uuid.uuid4()}",
            headers={"Cookie": self._cookie, "Origin": self._origin},
            socketio_path="/_event",
            namespaces=["/_event"],
            transports=["websocket"],
            wait_timeout=30,
        )
        await self._emit("reflex___state____state.hydrate")
        await self._emit("reflex___state____state.reflex___state____on_load_internal_state.on_load_internal")

    async def _emit(self, name: str) -> None:
        router = {"pathname": _PATH, "asPath": _PATH, "query": {}}
        await self._client.emit("event", {"name": name, "payload": {}, "router_data": router}, namespace="/_event")

    async def close(self) -> None:
        """Leave, as a closed tab does."""
        await self._client.disconnect()
