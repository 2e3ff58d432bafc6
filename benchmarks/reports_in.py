"""`python -m benchmarks.reports_in`: delivery reports a second that the real web process checks and stores.

Twilio's callbacks come one by one over 64 connections, SendGrid's events in batches of 500 over 4. Each is signed, and
answered after its commit. What posts them is a client that does nothing else, with everything prepared beforehand; no
worker applies them meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import uvloop
from sqlmodel import col, func, select

from backend.database import reading
from backend.models import DeliveryEvent
from backend.providers.references import sign_reference
from backend.settings import get_settings
from backend.simulator.credentials import simulator_config
from backend.simulator.signatures import SendGridSigner, twilio_signature
from benchmarks import arguments
from benchmarks.arguments import Asked
from benchmarks.reports import Figure, show
from benchmarks.stages import DATABASE_NAMES, Database, Stage, cpu_s, pages_are_built, stage

CALLBACKS = 20_000
_EVENTS_A_CALLBACK = 5  # SendGrid's come that much faster
_CALLBACK_CONNECTIONS, _BATCH_CONNECTIONS = 64, 4
_EVENTS_A_BATCH = 500
_TWILIO, _SENDGRID = "/webhooks/twilio/status", "/webhooks/sendgrid/events"


def main() -> int:
    asked = arguments.read(recipients=CALLBACKS)
    if not pages_are_built():
        print("The pages are not built: run `python -m unisoft_ui.build` first", file=sys.stderr)
        return 1
    for database in asked.databases:
        title = f"Reports: {asked.recipients:,} callbacks, {asked.recipients * _EVENTS_A_CALLBACK:,} events of email"
        show(f"{title}, {DATABASE_NAMES[database]}", _measure(database, asked))
    return 0


def _measure(database: Database, asked: Asked) -> list[Figure]:
    with stage(database) as running:
        web = running.start_web()
        figures = _figures("Twilio's callbacks", asked, lambda: _callbacks(running, web, asked.recipients))
        figures += _figures("SendGrid's events", asked, lambda: _events(running, web, asked.recipients))
    return figures


def _figures(name: str, asked: Asked, act: Callable[[], tuple[float, float]]) -> list[Figure]:
    rates, costs = zip(*(act() for _ in range(asked.runs)), strict=True)
    return [
        Figure(name, "a second", rates),
        Figure(f"{name}: processor time of the web process", "µs each", costs),
    ]


def _callbacks(running: Stage, web: subprocess.Popen[bytes], number: int) -> tuple[float, float]:
    return _post_all(running, web, list(_signed_callbacks(number)), _CALLBACK_CONNECTIONS, number)


def _events(running: Stage, web: subprocess.Popen[bytes], callbacks: int) -> tuple[float, float]:
    batches = max(callbacks * _EVENTS_A_CALLBACK // _EVENTS_A_BATCH, 1)
    requests = list(_signed_batches(running, batches))
    return _post_all(running, web, requests, _BATCH_CONNECTIONS, batches * _EVENTS_A_BATCH)


def _post_all(
    running: Stage, web: subprocess.Popen[bytes], requests: list[bytes], connections: int, events: int
) -> tuple[float, float]:
    """Events a second and the web process's µs for each. Raises RuntimeError unless every one was stored."""
    stored, before_s = _stored(), cpu_s(web)
    took_s = uvloop.run(_post(running.web_port, requests, connections))
    used_s = cpu_s(web) - before_s
    if _stored() - stored != events:
        raise RuntimeError(f"{_stored() - stored} of {events} reports were stored")
    return events / took_s, used_s / events * 1e6


async def _post(port: int, requests: list[bytes], connections: int) -> float:
    waiting = iter(requests)
    started = time.perf_counter()
    await asyncio.gather(*(_connection(port, waiting) for _ in range(connections)))
    return time.perf_counter() - started


async def _connection(port: int, waiting: Iterator[bytes]) -> None:
    """One request after the other over one connection. Raises RuntimeError at an answer other than 204."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in waiting:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")  # a 204 has no body
        if not head.startswith(b"HTTP/1.1 204"):
            raise RuntimeError(head.decode())
    writer.close()
    await writer.wait_closed()


def _signed_callbacks(number: int) -> Iterator[bytes]:
    settings, run = get_settings(), secrets.token_hex(12)
    for index in range(number):
        path = f"{_TWILIO}?attempt={sign_reference(index + 1, settings.signing_key)}"
        sid = f"SM{index:08x}{run}"
        fields = {
            "ApiVersion": "2010-04-01",
            "AccountSid": settings.twilio_account_sid,
            "MessageSid": sid,
            "SmsSid": sid,
            "MessageStatus": "delivered",
            "SmsStatus": "delivered",
            "To": f"+336{index % 10**8:08d}",
            "From": settings.twilio_sms_from,
        }
        signature = twilio_signature(settings.twilio_auth_token, settings.origin + path, fields)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
        yield _request(path, headers, urlencode(fields).encode())


def _signed_batches(running: Stage, number: int) -> Iterator[bytes]:
    settings, run = get_settings(), secrets.token_hex(12)
    config = simulator_config(running.data_dir, settings.signing_key, settings.origin)
    signer, timestamp = SendGridSigner(config.sendgrid_private_key_pem), str(int(time.time()))
    for batch in range(number):
        first = batch * _EVENTS_A_BATCH
        body = json.dumps([_event(run, index) for index in range(first, first + _EVENTS_A_BATCH)]).encode()
        headers = {
            "Content-Type": "application/json",
            "X-Twilio-Email-Event-Webhook-Signature": signer.sign(timestamp, body),
            "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        }
        yield _request(_SENDGRID, headers, body)


def _event(run: str, index: int) -> dict[str, object]:
    return {
        "email": f"person{index}@example.org",
        "timestamp": int(time.time()),
        "event": "delivered",
        "response": "250 OK",
        "attempt": sign_reference(index + 1, get_settings().signing_key),
        "sg_event_id": f"{run}-{index}",
        "sg_message_id": f"{run}{index:08x}.recvd-simulator-1-{index:X}.0",
    }


def _request(path: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{get_settings().port}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _stored() -> int:
    with reading() as session:
        return session.exec(select(func.count(col(DeliveryEvent.id)))).one()


if __name__ == "__main__":
    sys.exit(main())
