"""Answers, and the ways in which one can fail to arrive, written to the ASGI connection itself."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def read_body(receive: Receive) -> bytes:
    """The whole body of a request."""
    message = await receive()
    pieces = [message.get("body", b"")]
    while message.get("more_body"):
        message = await receive()
        pieces.append(message.get("body", b""))
    return b"".join(pieces)


async def answer(
    send: Send,
    status: int,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    content_type: bytes = b"application/json",
) -> None:
    """Send a whole answer."""
    lines = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    lines += [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


async def answer_json(send: Send, status: int, values: object, headers: Mapping[str, str] | None = None) -> None:
    """Send a whole JSON answer."""
    await answer(send, status, json.dumps(values).encode(), headers)


def retry_after(seconds: int) -> dict[str, str]:
    """The header of a 429; none for 0."""
    return {"Retry-After": str(seconds)} if seconds else {}


async def answer_taken(
    fault: str | None, send: Send, receive: Receive, body: bytes, *, error: object, nameless: object
) -> None:
    """Answer that a message was taken (201 and `body`), or in the way that hides it. `nameless`: without its id."""
    match fault:
        case "accepted_then_500":
            await answer_json(send, 500, error)
        case "silent":
            await wait_for_disconnect(receive)
        case "reset_after":
            await cut(send, receive)
        case "half_answer":
            await answer_half(send, receive, 201, body)
        case "bad_json":
            await answer(send, 201, b"<html>created</html>")
        case "missing_sid":
            await answer_json(send, 201, nameless)
        case _:
            await answer(send, 201, body)


async def answer_half(send: Send, receive: Receive, status: int, body: bytes) -> None:
    """Promise the whole body, send half of it, and cut the connection."""
    lines = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    await cut(send, receive)


async def cut(send: Send, receive: Receive) -> None:
    """Cut the connection where it is.

    ASGI has no word for that. uvicorn's `send` belongs to the object that holds the transport;
    under another server the answer ends with an exception, which closes the connection too.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionAbortedError("cut by the script")
    transport.abort()
    await wait_for_disconnect(receive)


async def wait_for_disconnect(receive: Receive) -> None:
    """Say nothing until the other side gives up."""
    while (await receive())["type"] != "http.disconnect":
        pass
