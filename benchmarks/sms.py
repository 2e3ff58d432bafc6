"""`python -m benchmarks.sms`: recipients a second of the whole way of 20,000 SMS, and of the bare vendor's client.

From the commit of the validation until the campaign is done, with one worker and with two: wake-up, claims, rendering,
HTTP, results, counters and credits. Beside it a loop that does nothing but post the same messages with the vendor's
async client to the same simulator. Callbacks are off in both.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from aiohttp import ClientSession, TCPConnector
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from backend.services.demo import demo_contacts
from backend.settings import get_settings
from benchmarks import arguments
from benchmarks.arguments import Asked
from benchmarks.campaigns import add_contacts, send, sms_campaign
from benchmarks.reports import Figure, show
from benchmarks.stages import DATABASE_NAMES, Database, Stage, cpu_s, stage

RECIPIENTS = 20_000
# Requests that the bare loop has under way at once. More make it no faster.
CONCURRENCY = 256


def main() -> None:
    asked = arguments.read(recipients=RECIPIENTS)
    for database in asked.databases:
        figures = _measure(database, asked)
        show(f"SMS: {asked.recipients:,} recipients, {DATABASE_NAMES[database]}", figures)


def _measure(database: Database, asked: Asked) -> list[Figure]:
    number = asked.recipients
    one, two, bare = list[float](), list[float](), list[float]()
    worker_us, bare_us = list[float](), list[float]()
    with stage(database) as running:
        add_contacts(number)
        worker = running.start_worker()
        for _ in range(asked.runs):
            before_s = cpu_s(worker)
            one.append(_whole_way(running, number))
            worker_us.append((cpu_s(worker) - before_s) / number * 1e6)
            before_s = time.process_time()
            bare.append(number / asyncio.run(_bare(number)))
            bare_us.append((time.process_time() - before_s) / number * 1e6)
            running.control("DELETE", "messages")
        running.start_worker()
        two += [_whole_way(running, number) for _ in range(asked.runs)]
    shares = [ours / theirs * 100 for ours, theirs in zip(one, bare, strict=True)]
    return [
        Figure("whole way, one worker", "recipients/s", one),
        Figure("whole way, two workers", "recipients/s", two),
        Figure("bare client", "requests/s", bare),
        Figure("one worker, of the bare client", "%", shares),
        Figure("processor time of the one worker", "µs/recipient", worker_us),
        Figure("processor time of the bare client", "µs/request", bare_us),
    ]


def _whole_way(running: Stage, number: int) -> float:
    """Recipients a second of one campaign. Raises RuntimeError when somebody was sent to twice."""
    rate = number / send(sms_campaign(), number)
    if running.control("GET", "counts")["by_address_max"] != 1:
        raise RuntimeError("somebody was sent to twice")
    running.control("DELETE", "messages")
    return rate


async def _bare(number: int) -> float:
    """Post every message once; gives seconds."""
    settings = get_settings()
    http = AsyncTwilioHttpClient()
    if http.session:
        await http.session.close()
    http.session = ClientSession(connector=TCPConnector(limit=CONCURRENCY))
    client = Client(settings.twilio_account_sid, settings.twilio_auth_token, http_client=http)
    client.api.base_url = settings.twilio_api_url
    people = iter(list(demo_contacts(number)))
    started = time.perf_counter()
    await asyncio.gather(*(_post(client, people) for _ in range(CONCURRENCY)))
    took_s = time.perf_counter() - started
    await http.close()
    return took_s


async def _post(client: Client, people: Iterator[dict[str, str]]) -> None:
    settings = get_settings()
    for person in people:
        await client.messages.create_async(
            to=person["mobile_e164"],
            from_=settings.twilio_sms_from,
            body=f"Chers {person['first_name']}, l'office est avancé à 10h ce samedi. Merci de prévenir vos voisins.",
            status_callback=f"{settings.origin}/webhooks/twilio/status?attempt=1-benchmark",
        )


if __name__ == "__main__":
    main()
