"""GatewaySender against the simulated gateway, and against servers that break the protocol."""

from __future__ import annotations

import asyncio
import json
import socket
from datetime import timedelta
from typing import Any

import pytest

from backend import clock
from backend.domain.channels import Medium
from backend.domain.refusals import Meaning, meaning
from backend.errors import ConfigurationError
from backend.providers import open_sender
from backend.providers.base import Batch, FoundMessage, MessageState, OutboundMessage, SendResult, Verdict
from backend.providers.whatsapp.sender import GatewaySender
from backend.settings import Settings
from backend.simulator.serving import RunningSimulator, serving

TIMEOUT_S = 0.4


@pytest.fixture
def simulator(simulator_process: RunningSimulator) -> RunningSimulator:
    simulator_process.control("DELETE", "messages")
    simulator_process.control("PUT", "script", {"callbacks": "off"})
    simulator_process.control("POST", "whatsapp/phone", {"do": "connect"})
    return simulator_process


def make_messages(count: int, first: int = 10) -> list[OutboundMessage]:
    return [OutboundMessage(f"{i}-ref", f"+3361{i:06d}55", f"Bonjour {i} ê שלום") for i in range(first, first + count)]


def send(settings: Settings, *messages: OutboundMessage) -> list[SendResult]:
    async def run() -> list[SendResult]:
        sender = open_sender(settings, Medium.WHATSAPP)
        assert isinstance(sender, GatewaySender)
        try:
            return await sender.send(Batch(messages))
        finally:
            await sender.aclose()

    return asyncio.run(run())


def send_one(settings: Settings, to: str = "+33612345678") -> SendResult:
    [result] = send(settings, OutboundMessage("1-ref", to, "Hello"))
    return result


def taken(simulator: RunningSimulator) -> int:
    return simulator.control("GET", "counts")["by_medium"]["whatsapp"]


def test_messages_arrive_once_each_in_their_order(simulator):
    messages = make_messages(8)
    results = send(simulator.settings(), *messages)
    assert [result.reference for result in results] == [message.reference for message in messages]
    assert {result.verdict for result in results} == {Verdict.ACCEPTED}
    assert len({result.provider_message_id for result in results}) == 8
    counts = simulator.control("GET", "counts")
    assert (counts["by_medium"]["whatsapp"], counts["by_address_max"]) == (8, 1)


@pytest.mark.parametrize(
    ("to", "verdict", "code", "accepted"),
    [
        ("+33612340001", Verdict.REFUSED, "http_400", 0),
        ("+33612340002", Verdict.ACCEPTED, None, 1),
        ("+33612340003", Verdict.REFUSED, "not_on_whatsapp", 0),
        ("+33612340006", Verdict.UNKNOWN, "http_500", 1),
        ("+33612340007", Verdict.UNKNOWN, "timeout", 1),
        ("+33612340008", Verdict.UNKNOWN, "connection_lost", 1),
        ("+33612340010", Verdict.UNKNOWN, "unreadable_answer", 1),
    ],
)
def test_magic_numbers(simulator, to, verdict, code, accepted):
    result = send_one(simulator.settings(provider_timeout_s=TIMEOUT_S if code == "timeout" else 10), to)
    assert (result.verdict, result.vendor_code) == (verdict, code)
    assert taken(simulator) == accepted


def test_who_is_not_on_whatsapp_goes_to_the_next_medium(simulator):
    assert meaning("whatsapp", send_one(simulator.settings(), "+33612340003").vendor_code) is Meaning.NOT_ON_MEDIUM


def test_a_throttled_number_goes_through_the_second_time(simulator):
    settings = simulator.settings()
    first, second = send_one(settings, "+33612340005"), send_one(settings, "+33612340005")
    assert (first.verdict, first.vendor_code, first.retry_after_s) == (Verdict.DEFERRED, "http_429", 1)
    assert second.verdict is Verdict.ACCEPTED
    assert taken(simulator) == 1


@pytest.mark.parametrize(
    ("script", "verdict", "accepted"),
    [
        ({"reject_rate": 1}, Verdict.REFUSED, 0),
        ({"throttled": True}, Verdict.DEFERRED, 0),
        ({"unauthorized": True}, Verdict.MISCONFIGURED, 0),
        ({"error_before_rate": 1}, Verdict.UNKNOWN, 0),
        ({"reset_before_rate": 1}, Verdict.UNKNOWN, 0),
        ({"half_answer_rate": 1}, Verdict.UNKNOWN, 1),
        ({"bad_json_rate": 1}, Verdict.UNKNOWN, 1),
        ({"slow_rate": 1, "slow_s": 30}, Verdict.UNKNOWN, 0),
    ],
)
def test_scripted_faults(simulator, script, verdict, accepted):
    simulator.control("PUT", "script", {"callbacks": "off", **script})
    result = send_one(simulator.settings(provider_timeout_s=TIMEOUT_S if "slow_rate" in script else 10))
    assert result.verdict is verdict
    assert taken(simulator) == accepted


def test_a_phone_that_drops_in_the_middle_ends_the_batch(simulator):
    simulator.control("PUT", "script", {"callbacks": "off", "phone_drops_after": 3})
    results = send(simulator.settings(), *make_messages(6))
    assert [result.verdict for result in results] == [Verdict.ACCEPTED] * 3 + [Verdict.DEFERRED] * 3
    assert {result.vendor_code for result in results[3:]} == {"session_not_working"}
    assert taken(simulator) == 3


