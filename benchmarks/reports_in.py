"""`python -m benchmarks.reports_in`: delivery reports a second that the real web process checks and stores.

Twilio's callbacks come one by one over 128 connections, SendGrid's events in batches of 500 over 8. Each is signed, and
answered after its commit. What posts them is a client that does nothing else, with everything prepared beforehand.

First no worker applies them. Then one does, and two: a campaign was sent by SMS and one by email, and everything that
the providers tell of it comes at once, until all of it has been applied. A tab with the list is open meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

import uvloop
from sqlmodel import col, delete, func, select

from backend.database import reading, unit_of_work
from backend.domain.channels import Medium
from backend.models import Attempt, DeliveryEvent, WaitingEvent
from backend.providers.references import sign_reference
from backend.services import proofs
from backend.settings import get_settings
from backend.simulator.credentials import simulator_config
from backend.simulator.signatures import SendGridSigner, twilio_signature
from benchmarks import arguments
from benchmarks.arguments import Asked
from benchmarks.campaigns import add_contacts, email_campaign, rename, send, sms_campaign
from benchmarks.live import Reader
from benchmarks.reports import Figure, show
from benchmarks.stages import DATABASE_NAMES, Database, Stage, cpu_s, pages_are_built, sign_in, stage
from benchmarks.tab import Tab

CALLBACKS = 20_000
_EVENTS_A_CALLBACK = 5  # SendGrid's come that much faster
_CALLBACK_CONNECTIONS, _BATCH_CONNECTIONS = 128, 8
_EVENTS_A_BATCH = 500
_WORDS = {Medium.SMS: ("sent", "delivered"), Medium.EMAIL: ("processed", "delivered", "open")}
_CHANGE_S, _SETTLED_S = 0.3, 2.0
_POLL_S = 0.02
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
        figures = _stored_only("Twilio's callbacks, stored", asked, lambda: _callbacks(running, web, asked.recipients))
        figures += _stored_only("SendGrid's events, stored", asked, lambda: _events(running, web, asked.recipients))
        _forget()
        cookie, people = sign_in(running.web_port), max(asked.recipients // 2, 1)
        add_contacts(people)
        workers: list[subprocess.Popen[bytes]] = []
        for name in ("one worker", "two workers"):
            workers.append(running.start_worker())
            for medium in (Medium.SMS, Medium.EMAIL):
                figures += _stored_and_applied(running, web, workers, cookie, name, medium, people, asked.runs)
    return figures


def _stored_only(name: str, asked: Asked, act: Callable[[], tuple[float, float]]) -> list[Figure]:
    rates, costs = zip(*(act() for _ in range(asked.runs)), strict=True)
    return [
        Figure(name, "a second", rates),
        Figure(f"{name}: processor time of the web process", "µs each", costs),
    ]


def _callbacks(running: Stage, web: subprocess.Popen[bytes], number: int) -> tuple[float, float]:
    told = list(_invented(number))
    return _post_all(running, web, list(_signed_callbacks(told)), _CALLBACK_CONNECTIONS, number)


def _events(running: Stage, web: subprocess.Popen[bytes], callbacks: int) -> tuple[float, float]:
    told = list(_invented(callbacks * _EVENTS_A_CALLBACK))
    return _post_all(running, web, list(_signed_batches(running, told)), _BATCH_CONNECTIONS, len(told))


class _Told(NamedTuple):
    attempt_id: int
    message_id: str
    word: str


def _invented(number: int) -> Iterator[_Told]:
    run = secrets.token_hex(12)
    return (_Told(index + 1, f"SM{index:08x}{run}", "delivered") for index in range(number))


def _stored_and_applied(
    running: Stage,
    web: subprocess.Popen[bytes],
    workers: list[subprocess.Popen[bytes]],
    cookie: str,
    with_workers: str,
    medium: Medium,
    people: int,
    runs: int,
) -> list[Figure]:
    rates, taken, by_web, by_workers, by_poster, delays = ([] for _ in range(6))
    for _ in range(runs):
        campaign_id = sms_campaign() if medium is Medium.SMS else email_campaign()
        send(campaign_id, people)
        told = list(_everything_told(campaign_id, medium))
        by_sms = medium is Medium.SMS
        requests = list(_signed_callbacks(told) if by_sms else _signed_batches(running, told))
        before = cpu_s(web), cpu_s(*workers)
        applied_s, posted_s, by_poster_s, seen_ms = uvloop.run(
            _post_beside_a_tab(
                running.web_port, cookie, requests, _CALLBACK_CONNECTIONS if by_sms else _BATCH_CONNECTIONS
            )
        )
        by_poster.append(by_poster_s / len(told) * 1e6)
        rates.append(len(told) / applied_s)
        taken.append(len(told) / posted_s)
        by_web.append((cpu_s(web) - before[0]) / len(told) * 1e6)
        by_workers.append((cpu_s(*workers) - before[1]) / len(told) * 1e6)
        delays.append(statistics.quantiles([0.0, *seen_ms], n=20)[-1])
        assert proofs.recount(campaign_id) == [], "the counters say something else than the recipients"
    what = "Twilio's callbacks" if medium is Medium.SMS else "SendGrid's events"
    name = f"{what}, {with_workers}"
    return [
        Figure(f"{name}: stored and applied", "a second", rates),
        Figure(f"{name}: answered meanwhile", "a second", taken),
        Figure(f"{name}: web process", "µs each", by_web),
        Figure(f"{name}: workers", "µs each", by_workers),
        Figure(f"{name}: what posts them", "µs each", by_poster),
        Figure(f"{name}: a change in the open list, 95th of 100", "ms", delays),
    ]


def _everything_told(campaign_id: int, medium: Medium) -> Iterator[_Told]:
    query = select(col(Attempt.id), col(Attempt.provider_message_id)).where(Attempt.campaign_id == campaign_id)
    with reading() as session:
        sent = session.exec(query).all()
    return (_Told(id_ or 0, message_id or "", word) for word in _WORDS[medium] for id_, message_id in sent)


async def _post_beside_a_tab(
    port: int, cookie: str, requests: list[bytes], connections: int
) -> tuple[float, float, float, list[float]]:
    """Seconds until all was applied, and until all was answered; processor seconds of posting; and milliseconds of
    changes to an open list: from their commit until they arrive.
    """
    reader, renamed = Reader(), sms_campaign()
    tab = Tab(get_settings().origin, cookie, reader.take)
    await tab.open()
    await asyncio.sleep(_SETTLED_S)
    seen_ms: list[float] = []
    started, used_s = time.perf_counter(), time.process_time()
    posting = asyncio.create_task(_post(port, requests, connections))
    applying = asyncio.create_task(_applied_s(posting, started))
    while not posting.done():
        await asyncio.sleep(_CHANGE_S)
        title = f"Change {uuid.uuid4().hex}"
        waiting = asyncio.create_task(reader.wait_for(title))
        committed = await asyncio.to_thread(rename, renamed, title)
        seen_ms.append((await waiting - committed) * 1000)
    used_s = time.process_time() - used_s
    applied_s = await applying
    await tab.close()  # may take its time
    return applied_s, await posting, used_s, seen_ms


async def _applied_s(posting: asyncio.Task[float], started: float) -> float:
    await posting
    await asyncio.to_thread(_wait_until_applied)
    return time.perf_counter() - started


def _wait_until_applied() -> None:
    while _unapplied():
        time.sleep(_POLL_S)


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


def _signed_callbacks(all_told: Sequence[_Told]) -> Iterator[bytes]:
    settings = get_settings()
    for told in all_told:
        path = f"{_TWILIO}?attempt={sign_reference(told.attempt_id, settings.signing_key)}"
        fields = {
            "ApiVersion": "2010-04-01",
            "AccountSid": settings.twilio_account_sid,
            "MessageSid": told.message_id,
            "SmsSid": told.message_id,
            "MessageStatus": told.word,
            "SmsStatus": told.word,
            "To": f"+336{told.attempt_id % 10**8:08d}",
            "From": settings.twilio_sms_from,
        }
        signature = twilio_signature(settings.twilio_auth_token, settings.origin + path, fields)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
        yield _request(path, headers, urlencode(fields).encode())


def _signed_batches(running: Stage, all_told: Sequence[_Told]) -> Iterator[bytes]:
    settings, run = get_settings(), secrets.token_hex(12)
    config = simulator_config(running.data_dir, settings.signing_key, settings.origin)
    signer, timestamp = SendGridSigner(config.sendgrid_private_key_pem), str(int(time.time()))
    for first in range(0, len(all_told), _EVENTS_A_BATCH):
        body = json.dumps([_event(run, told) for told in all_told[first : first + _EVENTS_A_BATCH]]).encode()
        headers = {
            "Content-Type": "application/json",
            "X-Twilio-Email-Event-Webhook-Signature": signer.sign(timestamp, body),
            "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        }
        yield _request(_SENDGRID, headers, body)


def _event(run: str, told: _Told) -> dict[str, object]:
    return {
        "email": f"person{told.attempt_id}@example.org",
        "timestamp": int(time.time()),
        "event": told.word,
        "response": "250 OK",
        "attempt": sign_reference(told.attempt_id, get_settings().signing_key),
        "sg_event_id": f"{run}-{told.attempt_id}-{told.word}",
        "sg_message_id": f"{run}{told.attempt_id:08x}.recvd-simulator-1-{told.attempt_id:X}.0",
    }


def _request(path: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{get_settings().port}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _stored() -> int:
    with reading() as session:
        return session.exec(select(func.count(col(DeliveryEvent.id)))).one()


def _unapplied() -> bool:
    with reading() as session:
        return session.exec(select(WaitingEvent.event_id).limit(1)).first() is not None


def _forget() -> None:
    """What nobody was sent shall not be applied with the rest."""
    with unit_of_work() as session:
        session.exec(delete(WaitingEvent))
        session.exec(delete(DeliveryEvent))


if __name__ == "__main__":
    sys.exit(main())
