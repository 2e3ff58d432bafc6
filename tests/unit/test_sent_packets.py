"""What was sent to a tab is not kept by its socket."""

from __future__ import annotations

import asyncio
import gc
import weakref
from types import SimpleNamespace
from typing import Any

import pytest
from engineio.async_socket import AsyncSocket
from engineio.packet import MESSAGE, Packet

from unisoft_ui import sent_packets


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AsyncSocket, "poll", AsyncSocket.poll)  # as it was, afterwards
    sent_packets.install()


def socket() -> AsyncSocket:
    server: Any = SimpleNamespace(
        create_queue=asyncio.Queue, ping_interval=60, ping_timeout=60, QueueEmpty=asyncio.QueueEmpty
    )
    return AsyncSocket(server, "one")


def test_packets_arrive_in_order_and_as_they_are() -> None:
    async def sent() -> list[Any]:
        opened = socket()
        for text in ("first", "second"):
            await opened.queue.put(Packet(MESSAGE, data=text))
        return [packet.encode() for packet in await opened.poll()]

    assert asyncio.run(sent()) == ["4first", "4second"]


def test_whoever_holds_what_was_sent_holds_no_message() -> None:
    async def held() -> Packet | None:
        opened, packet = socket(), Packet(MESSAGE, data="a long list")
        known = weakref.ref(packet)
        await opened.queue.put(packet)
        del packet
        sent = await opened.poll()
        assert [one.encode() for one in sent] == ["4a long list"]
        gc.collect()
        return known()

    assert asyncio.run(held()) is None


def test_a_closed_socket_has_nothing_to_send() -> None:
    async def sent() -> list[Any]:
        opened = socket()
        await opened.queue.put(None)
        return await opened.poll()

    assert asyncio.run(sent()) == []