def test_what_was_not_begun_in_time_is_handed_back(simulator):
    simulator.control("PUT", "script", {"callbacks": "off", "silent_rate": 1})
    first, second = send(simulator.settings(provider_timeout_s=TIMEOUT_S), *make_messages(2))
    assert (first.verdict, second.verdict, second.vendor_code) == (Verdict.UNKNOWN, Verdict.DEFERRED, "not_reached")
    assert taken(simulator) == 1


def test_nobody_listening_is_deferred(simulator):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    results = send(simulator.settings(whatsapp_gateway_url=origin), *make_messages(2))
    assert {(result.verdict, result.vendor_code) for result in results} == {(Verdict.DEFERRED, "not_connected")}


def test_a_gateway_that_does_not_answer_the_question_got_no_message(simulator):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        origin = f"http://127.0.0.1:{silent.getsockname()[1]}"
        result = send_one(simulator.settings(whatsapp_gateway_url=origin, provider_timeout_s=TIMEOUT_S))
    assert (result.verdict, result.vendor_code) == (Verdict.DEFERRED, "check_failed")


def test_text_that_cannot_be_encoded_is_refused_alone(simulator):
    good, bad = make_messages(2)
    results = send(simulator.settings(), good, OutboundMessage(bad.reference, bad.to, "\ud800"))
    assert [result.verdict for result in results] == [Verdict.ACCEPTED, Verdict.REFUSED]


def test_without_a_gateway_it_is_named(simulator):
    settings = simulator.settings(whatsapp_gateway_url="", whatsapp_gateway_key="")
    with pytest.raises(ConfigurationError, match="WHATSAPP_GATEWAY_URL"):
        open_sender(settings, Medium.WHATSAPP, "whatsapp")


def gateway_answering(exists: Any, sent: tuple[int, Any]) -> Any:
    """A gateway with an answer of its own to each of the two requests."""

    async def answer(scope, _receive, send):
        if scope["type"] != "http":
            return
        status, values = sent if scope["path"] == "/api/sendText" else (200, exists)
        raw = values if isinstance(values, bytes) else json.dumps(values).encode()
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": raw})

    return answer


@pytest.mark.parametrize(
    ("answer", "verdict", "told"),
    [
        ((201, {"id": "true_33612345678@c.us_3EB0A1"}), Verdict.ACCEPTED, "3EB0A1"),
        ((201, {"id": {"_serialized": "true_33612345678@c.us_3EB0A1", "id": "3EB0A1"}}), Verdict.ACCEPTED, "3EB0A1"),
        ((201, {"key": {"remoteJid": "33612345678@s.whatsapp.net", "id": "3EB0A1"}}), Verdict.ACCEPTED, "3EB0A1"),
        ((201, {"id": "true_99@lid_3EB0A1_33612345678@c.us"}), Verdict.ACCEPTED, "3EB0A1"),
        ((201, {"id": 7}), Verdict.UNKNOWN, "unreadable_answer"),
        ((201, [1]), Verdict.UNKNOWN, "unreadable_answer"),
        ((201, b" " * 300_000), Verdict.UNKNOWN, "connection_lost"),
        ((422, {"error": "Session status is not as expected."}), Verdict.DEFERRED, "session_not_working"),
        ((422, {"message": "chatId must be a string"}), Verdict.REFUSED, "http_422"),
        ((404, {"message": "Cannot POST /api/sendText"}), Verdict.MISCONFIGURED, "http_404"),
        ((403, b"<html>"), Verdict.MISCONFIGURED, "http_403"),
        ((302, b""), Verdict.MISCONFIGURED, "http_302"),
        ((413, b""), Verdict.REFUSED, "http_413"),
    ],
)
def test_any_answer_is_read(simulator, answer, verdict, told):
    with serving(gateway_answering({"numberExists": True, "chatId": "99@lid"}, answer)) as origin:
        result = send_one(simulator.settings(whatsapp_gateway_url=origin))
    assert (result.verdict, result.provider_message_id or result.vendor_code) == (verdict, told)


@pytest.mark.parametrize("body", [b"<html>", [], {"numberExists": "no"}, {}])
def test_a_question_without_a_clear_answer_sends_nothing(simulator, body):
    with serving(gateway_answering(body, (500, {}))) as origin:
        assert send_one(simulator.settings(whatsapp_gateway_url=origin)).verdict is Verdict.DEFERRED


def test_a_message_can_be_asked_for(simulator):
    async def run() -> tuple[list[FoundMessage] | None, MessageState | None, MessageState | None]:
        sender = open_sender(simulator.settings(), Medium.WHATSAPP)
        assert isinstance(sender, GatewaySender)
        try:
            await sender.send(Batch([OutboundMessage("1-ref", "+33612340002", "Hello")]))
            found = await sender.find_recent("+33612340002", clock.now() - timedelta(minutes=1))
            assert found
            whole = f"true_33612340002@c.us_{found[0].provider_message_id}"
            return found, await sender.find(whole), await sender.find("true_33612340002@c.us_3EB0")
        finally:
            await sender.aclose()

    found, state, missing = asyncio.run(run())
    assert [(one.text, one.state) for one in found or ()] == [("Hello", MessageState("ERROR", "ack_error"))]
    assert state == MessageState("ERROR", "ack_error")
    assert missing is None
