"""What the simulator reports is signed as the vendors sign, and read by the product's own code."""

import asyncio
import queue
import time
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import parse_qs, parse_qsl
from urllib.request import Request, urlopen

import pytest

from backend.domain.channels import ConnectionState, Medium
from backend.domain.vendors.vocabulary import Vendor
from backend.providers import open_sender
from backend.providers.base import (
    Batch,
    EmailContent,
    OutboundMessage,
    ProviderEvent,
    SendResult,
)
from backend.providers.references import sign_reference
from backend.providers.sendgrid import webhooks as sendgrid
from backend.providers.twilio import webhooks as twilio
from backend.providers.whatsapp import acknowledgements
from backend.providers.whatsapp import webhooks as whatsapp
from backend.settings import Settings
from backend.simulator.answers import read_body
from backend.simulator.serving import RunningSimulator, running_simulator, serving

KEY = "k" * 40
WAIT_S = 60


class Delivery(NamedTuple):
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


class Web:
    """Stands where the product's web process would: keeps what is posted, refuses the first few when told to."""

    def __init__(self) -> None:
        self.deliveries: queue.Queue[Delivery] = queue.Queue()
        self.refuse_next = 0

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return
        body = await read_body(receive)
        status = 503 if self.refuse_next else 204
        self.refuse_next = max(self.refuse_next - 1, 0)
        if status == 204:
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            self.deliveries.put(Delivery(scope["path"], scope["query_string"].decode(), headers, body))
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def take(self, count: int) -> list[Delivery]:
        return [self.deliveries.get(timeout=WAIT_S) for _ in range(count)]


@pytest.fixture(scope="module")
def web_and_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Web, RunningSimulator]]:
    web = Web()
    with serving(web) as origin, running_simulator(tmp_path_factory.mktemp("simulator"), origin) as simulator:
        yield web, simulator


@pytest.fixture
def web(web_and_simulator: tuple[Web, RunningSimulator]) -> Web:
    web, simulator = web_and_simulator
    simulator.control("PUT", "script", {})
    simulator.control("DELETE", "messages")
    deadline = time.monotonic() + WAIT_S
    while simulator.control("GET", "counts")["reports"]["posting"] and time.monotonic() < deadline:
        pass
    while not web.deliveries.empty():
        web.deliveries.get()
    web.refuse_next = 0
    return web


@pytest.fixture
def simulator(web: Web, web_and_simulator: tuple[Web, RunningSimulator]) -> RunningSimulator:
    return web_and_simulator[1]


def send(
    settings: Settings, medium: Medium, *messages: OutboundMessage, vendor: Vendor | None = "twilio"
) -> list[SendResult]:
    async def run() -> list[SendResult]:
        sender = open_sender(settings, medium, vendor if medium is Medium.WHATSAPP else None)
        try:
            return await sender.send(Batch(messages, EmailContent("S {{n}}", "<b>{{n}}</b>", "T {{n}}")))
        finally:
            await sender.aclose()

    return asyncio.run(run())


def make_message(attempt_id: int, to: str) -> OutboundMessage:
    return OutboundMessage(sign_reference(attempt_id, KEY), to, "Hello", {"{{n}}": "Zoé"})


def read_status(settings: Settings, delivery: Delivery) -> ProviderEvent:
    params = dict(parse_qsl(delivery.body.decode(), keep_blank_values=True))
    target = f"{delivery.path}?{delivery.query}"
    assert twilio.verify(settings, target, params, delivery.headers["x-twilio-signature"])
    assert not twilio.verify(settings, target, {**params, "MessageStatus": "x"}, delivery.headers["x-twilio-signature"])
    return twilio.parse_status(settings, params, parse_qs(delivery.query)["attempt"][0])


def read_events(settings: Settings, delivery: Delivery) -> list[ProviderEvent]:
    signature = delivery.headers["x-twilio-email-event-webhook-signature"]
    timestamp = delivery.headers["x-twilio-email-event-webhook-timestamp"]
    assert sendgrid.verify(settings, delivery.body, signature, timestamp)
    assert not sendgrid.verify(settings, delivery.body + b" ", signature, timestamp)
    return sendgrid.parse_events(delivery.body, settings)


def words(settings: Settings, web: Web, count: int) -> list[str]:
    return [read_status(settings, delivery).word for delivery in web.take(count)]


def test_sms_callbacks_come_signed_and_in_order(web, simulator):
    settings = simulator.settings()
    [result] = send(settings, Medium.SMS, make_message(7, "+33612345678"))
    events = [read_status(settings, delivery) for delivery in web.take(2)]
    assert [event.word for event in events] == ["sent", "delivered"]
    assert {event.reference for event in events} == {sign_reference(7, KEY)}
    assert {event.provider_message_id for event in events} == {result.provider_message_id}
    assert len({event.event_key for event in events}) == 2


