"""`python -m benchmarks.sms`: recipients a second of the whole way of 20,000 SMS, and of the bare vendor's client.

From the commit of the validation until the campaign is done, on SQLite with one worker: wake-up, claims, rendering,
HTTP, results, counters and credits. Beside it a loop that does nothing but post the same messages with the vendor's
async client, as many at a time, to the same simulator. Callbacks are off in both.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from aiohttp import ClientSession, TCPConnector
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from backend.actors.broker import DRAINS_PER_CAMPAIGN
from backend.providers.twilio import sender
from backend.services import sending
from backend.services.demo import demo_contacts
from backend.settings import get_settings
from benchmarks.campaigns import add_contacts, send, sms_campaign
from benchmarks.reports import Figure, show
from benchmarks.stages import cpu_s, stage

RECIPIENTS, RUNS = 20_000, 3
# As many as the engine has under way for one campaign.
CONCURRENCY = DRAINS_PER_CAMPAIGN * sending._LANES * sender._BATCH_SIZE  # noqa: SLF001 - the same on purpose


async def _bare() -> float:
    """Post every message once; gives seconds."""
    settings = get_settings()
    http = AsyncTwilioHttpClient()
    if http.session:
        await http.session.close()
    http.session = ClientSession(connector=TCPConnector(limit=CONCURRENCY))
    client = Client(settings.twilio_account_sid, settings.twilio_auth_token, http_client=http)
    client.api.base_url = settings.twilio_api_url
    people = iter(list(demo_contacts(RECIPIENTS)))
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


def main() -> None:
    whole: list[float] = []
    bare: list[float] = []
    costs: dict[str, list[float]] = {"worker": [], "bare": []}
    with stage() as running:
        add_contacts(RECIPIENTS)
        worker = running.start_worker()
        for _ in range(RUNS):
            before_s = cpu_s(worker)
            whole.append(RECIPIENTS / send(sms_campaign(), RECIPIENTS))
            costs["worker"].append((cpu_s(worker) - before_s) / RECIPIENTS * 1e6)
            if running.control("GET", "counts")["by_address_max"] != 1:
                raise RuntimeError("somebody was sent to twice")
            running.control("DELETE", "messages")
            before_s = time.process_time()
            bare.append(RECIPIENTS / asyncio.run(_bare()))
            costs["bare"].append((time.process_time() - before_s) / RECIPIENTS * 1e6)
            running.control("DELETE", "messages")
    shares = [ours / theirs * 100 for ours, theirs in zip(whole, bare, strict=True)]
    show(
        f"SMS: {RECIPIENTS:,} recipients, {CONCURRENCY} at a time, SQLite, one worker",
        [
            Figure("whole way", "recipients/s", whole),
            Figure("bare client", "requests/s", bare),
            Figure("whole way, of the bare client", "%", shares),
            Figure("processor time of the worker", "µs/recipient", costs["worker"]),
            Figure("processor time of the bare client", "µs/request", costs["bare"]),
        ],
    )


if __name__ == "__main__":
    main()
