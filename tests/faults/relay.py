"""A way to a provider that tests open and close while the provider itself goes on and remembers."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

_WITHIN_S = 10
_CHUNK_BYTES = 65_536


@contextlib.contextmanager
def relaying(port: int, origin: str) -> Iterator[None]:
    """Pass connections to 127.0.0.1:`port` on to `origin`. At the end all are cut, and the port refuses again."""
    relay = _Relay(port, origin)
    thread = threading.Thread(target=asyncio.run, args=(relay.run(),), daemon=True)
    thread.start()
    try:
        assert relay.opened.wait(_WITHIN_S), "the relay did not start"
        yield
    finally:
        relay.loop.call_soon_threadsafe(relay.ended.set)
        thread.join(_WITHIN_S)


class _Relay:
    def __init__(self, port: int, origin: str) -> None:
        self._port, self._host, self._to_port = port, urlsplit(origin).hostname, urlsplit(origin).port
        self.opened = threading.Event()

    async def run(self) -> None:
        self.loop, self.ended = asyncio.get_running_loop(), asyncio.Event()
        async with await asyncio.start_server(self._pass_on, "127.0.0.1", self._port, backlog=512):
            self.opened.set()
            await self.ended.wait()
        # Leaving `asyncio.run` cancels and awaits every connection that is left.

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward_reader, onward_writer = await asyncio.open_connection(self._host, self._to_port)
        try:
            await asyncio.gather(_copy(reader, onward_writer), _copy(onward_reader, writer))
        except OSError:
            pass  # one side went away
        finally:
            writer.transport.abort()
            onward_writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK_BYTES):
        writer.write(data)
        await writer.drain()
    writer.close()
