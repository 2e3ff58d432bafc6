from __future__ import annotations

import asyncio
import functools
import itertools
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from backend import clock
from backend.database import reading, unit_of_work
from backend.domain.channels import Channel, Medium
from backend.domain.statuses import RecipientStatus
from backend.http import webhooks
from backend.http.collecting import EventCollector, TooManyWaitingError
from backend.models import Attempt, DeliveryEvent, InboundMessage, OptOut, Recipient, table_of
from backend.providers.base import ProviderEvent
from backend.providers.references import sign_reference
from backend.providers.whatsapp.sessions import GatewayUnreachableError
from backend.services import delivery
from backend.settings import get_settings
from backend.simulator.credentials import new_private_key_pem, public_key_base64
from backend.simulator.signatures import SendGridSigner, gateway_signature, twilio_signature
from tests.makers import connect_whatsapp, make_contacts, make_run

PRIVATE_KEY = new_private_key_pem()
SIGNER = SendGridSigner(PRIVATE_KEY)
STATUS, INBOUND, EVENTS = "/webhooks/twilio/status", "/webhooks/twilio/inbound", "/webhooks/sendgrid/events"
GATEWAY = "/webhooks/whatsapp"


class Web:
    """A client of an application, both in one loop that runs beside the test."""

    def __init__(self, portal: BlockingPortal, client: httpx.AsyncClient) -> None:
        self._portal, self._client = portal, client

    def request(self, method: str, path: str, **values: Any) -> httpx.Response:
        return self._portal.call(functools.partial(self._client.request, method, path, **values))

    def post(self, path: str, **values: Any) -> httpx.Response:
        return self.request("POST", path, **values)

    def settle(self) -> None:
        """Wait for what an answer left behind."""
        self._portal.call(_others)


async def _others() -> None:
    collector = webhooks._collector
    if collector and collector._task:
        await collector._task