def test_whatsapp_is_read(web, simulator):
    simulator.control("PUT", "script", {"read_rate": 1})
    settings = simulator.settings()
    send(settings, Medium.WHATSAPP, make_message(7, "+33612345678"))
    events = [read_status(settings, delivery) for delivery in web.take(3)]
    assert [event.word for event in events] == ["sent", "delivered", "read"]
    assert {event.medium for event in events} == {Medium.WHATSAPP}


@pytest.mark.parametrize(
    ("to", "medium", "expected"),
    [
        ("+33612340002", Medium.SMS, [("sent", None), ("undelivered", "30005")]),
        ("+33612340009", Medium.SMS, [("sent", None), ("undelivered", "30003")]),
        ("+33612340011", Medium.SMS, [("failed", "30001")]),
        ("+33612340003", Medium.WHATSAPP, [("undelivered", "63003")]),
        ("+33612340003", Medium.SMS, [("sent", None), ("delivered", None)]),
        ("+33612340006", Medium.SMS, [("sent", None), ("delivered", None)]),
    ],
)
def test_magic_numbers_report_later(web, simulator, to, medium, expected):
    settings = simulator.settings()
    send(settings, medium, make_message(7, to))
    events = [read_status(settings, delivery) for delivery in web.take(len(expected))]
    assert [(event.word, event.vendor_code) for event in events] == expected


def test_a_callback_can_overtake_the_answer(web, simulator):
    simulator.control("PUT", "script", {"callback_first_rate": 1, "silent_rate": 1})
    settings = simulator.settings(provider_timeout_s=0.3)
    [result] = send(settings, Medium.SMS, make_message(7, "+33612345678"))
    assert result.provider_message_id is None
    event = read_status(settings, web.take(1)[0])
    assert (event.word, event.reference) == ("sent", result.reference)


def test_duplicates_have_one_key(web, simulator):
    simulator.control("PUT", "script", {"callback_duplicate_rate": 1})
    settings = simulator.settings()
    send(settings, Medium.SMS, make_message(7, "+33612345678"))
    keys = [read_status(settings, delivery).event_key for delivery in web.take(4)]
    assert len(set(keys)) == 2


def test_shuffled_callbacks_all_come(web, simulator):
    simulator.control("PUT", "script", {"callback_shuffle": True})
    settings = simulator.settings()
    send(settings, Medium.SMS, *(make_message(number, f"+3361234{number:02d}55") for number in range(20)))
    assert sorted(words(settings, web, 40)) == ["delivered"] * 20 + ["sent"] * 20


def test_held_callbacks_wait_for_their_release(web, simulator):
    simulator.control("PUT", "script", {"callbacks": "hold"})
    settings = simulator.settings()
    send(settings, Medium.SMS, make_message(7, "+33612345678"))
    assert simulator.control("GET", "counts")["reports"]["held"] == 1
    assert web.deliveries.empty()
    assert simulator.control("POST", "release", {}) == {"released": 1}
    assert words(settings, web, 2) == ["sent", "delivered"]


def test_callbacks_off_still_lets_a_message_be_asked_for(web, simulator):
    simulator.control("PUT", "script", {"callbacks": "off"})
    send(simulator.settings(), Medium.SMS, make_message(7, "+33612345678"))
    [message] = simulator.control("GET", "messages")["messages"]
    assert message["status"] == "delivered"
    assert web.deliveries.empty()


def test_a_web_process_in_trouble_gets_them_again(web, simulator):
    web.refuse_next = 2
    settings = simulator.settings()
    send(settings, Medium.SMS, make_message(7, "+33612345678"))
    assert words(settings, web, 2) == ["sent", "delivered"]


