"""TwilioSender against the simulator, and against servers that break the protocol."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from urllib.request import urlopen

import pytest

from backend.domain.channels import Medium
from backend.errors import ConfigurationError
from backend.providers import open_sender
from backend.providers.base import Batch, MessageState, OutboundMessage, SendResult, Verdict
from backend.settings import Settings
from backend.simulator.serving import RunningSimulator
from tests.integration.broken_tls import hanging_up_server, untrusted_server

TIMEOUT_S = 0.4
MARGIN_S = 20  # of a machine that has other things to do; without the limit it would be minutes


@pytest.fixture
def simulator(simulator_process: RunningSimulator) -> RunningSimulator:
    simulator_process.control("DELETE", "messages")
    simulator_process.control("PUT", "script", {"callbacks": "off"})
    return simulator_process


def make_messages(count: int, first: int = 10) -> list[OutboundMessage]:
    return [OutboundMessage(f"{i}-ref", f"+3361{i:06d}55", f"Bonjour {i} ê €") for i in range(first, first + count)]


def send(settings: Settings, messages: list[OutboundMessage], medium: Medium = Medium.SMS) -> list[SendResult]:
    async def run() -> list[SendResult]:
        sender = open_sender(settings, medium, "twilio")
        try:
            return await sender.send(Batch(messages))
        finally:
            await sender.aclose()

    return asyncio.run(run())


def send_one(settings: Settings, to: str = "+33612345678", medium: Medium = Medium.SMS) -> SendResult:
    [result] = send(settings, [OutboundMessage("1-ref", to, "Hello")], medium)
    return result


def test_a_thousand_sms_arrive_once_each(simulator):
    messages = make_messages(1_000)
    results = send(simulator.settings(), messages)
    assert [result.reference for result in results] == [message.reference for message in messages]
    assert {result.verdict for result in results} == {Verdict.ACCEPTED}
    assert len({result.provider_message_id for result in results}) == 1_000
    counts = simulator.control("GET", "counts")
    assert (counts["total"], counts["by_address_max"], counts["duplicates"]) == (1_000, 1, [])
    assert counts["by_medium"]["sms"] == 1_000


def test_whatsapp_is_sent_as_whatsapp(simulator):
    assert send_one(simulator.settings(), medium=Medium.WHATSAPP).verdict is Verdict.ACCEPTED
    assert simulator.control("GET", "counts")["by_medium"] == {"sms": 0, "whatsapp": 1, "email": 0}


@pytest.mark.parametrize("content_sid", ["", "HX" + "0" * 32])
def test_a_template_carries_whatever_is_no_answer(simulator, content_sid):
    simulator.control("PUT", "script", {"callbacks": "off", "whatsapp_window": True})
    settings = simulator.settings(twilio_whatsapp_content_sid=content_sid)
    message = OutboundMessage("1-ref", "+33612345678", 'Shalom "Zoé"\n\tà 19 h 15', takes_free_text=False)
    [result] = send(settings, [message], Medium.WHATSAPP)
    if not content_sid:
        assert (result.verdict, result.vendor_code) == (Verdict.MISCONFIGURED, "63016")
        return
    assert result.verdict is Verdict.ACCEPTED
    [free] = send(settings, [message._replace(takes_free_text=True)], Medium.WHATSAPP)
    assert free.vendor_code == "63016"
    assert "Shalom &quot;Zoé&quot; – à 19 h 15</p>" in page_of(simulator)


def page_of(simulator):
    with urlopen(f"{simulator.origin}/simulator", timeout=60) as answer:
        return answer.read().decode()


def test_a_messaging_service_replaces_the_number(simulator):
    settings = simulator.settings(twilio_sms_from="", twilio_messaging_service_sid="MG1")
    assert send_one(settings).verdict is Verdict.ACCEPTED


def test_a_missing_sender_is_named(simulator):
    with pytest.raises(ConfigurationError, match="TWILIO_WHATSAPP_FROM"):
        send_one(simulator.settings(twilio_whatsapp_from=""), medium=Medium.WHATSAPP)


@pytest.mark.parametrize(
    ("to", "verdict", "code"),
    [
        ("+33612340001", Verdict.REFUSED, "21211"),
        ("+33612340004", Verdict.REFUSED, "21610"),
        ("+33612340006", Verdict.UNKNOWN, "20500"),
        ("+33612340007", Verdict.UNKNOWN, "timeout"),
        ("+33612340008", Verdict.UNKNOWN, "connection_lost"),
        ("+33612340010", Verdict.UNKNOWN, "unreadable_answer"),
    ],
)
def test_magic_numbers(simulator, to, verdict, code):
    timeout_s = TIMEOUT_S if code == "timeout" else 10
    result = send_one(simulator.settings(provider_timeout_s=timeout_s), to)
    assert (result.verdict, result.vendor_code) == (verdict, code)
    expected = 0 if verdict is Verdict.REFUSED else 1
    assert simulator.control("GET", "counts")["total"] == expected


def test_a_throttled_number_goes_through_the_second_time(simulator):
    settings = simulator.settings()
    first, second = send_one(settings, "+33612340005"), send_one(settings, "+33612340005")
    assert (first.verdict, first.vendor_code, first.retry_after_s) == (Verdict.DEFERRED, "20429", 1)
    assert second.verdict is Verdict.ACCEPTED
    assert simulator.control("GET", "counts")["by_address_max"] == 1


@pytest.mark.parametrize(
    ("script", "verdict", "accepted"),
    [
        ({"reject_rate": 1, "reject_code": 21614}, Verdict.REFUSED, 0),
        ({"reject_rate": 1, "reject_code": 63016}, Verdict.MISCONFIGURED, 0),
        ({"throttle_rate": 1, "retry_after_s": 7}, Verdict.DEFERRED, 0),
        ({"unauthorized": True}, Verdict.MISCONFIGURED, 0),
        ({"error_before_rate": 1}, Verdict.UNKNOWN, 0),
        ({"reset_before_rate": 1}, Verdict.UNKNOWN, 0),
        ({"accepted_then_500_rate": 1}, Verdict.UNKNOWN, 1),
        ({"silent_rate": 1}, Verdict.UNKNOWN, 1),
        ({"reset_after_rate": 1}, Verdict.UNKNOWN, 1),
        ({"half_answer_rate": 1}, Verdict.UNKNOWN, 1),
        ({"bad_json_rate": 1}, Verdict.UNKNOWN, 1),
        ({"missing_sid_rate": 1}, Verdict.UNKNOWN, 1),
        ({"slow_rate": 1, "slow_s": 30}, Verdict.UNKNOWN, 0),
        ({"slow_rate": 1, "slow_s": 0.05}, Verdict.ACCEPTED, 1),
    ],
)
def test_scripted_faults(simulator, script, verdict, accepted):
    simulator.control("PUT", "script", {"callbacks": "off", **script})
    timeout_s = TIMEOUT_S if verdict is Verdict.UNKNOWN and {"silent_rate", "slow_rate"} & set(script) else 10
    results = send(simulator.settings(provider_timeout_s=timeout_s), make_messages(20))
    assert {result.verdict for result in results} == {verdict}
    counts = simulator.control("GET", "counts")
    assert (counts["total"], counts["by_address_max"]) == (20 * accepted, accepted)


def test_retry_after_reaches_the_result(simulator):
    simulator.control("PUT", "script", {"throttle_rate": 1, "retry_after_s": 7})
    assert send_one(simulator.settings()).retry_after_s == 7


def test_one_sid_for_several_messages_leaves_them_unknown(simulator):
    simulator.control("PUT", "script", {"callbacks": "off", "duplicate_sid_rate": 1})
    results = send(simulator.settings(), make_messages(3))
    assert {(r.verdict, r.vendor_code, r.provider_message_id) for r in results} == {
        (Verdict.UNKNOWN, "repeated_sid", None)
    }


def test_a_mixed_batch_repeats_nobody(simulator):
    script = {"accepted_then_500_rate": 0.1, "reset_after_rate": 0.1, "throttle_rate": 0.1, "reject_rate": 0.1}
    simulator.control("PUT", "script", {"callbacks": "off", "seed": 3, **script})
    results = send(simulator.settings(), make_messages(300))
    taken = sum(result.verdict in {Verdict.ACCEPTED, Verdict.UNKNOWN} for result in results)
    counts = simulator.control("GET", "counts")
    assert (counts["total"], counts["by_address_max"]) == (taken, 1)
    assert {result.verdict for result in results} == {
        Verdict.ACCEPTED, Verdict.UNKNOWN, Verdict.DEFERRED, Verdict.REFUSED,
    }  # fmt: skip


def test_wrong_credentials_stop_the_run(simulator):
    result = send_one(simulator.settings(twilio_auth_token="wrong"))
    assert (result.verdict, result.vendor_code) == (Verdict.MISCONFIGURED, "20003")


def test_text_that_cannot_be_encoded_is_refused_alone(simulator):
    good, bad = make_messages(2)
    bad = OutboundMessage(bad.reference, bad.to, "\ud800")
    assert [r.verdict for r in send(simulator.settings(), [good, bad])] == [Verdict.ACCEPTED, Verdict.REFUSED]


def test_an_unknown_message_can_be_asked_for(simulator):
    async def run() -> tuple[MessageState | None, MessageState | None]:
        sender = open_sender(simulator.settings(), Medium.SMS)
        [result] = await sender.send(Batch([OutboundMessage("1-ref", "+33612340002", "Hello")]))
        found = await sender.find(result.provider_message_id or "")
        missing = await sender.find("SM" + "0" * 32)
        await sender.aclose()
        return found, missing

    assert asyncio.run(run()) == (MessageState("undelivered", "30005"), None)


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_nobody_listening_is_deferred(simulator):
    result = send_one(simulator.settings(twilio_api_url=f"http://127.0.0.1:{unused_port()}"))
    assert (result.verdict, result.vendor_code) == (Verdict.DEFERRED, "not_connected")


def assert_nothing_left(simulator: RunningSimulator, origin: str) -> None:
    result = send_one(simulator.settings(twilio_api_url=origin))
    assert (result.verdict, result.vendor_code) == (Verdict.DEFERRED, "not_connected")
    assert simulator.control("GET", "counts")["total"] == 0


def test_a_name_that_does_not_resolve_is_deferred(simulator):
    assert_nothing_left(simulator, "http://nobody.invalid")


def test_a_failed_handshake_is_deferred(simulator):
    assert_nothing_left(simulator, simulator.origin.replace("http:", "https:"))


def test_a_certificate_that_nobody_trusts_is_deferred(simulator, tmp_path):
    with untrusted_server(tmp_path) as origin:
        assert_nothing_left(simulator, origin)


def test_a_server_that_hangs_up_in_the_handshake_is_deferred(simulator):
    with hanging_up_server() as origin:
        assert_nothing_left(simulator, origin)


def test_a_connection_that_is_never_made_is_deferred_in_time(simulator):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()):  # fills the backlog of one: the next one waits
            origin = f"http://127.0.0.1:{full.getsockname()[1]}"
            started = time.monotonic()
            result = send_one(simulator.settings(twilio_api_url=origin, provider_timeout_s=TIMEOUT_S))
    assert time.monotonic() - started < TIMEOUT_S + MARGIN_S
    assert (result.verdict, result.vendor_code) == (Verdict.DEFERRED, "not_connected")


Respond = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw_server(respond: Respond) -> AsyncIterator[tuple[str, list[bytes]]]:
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError), closing(writer):
            requests.append(await reader.readuntil(b"\r\n\r\n"))
            await respond(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", requests
    finally:
        server.close()


def send_to_raw(simulator: RunningSimulator, respond: Respond) -> tuple[SendResult, int]:
    """What came of one message, and how many requests were made for it."""
    timeout_s = TIMEOUT_S if respond in {silence, drip} else 10

    async def run() -> tuple[SendResult, int]:
        async with raw_server(respond) as (origin, requests):
            sender = open_sender(simulator.settings(twilio_api_url=origin, provider_timeout_s=timeout_s), Medium.SMS)
            [result] = await sender.send(Batch(make_messages(1)))
            await sender.aclose()
            return result, len(requests)

    return asyncio.run(run())


CREATED = (
    b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 33\r\n\r\n"
    b'{"sid": "SM1", "status":"queued"}'
)


def writing(*parts: bytes) -> Respond:
    async def respond(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    return respond


async def silence(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for _ in range(10_000):
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await asyncio.wait_for(writer.drain(), 1)
        await asyncio.sleep(0.02)  # the pace of a server that never comes to the point


@pytest.mark.parametrize(
    ("respond", "verdict"),
    [
        pytest.param(writing(*(bytes([byte]) for byte in CREATED)), Verdict.ACCEPTED, id="byte by byte"),
        pytest.param(writing(b"HTTP/1.1 100 Continue\r\n\r\n", CREATED), Verdict.ACCEPTED, id="100 first"),
        pytest.param(
            writing(
                b'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"sid\r\n8\r\n":"SM1"}\r\n0\r\n\r\n'
            ),
            Verdict.ACCEPTED,
            id="chunked",
        ),
        pytest.param(writing(CREATED.replace(b"33", b"99")), Verdict.UNKNOWN, id="length too long"),
        pytest.param(writing(CREATED.replace(b"33", b"9")), Verdict.UNKNOWN, id="length too short"),
        pytest.param(writing(CREATED[:60]), Verdict.UNKNOWN, id="cut in the head"),
        pytest.param(writing(CREATED[:-5]), Verdict.UNKNOWN, id="cut in the body"),
        pytest.param(writing(b"nonsense\r\n\r\n"), Verdict.UNKNOWN, id="not HTTP"),
        pytest.param(writing(b"HTTP/1.1 502 Bad\r\nContent-Length: 6\r\n\r\n<html>"), Verdict.UNKNOWN, id="HTML 502"),
        pytest.param(writing(b"HTTP/1.1 413 Big\r\nContent-Length: 6\r\n\r\n<html>"), Verdict.REFUSED, id="HTML 413"),
        pytest.param(writing(b"HTTP/1.1 201 OK\r\nContent-Length: 2\r\n\r\n\xff\xfe"), Verdict.UNKNOWN, id="not UTF-8"),
        pytest.param(writing(), Verdict.UNKNOWN, id="closed without a word"),
        pytest.param(silence, Verdict.UNKNOWN, id="silence"),
        pytest.param(reset, Verdict.UNKNOWN, id="reset"),
        pytest.param(drip, Verdict.UNKNOWN, id="drip"),
    ],
)
def test_broken_answers(simulator, respond, verdict):
    started = time.monotonic()
    result, requests = send_to_raw(simulator, respond)
    assert result.verdict is verdict
    assert requests == 1, "nothing is sent again"
    assert time.monotonic() - started < TIMEOUT_S + MARGIN_S