@pytest.fixture
def client(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """The webhooks, in one running loop."""
    monkeypatch.setenv("SENDGRID_WEBHOOK_PUBLIC_KEY", public_key_base64(PRIVATE_KEY))
    get_settings.cache_clear()
    monkeypatch.setattr(webhooks, "_collector", None)
    transport = httpx.ASGITransport(webhooks.Webhooks(), raise_app_exceptions=False)
    with start_blocking_portal() as portal:
        client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")
        yield Web(portal, client)
        portal.call(client.aclose)


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the warnings and errors that were logged."""
    names: list[str] = []

    class Log:
        def warning(self, name: str, **_facts: object) -> None:
            names.append(name)

        error = warning

    monkeypatch.setattr(webhooks, "log", Log())
    return names


# --- What the vendors would post.


def callback(**values: str) -> dict[str, str]:
    return {
        "AccountSid": get_settings().twilio_account_sid,
        "MessageSid": "SM1",
        "MessageStatus": "delivered",
        "To": "+33639800000",
        "From": "+33939000001",
        **values,
    }


_MESSAGE_NUMBERS = itertools.count(1)


def inbound(text: str, sender: str = "+33639800000", **values: str) -> dict[str, str]:
    return {
        "AccountSid": get_settings().twilio_account_sid,
        "MessageSid": f"SM{next(_MESSAGE_NUMBERS)}",
        "From": sender,
        "Body": text,
        **values,
    }


def post_twilio(client: Web, path: str, params: dict[str, str], **headers: str) -> int:
    """Posted as Twilio posts it, unless the headers say otherwise; gives the status."""
    settings = get_settings()
    signature = twilio_signature(settings.twilio_auth_token, settings.origin + path, params)
    return client.post(
        path,
        content=urlencode(params),
        headers={"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature, **headers},
    ).status_code


def item(**values: Any) -> dict[str, Any]:
    return {
        "email": "ruth0@example.org",
        "timestamp": int(clock.now().timestamp()),
        "event": "delivered",
        "sg_event_id": "ZXZlbnQ",
        "sg_message_id": "14c5d75ce93.recvd-5b8-1.0",
        **values,
    }


def post_sendgrid(client: Web, body: bytes, *, late_s: int = 0, signer: SendGridSigner = SIGNER, **headers: str) -> int:
    timestamp = str(int(clock.now().timestamp()) - late_s)
    names = "X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp"
    signed = dict(zip(names, (signer.sign(timestamp, body), timestamp), strict=True))
    return client.post(EVENTS, content=body, headers={**signed, **headers}).status_code


def post_items(client: Web, *items: Any) -> int:
    return post_sendgrid(client, json.dumps(items).encode())


def stored() -> list[DeliveryEvent]:
    table = table_of(DeliveryEvent)
    with reading() as session:
        return list(session.execute(select(DeliveryEvent).order_by(table.c.id)).scalars())


def opt_outs() -> set[tuple[str, str, str]]:
    table = table_of(OptOut)
    with reading() as session:
        return {(*row,) for row in session.execute(select(table.c.medium, table.c.address, table.c.source))}


def replies() -> list[tuple[int | None, str, str, str, str | None]]:
    names = ("contact_id", "provider", "medium", "text", "keyword")
    table = table_of(InboundMessage)
    with reading() as session:
        return [(*row,) for row in session.execute(select(*(table.c[name] for name in names)).order_by(table.c.id))]


@pytest.fixture
def gateway_key(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key with which the gateway signs."""
    monkeypatch.setenv("WHATSAPP_GATEWAY_HMAC_KEY", "gateway key")
    get_settings.cache_clear()


def make_attempt(channel: Channel = Channel.SMS) -> int:
    """A recipient whose message was taken by the provider as SM1; gives the attempt's id."""
    make_contacts(1)
    connect_whatsapp()
    campaign_id = make_run(channel)
    with unit_of_work() as session:
        row = session.execute(select(Recipient)).scalar_one()
        attempt = Attempt(
            recipient_id=row.id or 0,
            campaign_id=campaign_id,
            number=1,
            medium=row.medium or Medium.SMS,
            provider="sendgrid" if row.medium is Medium.EMAIL else "twilio",
            status=RecipientStatus.ACCEPTED,
            provider_message_id="SM1",
        )
        session.add(attempt)
        session.flush()
        return attempt.id or 0


def attempt_status() -> tuple[RecipientStatus, str | None]:
    with reading() as session:
        found = session.execute(select(Attempt)).scalar_one()
        return found.status, found.vendor_code


# --- Twilio: statuses.


def test_a_signed_status_is_stored_raw_and_takes_effect(client: Web) -> None:
    attempt_id = make_attempt()
    path = f"{STATUS}?attempt={sign_reference(attempt_id, get_settings().signing_key)}"
    assert post_twilio(client, path, callback(ErrorCode="", Extra="é & +")) == 204
    [event] = stored()
    assert (event.provider, event.word, event.medium) == ("twilio", "delivered", Medium.SMS)
    assert (event.attempt_id, event.provider_message_id, event.vendor_code) == (attempt_id, "SM1", None)
    assert json.loads(event.payload)["Extra"] == "é & +"
    assert delivery.apply_events() == 1
    assert attempt_status() == (RecipientStatus.DELIVERED, None)


def test_a_repeated_status_is_stored_once_and_answered_alike(client: Web) -> None:
    assert [post_twilio(client, STATUS, callback()) for _ in range(3)] == [204, 204, 204]
    assert len(stored()) == 1
    assert post_twilio(client, STATUS, callback(MessageStatus="read")) == 204
    assert [event.word for event in stored()] == ["delivered", "read"]


def test_a_status_without_our_reference_is_found_by_its_message(client: Web) -> None:
    make_attempt()
    assert post_twilio(client, STATUS, callback(MessageStatus="undelivered", ErrorCode="30005")) == 204
    delivery.apply_events()
    assert attempt_status() == (RecipientStatus.FAILED, "30005")


def test_an_unknown_message_is_kept_and_changes_nothing(client: Web) -> None:
    make_attempt()
    assert post_twilio(client, STATUS, callback(MessageSid="SM4711")) == 204
    assert delivery.apply_events() == 1
    assert attempt_status() == (RecipientStatus.ACCEPTED, None)
    assert len(stored()) == 1


@pytest.mark.parametrize("key", ["another secret", None])
def test_a_forged_reference_is_ignored(client: Web, key: str | None) -> None:
    attempt_id = make_attempt()
    reference = sign_reference(attempt_id, key) if key else f"{attempt_id}-"
    assert post_twilio(client, f"{STATUS}?attempt={reference}", callback(MessageSid="SM4711")) == 204
    assert [event.attempt_id for event in stored()] == [None]
    delivery.apply_events()
    assert attempt_status() == (RecipientStatus.ACCEPTED, None)


def test_a_reference_to_another_vendors_attempt_changes_nothing(client: Web) -> None:
    attempt_id = make_attempt(Channel.EMAIL)
    path = f"{STATUS}?attempt={sign_reference(attempt_id, get_settings().signing_key)}"
    assert post_twilio(client, path, callback(MessageStatus="failed")) == 204
    delivery.apply_events()
    assert attempt_status() == (RecipientStatus.ACCEPTED, None)


@pytest.mark.parametrize("path", [STATUS, INBOUND])
@pytest.mark.parametrize(
    "headers",
    [
        {"X-Twilio-Signature": ""},
        {"X-Twilio-Signature": "AAAA"},
        {"X-Twilio-Signature": "not base64 \\x"},
        {"X-Twilio-Signature": twilio_signature("token", "http://127.0.0.1:8000/elsewhere", {})},
    ],
)
def test_without_the_right_signature_nothing_is_believed(
    client: Web, logged: list[str], path: str, headers: dict[str, str]
) -> None:
    assert post_twilio(client, path, {**callback(), "Body": "STOP"}, **headers) == 403
    assert stored() == []
    assert opt_outs() == set()
    assert logged == ["webhook_signature_refused"]


def test_a_changed_field_breaks_the_signature(client: Web) -> None:
    settings = get_settings()
    signature = twilio_signature(settings.twilio_auth_token, settings.origin + STATUS, callback())
    changed = callback(MessageStatus="failed")
    assert post_twilio(client, STATUS, changed, **{"X-Twilio-Signature": signature}) == 403
    assert post_twilio(client, STATUS + "?attempt=7-x", callback(), **{"X-Twilio-Signature": signature}) == 403
    assert stored() == []


def test_the_host_header_decides_nothing(client: Web) -> None:
    """What is signed is our own public address, whatever the request claims."""
    assert post_twilio(client, STATUS, callback(), Host="evil.example", **{"X-Forwarded-Host": "evil.example"}) == 204
    params = callback(MessageStatus="failed")
    forged = twilio_signature(get_settings().twilio_auth_token, "http://evil.example" + STATUS, params)
    assert post_twilio(client, STATUS, params, Host="evil.example", **{"X-Twilio-Signature": forged}) == 403


@pytest.mark.parametrize("account", ["AC" + "1" * 32, "", "ac" + "0" * 32])
@pytest.mark.parametrize("path", [STATUS, INBOUND])
def test_somebody_elses_account_is_refused_even_when_signed(client: Web, path: str, account: str) -> None:
    assert post_twilio(client, path, {**callback(AccountSid=account), "Body": "STOP"}) == 403
    assert stored() == []
    assert opt_outs() == set()


@pytest.mark.parametrize("missing", ["MessageSid", "MessageStatus"])
def test_a_signed_status_that_says_nothing_is_refused_and_logged(client: Web, logged: list[str], missing: str) -> None:
    assert post_twilio(client, STATUS, callback(**{missing: ""})) == 400
    assert stored() == []
    assert logged == ["webhook_malformed"]


@pytest.mark.parametrize("path", [STATUS, INBOUND])
def test_a_body_that_is_no_form_of_twilios_is_refused_and_logged(client: Web, logged: list[str], path: str) -> None:
    bodies = {
        "empty": b"",
        "no text": b"\xff\xfe\x00",
        "json": b"{}",
        "no field": b"a" * 1_000,
        "unsigned": b"AccountSid=AC" + b"0" * 32,
    }
    headers = {"X-Twilio-Signature": "AAAA"}
    answers = {name: client.post(path, content=body, headers=headers).status_code for name, body in bodies.items()}
    assert set(answers.values()) == {403}, answers
    assert stored() == []
    assert logged == ["webhook_signature_refused"] * len(bodies)


@pytest.mark.parametrize("path", [STATUS, INBOUND])
def test_more_fields_than_twilio_ever_sends_are_not_read(client: Web, path: str) -> None:
    """Not even signed ones: taking a form apart costs more than sending it."""
    many = {**callback(), **{f"Field{number}": "x" for number in range(100)}}
    assert post_twilio(client, path, many) == 403
    assert stored() == []


async def _unannounced() -> AsyncIterator[bytes]:
    for _ in range(17):
        yield b"x" * 65_536


@pytest.mark.parametrize("path", [STATUS, INBOUND, EVENTS])
def test_more_than_a_megabyte_is_not_read(client: Web, path: str) -> None:
    assert client.post(path, content=b"x" * (1024 * 1024 + 1)).status_code == 413
    assert client.post(path, content=_unannounced()).status_code == 413
    assert stored() == []


@pytest.mark.parametrize("path", [STATUS, INBOUND, EVENTS])
def test_only_a_post_reports(client: Web, path: str) -> None:
    assert client.request("GET", path).status_code == 405
    assert {client.request(method, path).status_code for method in ("PUT", "DELETE", "PATCH")} == {405}


def test_an_odd_status_is_stored_all_the_same(client: Web) -> None:
    oddities = [
        ("MessageSid", "SM\0"),
        ("MessageStatus", "x" * 5_000),
        ("MessageSid", "x" * 5_000),
        ("ErrorCode", "9" * 500),
    ]
    answers = {name + value[:5]: post_twilio(client, STATUS, callback(**{name: value})) for name, value in oddities}
    assert set(answers.values()) == {204}, answers
    assert len(stored()) == len(oddities)


# --- Twilio: what people answer.


def test_stop_is_an_opt_out(client: Web) -> None:
    words = ["STOP", "stop", " Stop. ", "Stop!", "STOPALL", "Unsubscribe", "Arrêt", "ARRET", "הסר", "quit", "END"]
    senders = {f"+336398000{number:02}": word for number, word in enumerate(words)}
    for sender, word in senders.items():
        assert post_twilio(client, INBOUND, inbound(word, sender)) == 200
    obeyed = {address for medium, address, source in opt_outs() if (medium, source) == ("sms", "stop")}
    assert [word for sender, word in senders.items() if sender not in obeyed] == []


def test_start_takes_it_back(client: Web) -> None:
    post_twilio(client, INBOUND, inbound("STOP", "+33639800001"))
    for word in ("START", "unstop", "Yes"):
        post_twilio(client, INBOUND, inbound("STOP"))
        assert post_twilio(client, INBOUND, inbound(word)) == 200
        assert opt_outs() == {("sms", "+33639800001", "stop")}, word


def test_anything_else_changes_nothing(client: Web) -> None:
    for text in ("", "Thank you", "Please don't stop", "STOP it", "0", "🛑", "x" * 1_600):
        assert post_twilio(client, INBOUND, inbound(text)) == 200
        assert opt_outs() == set(), text


def test_stop_holds_for_the_medium_it_came_by(client: Web) -> None:
    post_twilio(client, INBOUND, inbound("STOP", "whatsapp:+33639800000"))
    assert opt_outs() == {("whatsapp", "+33639800000", "stop")}
    post_twilio(client, INBOUND, inbound("START"))
    assert opt_outs() == {("whatsapp", "+33639800000", "stop")}


def test_an_answer_is_an_empty_document(client: Web) -> None:
    settings, params = get_settings(), inbound("STOP")
    signature = twilio_signature(settings.twilio_auth_token, settings.origin + INBOUND, params)
    answer = client.post(INBOUND, data=params, headers={"X-Twilio-Signature": signature})
    assert answer.headers["content-type"].startswith("text/xml")
    assert answer.text.endswith("<Response></Response>")


def test_a_message_without_a_sender_is_refused_and_logged(client: Web, logged: list[str]) -> None:
    assert post_twilio(client, INBOUND, inbound("STOP", "")) == 400
    assert logged == ["webhook_malformed"]


def test_replies_are_kept_once_with_whoever_has_the_number(client: Web) -> None:
    [contact_id] = make_contacts(1, mobile_e164="+33639800000")
    reply = inbound("Merci, à demain ! 😀")
    assert [post_twilio(client, INBOUND, reply) for _ in range(2)] == [200, 200]
    assert replies() == [(contact_id, "twilio", "sms", "Merci, à demain ! 😀", None)]


# --- The WhatsApp gateway: what people answer.


def post_gateway(client: Web, payload: Any, *, key: str = "gateway key", event: str = "message") -> int:
    body = json.dumps({"event": event, "session": "default", "payload": payload}).encode()
    return client.post(GATEWAY, content=body, headers={"X-Webhook-Hmac": gateway_signature(key, body)}).status_code


def chat_message(text: str, number: int = 1, **values: Any) -> dict[str, Any]:
    sender = "33639800000@c.us"
    now_s = int(clock.now().timestamp())
    return {
        "id": f"false_{sender}_{number}",
        "timestamp": now_s,
        "from": sender,
        "fromMe": False,
        "body": text,
        **values,
    }


def test_what_is_written_to_the_gateway_is_kept_and_obeyed(gateway_key: None, client: Web) -> None:
    stop = chat_message("*Arrêt*")
    assert [post_gateway(client, stop) for _ in range(2)] == [204, 204]
    assert opt_outs() == {("whatsapp", "+33639800000", "stop")}
    assert post_gateway(client, chat_message("Reprendre", 2)) == 204
    assert post_gateway(client, stop) == 204
    assert opt_outs() == set()
    assert [row[3:] for row in replies()] == [("*Arrêt*", "stop"), ("Reprendre", "start")]


def test_the_gateway_is_asked_who_hides(
    gateway_key: None, client: Web, monkeypatch: pytest.MonkeyPatch, logged: list[str]
) -> None:
    answers: list[Any] = [GatewayUnreachableError("ServerTimeoutError"), "+33639800000", None]

    async def number_behind(_settings: object, _hidden: str) -> str | None:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(webhooks, "number_behind", number_behind)
    stop = {**chat_message("STOP"), "from": "4639135154355@lid"}
    assert [post_gateway(client, stop) for _ in range(2)] == [503, 204]
    assert opt_outs() == {("whatsapp", "+33639800000", "stop")}
    assert post_gateway(client, {**chat_message("Shalom", 2), "from": "4639135154355@lid"}) == 204
    assert [row[3] for row in replies()] == ["STOP", "Shalom"], "kept, though nobody knows whose it is"
    assert logged == ["inbound_sender_not_known"]


def test_a_group_and_what_nobody_signed_are_not(gateway_key: None, client: Web, logged: list[str]) -> None:
    assert post_gateway(client, chat_message("STOP"), key="another") == 403
    assert post_gateway(client, {**chat_message("STOP"), "from": "1203630@g.us"}) == 204
    assert post_gateway(client, chat_message("STOP", fromMe=True)) == 204
    assert post_gateway(client, chat_message("STOP", id=None)) == 400
    assert (opt_outs(), replies()) == (set(), [])
    assert logged == ["webhook_signature_refused", "webhook_malformed"]


# --- SendGrid.


def test_signed_events_are_stored_and_take_effect(client: Web) -> None:
    attempt_id = make_attempt(Channel.EMAIL)
    reference = sign_reference(attempt_id, get_settings().signing_key)
    assert post_items(client, item(attempt=reference), item(attempt=reference, event="open", sg_event_id="b")) == 204
    assert [(event.word, event.attempt_id) for event in stored()] == [("delivered", attempt_id), ("open", attempt_id)]
    assert delivery.apply_events() == 2
    assert attempt_status() == (RecipientStatus.READ, None)


def test_a_repeated_batch_is_stored_once(client: Web) -> None:
    body = json.dumps([item(), item(), item(sg_event_id="b")]).encode()
    assert [post_sendgrid(client, body) for _ in range(3)] == [204, 204, 204]
    assert [event.event_key for event in stored()] == ["ZXZlbnQ", "b"]


@pytest.mark.parametrize("late_s", [0, 24 * 3_600])
def test_a_batch_of_an_outage_is_still_believed(client: Web, late_s: int) -> None:
    assert post_sendgrid(client, json.dumps([item()]).encode(), late_s=late_s) == 204
    assert len(stored()) == 1


@pytest.mark.parametrize(
    "forged",
    [
        {"late_s": 26 * 3_600},
        {"late_s": -3_600},
        {"signer": SendGridSigner(new_private_key_pem())},
        {"X-Twilio-Email-Event-Webhook-Signature": ""},
        {"X-Twilio-Email-Event-Webhook-Signature": "AAAA"},
        {"X-Twilio-Email-Event-Webhook-Timestamp": ""},
        {"X-Twilio-Email-Event-Webhook-Timestamp": "1700000000"},
    ],
    ids=["too old", "too early", "another key", "no signature", "no sense", "no moment", "another moment"],
)
def test_events_nobody_signed_are_refused(client: Web, logged: list[str], forged: dict[str, Any]) -> None:
    assert post_sendgrid(client, json.dumps([item()]).encode(), **forged) == 403
    assert stored() == []
    assert logged == ["webhook_signature_refused"]


def test_the_very_bytes_are_signed(client: Web) -> None:
    body, timestamp = json.dumps([item()]).encode(), str(int(clock.now().timestamp()))
    names = "X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp"
    signed = dict(zip(names, (SIGNER.sign(timestamp, body), timestamp), strict=True))
    assert client.post(EVENTS, content=body + b" ", headers=signed).status_code == 403


def test_a_signed_body_that_is_no_list_is_refused_and_logged(client: Web, logged: list[str]) -> None:
    bodies = [b"", b"{}", b"null", b"[", b"<html>", b"[" * 5_000, b'"x"', b"4711", b"\xff"]
    answers = {body[:10]: post_sendgrid(client, body) for body in bodies}
    assert answers.pop(b"\xff") == 403  # what is no text cannot have been signed
    assert set(answers.values()) == {400}, answers
    assert logged == ["webhook_malformed"] * len(answers) + ["webhook_signature_refused"]
    assert stored() == []


def test_an_empty_batch_is_taken(client: Web) -> None:
    assert post_items(client) == 204


# Whatever stands among them, a batch that is refused comes again and again for a day, and then is lost as a whole.
JUNK: dict[str, Any] = {
    "nothing": None,
    "number": 7,
    "list": [[]],
    "empty": {},
    "without id": {"event": "open"},
    "without word": {"sg_event_id": "x"},
    "half an emoji in the reason": item(sg_event_id="c", reason="\ud83d", event="dropped"),
    "half an emoji in the id": item(sg_event_id="\ud83d"),
    "half an emoji in the word": item(sg_event_id="d", event="\ud83d"),
    "half an emoji in the status": item(sg_event_id="d", event="bounce", status="\ud83d"),
    "NUL in the reason": item(sg_event_id="e", reason="\x00", event="dropped"),
    "NUL in the id": item(sg_event_id="a\x00b"),
    "NUL in the word": item(sg_event_id="f", event="open\x00"),
    "NUL in the status": item(sg_event_id="f", event="bounce", status="5.1\x00"),
    "long word": item(sg_event_id="g", event="x" * 5_000),
    "long id": item(sg_event_id="y" * 5_000),
    "long status": item(sg_event_id="h", event="bounce", status="5" * 5_000),
    "deep": item(sg_event_id="i", extra=json.loads("[" * 200 + "]" * 200)),
    "odd types": item(sg_event_id="j", email=7, timestamp="x", sg_message_id=[], attempt={}),
    "far moment": item(sg_event_id="k", timestamp=10**30),
}


def test_junk_among_good_events_does_not_spoil_them(client: Web) -> None:
    answers = {
        name: post_items(client, item(sg_event_id=f"before {name}"), junk, item(sg_event_id=f"after {name}"))
        for name, junk in JUNK.items()
    }
    assert {name: status for name, status in answers.items() if status != 204} == {}
    wanted = {f"{where} {name}" for where in ("before", "after") for name in JUNK}
    assert wanted - {event.event_key for event in stored()} == set()


# --- When the database cannot be used.


@pytest.mark.parametrize("vendor", ["twilio", "sendgrid"])
def test_what_could_not_be_stored_is_asked_for_again(
    client: Web, monkeypatch: pytest.MonkeyPatch, logged: list[str], vendor: str
) -> None:
    def lost(_events: Sequence[ProviderEvent]) -> int:
        raise OperationalError("INSERT", {}, Exception("the disk is full"))

    def post() -> int:
        return post_twilio(client, STATUS, callback()) if vendor == "twilio" else post_items(client, item())

    store = delivery.store_events
    monkeypatch.setattr(delivery, "store_events", lost)
    assert post() == 503
    assert logged == ["events_not_stored"]
    monkeypatch.setattr(delivery, "store_events", store)
    monkeypatch.setattr(webhooks, "_collector", None)
    assert post() == 204
    assert len(stored()) == 1


def test_a_stop_that_could_not_be_stored_is_asked_for_again(
    client: Web, monkeypatch: pytest.MonkeyPatch, logged: list[str]
) -> None:
    def lost(*_arguments: object) -> bool:
        raise OperationalError("INSERT", {}, Exception("the disk is full"))

    monkeypatch.setattr(webhooks.inbound, "take_inbound", lost)
    assert post_twilio(client, INBOUND, inbound("STOP")) == 503
    assert logged == ["inbound_not_stored"]


def test_a_wake_up_follows_what_was_stored(client: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(webhooks, "_wake_events", lambda: seen.append(len(stored())))
    assert post_twilio(client, STATUS, callback()) == 204
    assert post_twilio(client, STATUS, callback(MessageStatus="read")) == 204
    client.settle()
    assert seen == [1, 2]


# --- Many at once.


def event(number: int) -> ProviderEvent:
    return ProviderEvent("twilio", f"SM{number}-sent", "sent", Medium.SMS, None, f"SM{number}", None, 0.0, "{}")


class Store:
    """Notes what was committed, and may fail."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.failure: Exception | None = None

    def __call__(self, events: Sequence[ProviderEvent]) -> int:
        if self.failure:
            raise self.failure
        self.groups.append([one.event_key for one in events])
        return len(events)

    @property
    def committed(self) -> set[str]:
        return {key for group in self.groups for key in group}


def collect(store: Store, act: Callable[[EventCollector], Any], stored: Callable[[], None] = lambda: None) -> Any:
    async def run() -> Any:
        return await asyncio.wait_for(act(EventCollector(store, stored)), 20)

    return asyncio.run(run())


def test_three_hundred_at_once_share_few_transactions_and_wait_for_theirs() -> None:
    store, early = Store(), []

    async def add(collector: EventCollector, number: int) -> None:
        await collector.add([event(number)])
        if event(number).event_key not in store.committed:
            early.append(number)

    async def all_at_once(collector: EventCollector) -> None:
        await asyncio.gather(*(add(collector, number) for number in range(300)))

    collect(store, all_at_once)
    assert early == [], "answered before the commit"
    assert len(store.committed) == 300
    assert sum(len(group) for group in store.groups) == 300
    assert len(store.groups) <= 5


def test_a_real_database_takes_three_hundred_at_once(database: str) -> None:
    async def all_at_once(collector: EventCollector) -> None:
        await asyncio.gather(*(collector.add([event(number % 150)]) for number in range(300)))

    async def run() -> None:
        await all_at_once(EventCollector(delivery.store_events, lambda: None))

    asyncio.run(run())
    assert len(stored()) == 150


def test_large_batches_are_not_mixed_beyond_a_thousand() -> None:
    store = Store()

    async def batches(collector: EventCollector) -> None:
        await asyncio.gather(
            *(
                collector.add([event(batch * 1_000 + n) for n in range(size)])
                for batch, size in enumerate([600, 600, 1_500, 10])
            )
        )

    collect(store, batches)
    assert [len(group) for group in store.groups] == [600, 600, 1_500, 10]


def test_every_caller_hears_of_a_failure_and_the_next_ones_are_served() -> None:
    store = Store()
    store.failure = OperationalError("INSERT", {}, Exception("the disk is full"))

    async def act(collector: EventCollector) -> list[BaseException | None]:
        failed = await asyncio.gather(*(collector.add([event(n)]) for n in range(20)), return_exceptions=True)
        store.failure = None
        await collector.add([event(99)])
        return failed

    failed = collect(store, act)
    assert all(isinstance(outcome, OperationalError) for outcome in failed)
    assert store.committed == {event(99).event_key}


def test_a_lost_wake_up_loses_no_report() -> None:
    store = Store()

    def lost() -> None:
        raise ConnectionError("no broker")

    async def act(collector: EventCollector) -> None:
        # The later ones wait while the earlier ones are stored and their wake-up fails.
        await asyncio.gather(*(collector.add([event(number * 1_000 + n) for n in range(900)]) for number in range(4)))

    collect(store, act, lost)
    assert len(store.committed) == 3_600


def test_a_caller_that_went_away_does_not_disturb_the_others() -> None:
    store = Store()

    async def act(collector: EventCollector) -> None:
        gone = asyncio.create_task(collector.add([event(1)]))
        stays = asyncio.create_task(collector.add([event(2)]))
        await asyncio.sleep(0)
        gone.cancel()
        await stays

    collect(store, act)
    assert event(2).event_key in store.committed


def test_more_than_can_be_held_is_sent_away_untouched() -> None:
    store = Store()

    async def act(collector: EventCollector) -> Sequence[BaseException | None]:
        return await asyncio.gather(
            collector.add([event(n) for n in range(19_999)]),
            collector.add([event(-1), event(-2)]),
            collector.add([event(-3)]),
            return_exceptions=True,
        )

    outcomes = collect(store, act)
    assert [type(outcome) for outcome in outcomes] == [type(None), TooManyWaitingError, type(None)]
    assert len(store.committed) == 20_000


def test_too_many_waiting_is_a_503_that_says_when_to_come_again(client: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.http.collecting._MOST_WAITING", 0)
    assert post_twilio(client, STATUS, callback()) == 503
    assert stored() == []