def test_email_events_come_signed_in_batches(web, simulator):
    settings = simulator.settings()
    messages = [make_message(number, f"person{number}@example.org") for number in range(600)]
    results = send(settings, Medium.EMAIL, *messages)
    events: list[ProviderEvent] = []
    deadline = time.monotonic() + WAIT_S
    while len(events) < 1_200 and time.monotonic() < deadline:
        events += read_events(settings, web.take(1)[0])
    assert sorted({event.word for event in events}) == ["delivered", "processed"]
    assert len({event.event_key for event in events}) == 1_200
    assert {event.reference for event in events} == {message.reference for message in messages}
    assert {event.provider_message_id for event in events} == {result.provider_message_id for result in results}


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("bounce@example.org", [("processed", None), ("bounce", "5.1.1")]),
        ("blocked@example.org", [("processed", None), ("bounce", "blocked")]),
        ("drop@example.org", [("dropped", "bounced_address")]),
        ("unsubscribed+1@example.org", [("dropped", "unsubscribed")]),
        ("spam@example.org", [("processed", None), ("delivered", None), ("spamreport", None)]),
        ("open@example.org", [("processed", None), ("delivered", None), ("open", None)]),
        ("machine@example.org", [("processed", None), ("delivered", None), ("machine_open", None)]),
    ],
)
def test_magic_emails(web, simulator, to, expected):
    settings = simulator.settings()
    send(settings, Medium.EMAIL, make_message(7, to))
    events = [event for delivery in web.take(len(expected)) for event in read_events(settings, delivery)]
    assert [(event.word, event.vendor_code) for event in events] == expected


def test_a_person_replies_stop(web, simulator):
    settings = simulator.settings()
    answer = simulator.control("POST", "inbound", {"from": "+33612345678", "body": "STOP"})
    assert answer == {"status": 204}
    [delivery] = web.take(1)
    params = dict(parse_qsl(delivery.body.decode()))
    assert twilio.verify(settings, delivery.path, params, delivery.headers["x-twilio-signature"])
    message = twilio.parse_inbound(params)
    assert (message.address, message.text, message.medium) == ("+33612345678", "STOP", Medium.SMS)


def test_a_person_writes_to_the_gateway(web, simulator):
    settings = simulator.settings()
    values = {"from": "+33612345678", "body": "הסר", "medium": "whatsapp", "through": "gateway"}
    assert simulator.control("POST", "inbound", values) == {"status": 204}
    [delivery] = web.take(1)
    assert delivery.path == "/webhooks/whatsapp"
    assert whatsapp.verify(settings, delivery.body, delivery.headers["x-webhook-hmac"])
    message = whatsapp.parse_message(whatsapp.read_event(delivery.body))
    assert message is not None
    assert (message.address, message.text, message.medium) == ("+33612345678", "הסר", Medium.WHATSAPP)


def test_whoever_wrote_by_whatsapp_gets_free_text(web, simulator):
    settings = simulator.settings()
    simulator.control("PUT", "script", {"callbacks": "off", "whatsapp_window": True})
    simulator.control("POST", "inbound", {"from": "+33612345678", "body": "Shalom", "medium": "whatsapp"})
    [delivery] = web.take(1)
    assert delivery.path == "/webhooks/twilio/inbound"
    results = send(settings, Medium.WHATSAPP, make_message(7, "+33612345678"), make_message(8, "+33612345679"))
    assert [result.vendor_code for result in results] == [None, "63016"]


def test_the_whatsapp_account_tells_when_it_changes(web, simulator):
    settings = simulator.settings()
    for action, expected in (("disconnect", ConnectionState.DISCONNECTED), ("connect", ConnectionState.CONNECTED)):
        url, key = f"{settings.whatsapp_gateway_url}/api/session/{action}", settings.whatsapp_gateway_key
        with urlopen(Request(url, b"", {"X-Api-Key": key}), timeout=60):
            [delivery] = web.take(1)
        assert delivery.path == "/webhooks/whatsapp"
        assert whatsapp.verify(settings, delivery.body, delivery.headers["x-webhook-hmac"])
        assert whatsapp.parse_session(whatsapp.read_event(delivery.body)) is expected


@pytest.mark.parametrize(
    ("to", "script", "expected"),
    [
        ("+33612345678", {"read_rate": 1}, ["SERVER", "DEVICE", "READ"]),
        ("+33612345678", {"callback_first_rate": 1}, ["SERVER", "DEVICE"]),
        ("+33612345678", {"callback_duplicate_rate": 1}, ["SERVER", "SERVER", "DEVICE", "DEVICE"]),
        ("+33612340002", {}, ["ERROR"]),
    ],
)
def test_the_gateway_acknowledges_what_it_took(web, simulator, to, script, expected):
    simulator.control("PUT", "script", script)
    settings = simulator.settings()
    [result] = send(settings, Medium.WHATSAPP, make_message(7, to), vendor="whatsapp")
    told = []
    for delivery in web.take(len(expected)):
        assert whatsapp.verify(settings, delivery.body, delivery.headers["x-webhook-hmac"])
        told += acknowledgements.parse_acknowledgement(whatsapp.read_event(delivery.body))
    assert [event.word for event in told] == expected
    assert {event.provider_message_id for event in told} == {result.provider_message_id}
