"""A flood of delivery reports at the real web process while a run sends: none lost, none counted twice."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import psutil
from sqlalchemy import func, select

from backend.database import reading
from backend.domain.channels import Channel, Medium
from backend.domain.statuses import RecipientStatus
from backend.models import Attempt, DeliveryEvent, WaitingEvent, table_of
from backend.providers.references import sign_reference
from backend.services import validation
from backend.services.acting import OPERATOR
from backend.settings import get_settings
from backend.simulator.credentials import simulator_config
from backend.simulator.signatures import SendGridSigner, twilio_signature
from tests.faults.deployment import Deployment, Process, assert_invariants, counts_of, run_state
from tests.makers import buy_credits, make_category, make_contacts, make_draft

# FAULTS=long: a hundred thousand reports.
_LONG = os.environ.get("FAULTS") == "long"
_BY_SMS, _BY_EMAIL, _SENDING = (10_000, 19_000, 10_000) if _LONG else (1_500, 2_000, 2_000)
_WORDS = {Medium.SMS: ("queued", "sent", "delivered"), Medium.EMAIL: ("processed", "delivered")}
_REPEATED = 0.5
_BATCH = 1_000
_CONNECTIONS = 100
_AGAIN_S = 0.25
_LOOK_EVERY = 50
_MAY_GROW_BYTES = 60 * 1024 * 1024
_attempt, _event = table_of(Attempt), table_of(DeliveryEvent)


@dataclass(frozen=True)
class Post:
    """One request as a vendor makes it, and the reports that are in it."""

    url: str
    body: bytes
    headers: dict[str, str]
    keys: tuple[str, ...]


@dataclass
class Flood:
    """What became of the posts."""

    acknowledged: set[str] = field(default_factory=set)
    answers: Counter[int] = field(default_factory=Counter)
    missing: list[str] = field(default_factory=list)
    took_s: float = 0.0

    async def pour(self, posts: Sequence[Post]) -> None:
        """Post everything over many connections; what is sent away comes again, as the vendors do it."""
        began, waiting = time.monotonic(), iter(posts)
        connector = aiohttp.TCPConnector(limit=_CONNECTIONS)
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=60)) as session:
            await asyncio.gather(*(self._one_connection(session, waiting) for _ in range(_CONNECTIONS)))
        self.took_s += time.monotonic() - began

    async def _one_connection(self, session: aiohttp.ClientSession, waiting: Iterator[Post]) -> None:
        for number, post in enumerate(waiting):
            status = await self._try(session, post)
            while status == 503:
                await asyncio.sleep(_AGAIN_S)
                status = await self._try(session, post)
            assert status == 204, f"{status} for {post.url}"
            self.acknowledged.update(post.keys)
            if number % _LOOK_EVERY == 0:
                self.missing += await asyncio.to_thread(_not_stored, post.keys)

    async def _try(self, session: aiohttp.ClientSession, post: Post) -> int:
        async with session.post(post.url, data=post.body, headers=post.headers) as response:
            self.answers[response.status] += 1
            return response.status


def _not_stored(keys: Sequence[str]) -> list[str]:
    with reading() as session:
        found = set(session.execute(select(_event.c.event_key).where(_event.c.event_key.in_(keys))).scalars())
    return [key for key in keys if key not in found]


def _posts(campaign_id: int, medium: Medium, dice: random.Random) -> list[Post]:
    """Every report of a campaign, half of them twice, in no order at all."""
    query = select(_attempt.c.id, _attempt.c.provider_message_id).where(_attempt.c.campaign_id == campaign_id)
    with reading() as session:
        sent = [(row[0], row[1]) for row in session.execute(query)]
    told = [(attempt_id, message_id, word) for attempt_id, message_id in sent for word in _WORDS[medium]]
    told += dice.sample(told, int(len(told) * _REPEATED))
    dice.shuffle(told)
    if medium is Medium.SMS:
        return [_twilio_post(*one) for one in told]
    signer = _signer()
    batches = [told[i : i + _BATCH] for i in range(0, len(told), _BATCH)]
    return [_sendgrid_post(signer, [_sendgrid_item(*one) for one in batch]) for batch in batches]


def _reference(attempt_id: int) -> str:
    return sign_reference(attempt_id, get_settings().signing_key)


def _twilio_post(attempt_id: int, message_id: str, word: str) -> Post:
    settings = get_settings()
    url = f"{settings.origin}/webhooks/twilio/status?attempt={_reference(attempt_id)}"
    fields = {"AccountSid": settings.twilio_account_sid, "MessageSid": message_id, "MessageStatus": word}
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": twilio_signature(settings.twilio_auth_token, url, fields),
    }
    return Post(url, urlencode(fields).encode(), headers, (f"{message_id}-{word}",))


def _sendgrid_item(attempt_id: int, message_id: str, word: str) -> dict[str, object]:
    return {
        "email": "somebody@example.org",
        "timestamp": int(time.time()),
        "event": word,
        "sg_event_id": f"{attempt_id}-{word}",
        "sg_message_id": f"{message_id}.recvd-1",
        "attempt": _reference(attempt_id),
    }


def _sendgrid_post(signer: SendGridSigner, items: list[dict[str, object]]) -> Post:
    body, timestamp = json.dumps(items).encode(), str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "X-Twilio-Email-Event-Webhook-Signature": signer.sign(timestamp, body),
        "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
    }
    keys = tuple(dict.fromkeys(str(item["sg_event_id"]) for item in items))
    return Post(f"{get_settings().origin}/webhooks/sendgrid/events", body, headers, keys)


def _signer() -> SendGridSigner:
    settings = get_settings()
    config = simulator_config(Path(settings.data_dir), settings.signing_key, settings.origin)
    return SendGridSigner(config.sendgrid_private_key_pem)


def _campaign(channel: Channel, number: int, first: int) -> int:
    category_id = make_category(f"Group {first}")
    make_contacts(number, first=first, category_id=category_id)
    campaign_id = make_draft(channel, everyone=False, category_ids=(category_id,))
    validation.validate_campaign(OPERATOR, campaign_id)
    return campaign_id


def _waiting() -> int:
    with reading() as session:
        return session.execute(select(func.count()).select_from(table_of(WaitingEvent))).scalar_one()


def _resident_bytes(process: Process) -> int:
    return psutil.Process(process.pid).memory_info().rss


def test_a_flood_of_reports_is_stored_before_it_is_acknowledged_and_all_of_it_takes_effect(
    deployment: Deployment,
) -> None:
    dice = random.Random(5)
    deployment.configure(SMS_RATE_PER_S="3000", EMAIL_RATE_PER_S="20000")
    buy_credits(_BY_SMS + _SENDING)
    deployment.start_scheduler()
    worker = deployment.start_worker()
    web = deployment.start_web()
    by_sms = _campaign(Channel.SMS, _BY_SMS, 0)
    by_email = _campaign(Channel.EMAIL, _BY_EMAIL, 100_000)
    for finished in (by_sms, by_email):
        deployment.wait_until_done(finished)
    deployment.stop(worker)
    deployment.configure(SMS_RATE_PER_S="300")  # the run beside the flood takes about as long as it
    deployment.start_worker()
    by_phone, by_mail = _posts(by_sms, Medium.SMS, dice), _posts(by_email, Medium.EMAIL, dice)
    posts = list(itertools.chain(by_phone, by_mail))
    dice.shuffle(posts)
    before = _resident_bytes(web)

    sending, sent_before, flood = _campaign(Channel.SMS, _SENDING, 200_000), deployment.accepted(), Flood()
    asyncio.run(flood.pour(posts))
    sent_meanwhile, still_waiting = deployment.accepted() - sent_before, _waiting()
    grown = _resident_bytes(web) - before
    applied_s = deployment.wait(lambda: _waiting() == 0, "every report is applied", 120)
    deployment.wait_until_done(sending)

    told = sum(len(post.keys) for post in posts)
    print(
        f"{told:,} reports in {len(posts):,} requests: {told / flood.took_s:,.0f} a second acknowledged "
        f"({flood.took_s:.1f} s), {still_waiting:,} still to apply, applied {applied_s:.1f} s later; "
        f"{sent_meanwhile:,} SMS left meanwhile; answers {dict(flood.answers)}; "
        f"the web process grew by {grown / 1_048_576:.0f} MiB"
    )
    assert flood.missing == [], "acknowledged before it was stored"
    with reading() as session:
        assert set(session.execute(select(_event.c.event_key)).scalars()) == flood.acknowledged
    assert len(flood.acknowledged) == _BY_SMS * 3 + _BY_EMAIL * 2
    assert counts_of(by_sms)[RecipientStatus.DELIVERED] == _BY_SMS
    assert counts_of(by_email)[RecipientStatus.DELIVERED] == _BY_EMAIL
    assert [run_state(one) for one in (by_sms, by_email, sending)] == ["done"] * 3
    assert grown < _MAY_GROW_BYTES
    assert_invariants(deployment, by_sms, by_email, sending, recipients=_BY_SMS + _BY_EMAIL + _SENDING)
