"""SendGridSender against the simulator, and against servers that say nothing."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from backend.domain.channels import Medium
from backend.providers import open_sender
from backend.providers.base import Batch, EmailContent, OutboundMessage, SendResult, Verdict
from backend.settings import Settings
from backend.simulator.serving import RunningSimulator
from tests.integration.broken_tls import hanging_up_server, untrusted_server

TIMEOUT_S = 0.3
MARGIN_S = 20  # of a machine that has other things to do; without the limit it would be minutes
CONTENT = EmailContent("Hello {{first_name}}", "<p>Hello {{first_name}}</p>", "Hello {{first_name}}")


@pytest.fixture
def simulator(simulator_process: RunningSimulator) -> RunningSimulator:
    simulator_process.control("DELETE", "messages")
    simulator_process.control("PUT", "script", {"callbacks": "off"})
    return simulator_process


def make_message(number: int, to: str | None = None) -> OutboundMessage:
    return OutboundMessage(
        f"{number}-ref",
        to or f"person{number}@example.org",
        substitutions={"{{first_name}}": "Zoé"},
        headers={"List-Unsubscribe": f"<https://example.org/u/{number}>"},
    )


def make_messages(count: int) -> list[OutboundMessage]:
    return [make_message(number) for number in range(count)]


def send(settings: Settings, messages: list[OutboundMessage]) -> list[SendResult]:
    async def run() -> list[SendResult]:
        sender = open_sender(settings, Medium.EMAIL)
        try:
            return await sender.send(Batch(messages, CONTENT))
        finally:
            await sender.aclose()

    return asyncio.run(run())


def requests(simulator: RunningSimulator) -> int:
    return simulator.control("GET", "counts")["requests"]["email"]


def test_a_thousand_in_one_request(simulator):
    results = send(simulator.settings(), make_messages(1_000))
    assert [result.reference for result in results] == [f"{number}-ref" for number in range(1_000)]
    assert {result.verdict for result in results} == {Verdict.ACCEPTED}
    assert len({result.provider_message_id for result in results}) == 1_000
    counts = simulator.control("GET", "counts")
    assert (counts["total"], counts["by_address_max"], counts["requests"]["email"]) == (1_000, 1, 1)


def test_one_bad_address_among_a_thousand_is_refused_alone(simulator):
    messages = make_messages(1_000)
    messages[417] = make_message(417, "invalid@example.org")
    results = send(simulator.settings(), messages)
    refused = [result for result in results if result.verdict is not Verdict.ACCEPTED]
    assert [(r.reference, r.verdict, r.vendor_code) for r in refused] == [("417-ref", Verdict.REFUSED, "invalid")]
    counts = simulator.control("GET", "counts")
    assert (counts["total"], counts["by_address_max"], counts["requests"]["email"]) == (999, 1, 2)


def test_nobody_left_after_the_refusals(simulator):
    results = send(simulator.settings(), [make_message(1, "invalid@example.org"), make_message(2, "no address")])
    assert {result.verdict for result in results} == {Verdict.REFUSED}
    assert (simulator.control("GET", "counts")["total"], requests(simulator)) == (0, 1)


def test_a_repeated_address_waits_for_the_next_request(simulator):
    messages = [make_message(1, "a@example.org"), make_message(2, "A@example.org"), make_message(3)]
    assert {result.verdict for result in send(simulator.settings(), messages)} == {Verdict.ACCEPTED}
    assert (simulator.control("GET", "counts")["total"], requests(simulator)) == (3, 2)


def test_rounds_are_bounded(simulator):
    results = send(simulator.settings(), [make_message(number, "a@example.org") for number in range(25)])
    verdicts = [result.verdict for result in results]
    assert verdicts == [Verdict.ACCEPTED] * 20 + [Verdict.DEFERRED] * 5
    assert requests(simulator) == 20


@pytest.mark.parametrize(
    ("script", "verdict", "accepted"),
    [
        ({"throttle_rate": 1, "retry_after_s": 9}, Verdict.DEFERRED, 0),
        ({"unauthorized": True}, Verdict.MISCONFIGURED, 0),
        ({"reject_rate": 1}, Verdict.MISCONFIGURED, 0),
        ({"error_before_rate": 1}, Verdict.UNKNOWN, 0),
        ({"reset_before_rate": 1}, Verdict.UNKNOWN, 0),
        ({"accepted_then_500_rate": 1}, Verdict.UNKNOWN, 1),
        ({"silent_rate": 1}, Verdict.UNKNOWN, 1),
        ({"reset_after_rate": 1}, Verdict.UNKNOWN, 1),
        ({"half_answer_rate": 1}, Verdict.UNKNOWN, 1),
        ({"missing_sid_rate": 1}, Verdict.UNKNOWN, 1),
    ],
)
def test_scripted_faults(simulator, script, verdict, accepted):
    simulator.control("PUT", "script", {"callbacks": "off", **script})
    timeout_s = TIMEOUT_S if "silent_rate" in script else 10
    results = send(simulator.settings(provider_timeout_s=timeout_s), make_messages(50))
    assert {result.verdict for result in results} == {verdict}
    counts = simulator.control("GET", "counts")
    assert (counts["total"], counts["by_address_max"], counts["requests"]["email"]) == (50 * accepted, accepted, 1)


def test_retry_after_reaches_every_result(simulator):
    simulator.control("PUT", "script", {"throttle_rate": 1, "retry_after_s": 9})
    assert {result.retry_after_s for result in send(simulator.settings(), make_messages(3))} == {9}


def test_a_repeated_address_is_not_posted_after_an_unknown_answer(simulator):
    simulator.control("PUT", "script", {"callbacks": "off", "accepted_then_500_rate": 1})
    results = send(simulator.settings(), [make_message(1, "a@example.org"), make_message(2, "a@example.org")])
    assert [result.verdict for result in results] == [Verdict.UNKNOWN, Verdict.DEFERRED]
    assert simulator.control("GET", "counts")["total"] == 1


def test_a_request_that_is_too_large_stops_the_run(simulator):
    huge = OutboundMessage("1-ref", "a@example.org", substitutions={"{{x}}": "x" * 31_500_000})
    [result] = send(simulator.settings(), [huge])
    assert (result.verdict, result.vendor_code) == (Verdict.MISCONFIGURED, "413")


def test_nobody_listening_is_deferred(simulator):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    [result] = send(simulator.settings(sendgrid_api_url=f"http://127.0.0.1:{port}"), make_messages(1))
    assert (result.verdict, result.vendor_code) == (Verdict.DEFERRED, "not_connected")


def assert_nothing_left(simulator: RunningSimulator, origin: str) -> None:
    [result] = send(simulator.settings(sendgrid_api_url=origin), make_messages(1))
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
            settings = simulator.settings(
                sendgrid_api_url=f"http://127.0.0.1:{full.getsockname()[1]}", provider_timeout_s=TIMEOUT_S
            )
            started = time.monotonic()
            [result] = send(settings, make_messages(1))
    assert time.monotonic() - started < TIMEOUT_S + MARGIN_S
    assert (result.verdict, result.vendor_code) == (Verdict.DEFERRED, "not_connected")


@contextmanager
def silent_server(first_words: bytes = b"") -> Iterator[tuple[str, threading.Event]]:
    """Takes one connection, says `first_words`, then nothing. The event tells that the other side has gone."""
    gone = threading.Event()

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with closing(connection):
            connection.sendall(first_words)
            while connection.recv(65_536):
                pass
        gone.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", gone
        thread.join(5)


@pytest.mark.parametrize("first_words", [b"", b"HTTP/1.1 202 Accepted\r\nContent-Le", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_silence_ends_in_time_and_its_connection_is_closed(simulator, first_words):
    with silent_server(first_words) as (origin, gone):
        started = time.monotonic()
        results = send(simulator.settings(sendgrid_api_url=origin, provider_timeout_s=TIMEOUT_S), make_messages(10))
        assert time.monotonic() - started < TIMEOUT_S + MARGIN_S
        assert gone.wait(60)
    assert {(result.verdict, result.vendor_code) for result in results} == {(Verdict.UNKNOWN, "timeout")}


def test_two_batches_do_not_wait_for_each_other(simulator):
    simulator.control("PUT", "script", {"callbacks": "off", "slow_rate": 1, "slow_s": 1})

    async def run() -> float:
        sender = open_sender(simulator.settings(), Medium.EMAIL)
        started = time.monotonic()
        batches = [Batch([make_message(number)], CONTENT) for number in range(5)]
        await asyncio.gather(*(sender.send(batch) for batch in batches))
        await sender.aclose()
        return time.monotonic() - started

    assert asyncio.run(run()) < 4, "one after the other they take five seconds"


def test_neither_key_nor_addresses_reach_the_log(simulator, caplog):
    caplog.set_level("DEBUG")
    send(simulator.settings(), make_messages(2))
    assert simulator.settings().sendgrid_api_key not in caplog.text
    assert "person1@example.org" not in caplog.text
