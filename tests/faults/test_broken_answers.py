"""What an answer of SendGrid may look like on the wire: taken, refused or unknown, and never an error of ours."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from backend.domain.channels import Medium
from backend.providers import open_sender
from backend.providers.base import Batch, EmailContent, OutboundMessage, SendResult, Verdict
from backend.simulator.serving import RunningSimulator, running_simulator

_CONTENT = EmailContent("Subject", "<p>Text</p>", "Text")
_TAKEN = b"HTTP/1.1 202 Accepted\r\nX-Message-Id: abc\r\nContent-Length: 0\r\n\r\n"
_CHUNKED = b"HTTP/1.1 202 Accepted\r\nX-Message-Id: abc\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
_HTML = b"Content-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>"
_REFUSAL = b'{"errors": [{"message": "bad", "field": "personalizations.1.to.0.email"}]}'
_REFUSED = b"HTTP/1.1 400 Bad\r\nContent-Length: %d\r\n\r\n%s" % (len(_REFUSAL), _REFUSAL)
_WITHIN_S = 5


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    """Only its credentials are used."""
    folder: Path = tmp_path_factory.mktemp("answers")
    with running_simulator(folder) as running:
        yield running


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        pytest.param([bytes([byte]) for byte in _TAKEN], Verdict.ACCEPTED, id="byte by byte"),
        pytest.param([b"HTTP/1.1 100 Continue\r\n\r\n", _TAKEN], Verdict.ACCEPTED, id="100 first"),
        pytest.param([_CHUNKED], Verdict.ACCEPTED, id="chunked"),
        pytest.param([_TAKEN.replace(b"Length: 0", b"Length: 9")], Verdict.UNKNOWN, id="length too long"),
        pytest.param([_TAKEN[:30]], Verdict.UNKNOWN, id="cut in the head"),
        pytest.param([_TAKEN.replace(b"202", b"200")], Verdict.UNKNOWN, id="not a 202"),
        pytest.param([b"nonsense\r\n\r\n"], Verdict.UNKNOWN, id="not HTTP"),
        pytest.param([b"HTTP/1.1 502 Bad\r\n" + _HTML], Verdict.UNKNOWN, id="HTML 502"),
        pytest.param([b"HTTP/1.1 413 Big\r\n" + _HTML], Verdict.MISCONFIGURED, id="HTML 413"),
        pytest.param([b"HTTP/1.1 400 Bad\r\n" + _HTML], Verdict.MISCONFIGURED, id="HTML 400"),
        pytest.param([_REFUSED[:-20]], Verdict.UNKNOWN, id="half a refusal"),
        pytest.param([], Verdict.UNKNOWN, id="closed without a word"),
    ],
)
def test_a_batch_gets_one_verdict_from_whatever_comes(
    simulator: RunningSimulator, parts: list[bytes], verdict: Verdict
) -> None:
    began = time.monotonic()
    results, requests = asyncio.run(_send(simulator, parts))
    assert {result.verdict for result in results} == {verdict}
    assert requests == 1, "nothing is sent again"
    assert time.monotonic() - began < _WITHIN_S


async def _send(simulator: RunningSimulator, parts: list[bytes]) -> tuple[list[SendResult], int]:
    messages = [OutboundMessage(f"{number}-ref", f"person{number}@example.org") for number in range(20)]
    async with _answering(parts) as (origin, requests):
        sender = open_sender(simulator.settings(sendgrid_api_url=origin, provider_timeout_s=2), Medium.EMAIL)
        try:
            return await sender.send(Batch(messages, _CONTENT)), len(requests)
        finally:
            await sender.aclose()


@contextlib.asynccontextmanager
async def _answering(parts: list[bytes]) -> AsyncIterator[tuple[str, list[bytes]]]:
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError), contextlib.closing(writer):
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]))
            requests.append(head)
            for part in parts:
                writer.write(part)
                await writer.drain()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", requests
    finally:
        server.close()
