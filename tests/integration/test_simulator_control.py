import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from backend.domain.channels import Medium
from backend.providers import open_sender
from backend.providers.base import Batch, EmailContent, OutboundMessage, SendResult, Verdict
from backend.simulator.credentials import simulator_environment
from backend.simulator.serving import RunningSimulator, running_simulator


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    with running_simulator(tmp_path_factory.mktemp("simulator")) as simulator:
        yield simulator


@pytest.fixture
def simulator(running: RunningSimulator) -> RunningSimulator:
    running.control("PUT", "script", {"callbacks": "off"})
    running.control("DELETE", "messages")
    return running


def send(simulator: RunningSimulator, medium: Medium, *messages: OutboundMessage) -> list[SendResult]:
    async def run() -> list[SendResult]:
        sender = open_sender(simulator.settings(), medium)
        results = await sender.send(Batch(messages, EmailContent("S {{n}}", "<b>{{n}}</b>", "T {{n}}")))
        await sender.aclose()
        return results

    return asyncio.run(run())


def test_what_was_still_under_way_is_forgotten_with_the_rest(simulator, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PROVIDER_TIMEOUT_S", "0.2")
    simulator.control("PUT", "script", {"callbacks": "off", "slow_rate": 1, "slow_s": 0.6})
    [late] = send(simulator, Medium.SMS, OutboundMessage("1-a", "+33612345678", "Shalom"))
    assert late.verdict is Verdict.UNKNOWN
    simulator.control("DELETE", "messages")
    # Slower than the first, which has come to its end when this one is taken.
    monkeypatch.setenv("PROVIDER_TIMEOUT_S", "20")
    send(simulator, Medium.SMS, OutboundMessage("2-a", "+33612345679", "Shalom"))
    assert simulator.control("GET", "counts")["total"] == 1


def fetch(simulator: RunningSimulator, path: str, **headers: str) -> tuple[str, dict[str, str]]:
    request = Request(
        simulator.origin + path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    with urlopen(request, timeout=60) as response:
        return response.read().decode(), dict(response.headers)


def test_the_page_shows_what_arrived_and_escapes_it(simulator):
    send(simulator, Medium.SMS, OutboundMessage("1-a", "+33612345678", "<script>alert(1)</script>"))
    send(simulator, Medium.EMAIL, OutboundMessage("2-a", "ruth@example.org", substitutions={"{{n}}": "Zoé <3"}))
    page, headers = fetch(simulator, "/simulator")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>" not in page
    assert "S Zoé &lt;3" in page
    assert "default-src 'none'" in headers["content-security-policy"]


def test_an_email_opens_in_a_sandbox(simulator):
    send(simulator, Medium.EMAIL, OutboundMessage("2-a", "ruth@example.org", substitutions={"{{n}}": "Zoé"}))
    [message] = simulator.control("GET", "messages")["messages"]
    body, headers = fetch(simulator, f"/simulator/emails/{message['index']}")
    assert body == "<b>Zoé</b>"
    assert "sandbox" in headers["content-security-policy"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", ""])
def test_another_host_is_refused(simulator, host):
    with pytest.raises(HTTPError, match="403"):
        fetch(simulator, "/simulator", host=host or "x")


def test_another_site_cannot_change_anything(simulator):
    request = Request(
        simulator.origin + "/simulator/messages", method="DELETE", headers={"sec-fetch-site": "cross-site"}
    )
    with pytest.raises(HTTPError, match="403"):
        urlopen(request, timeout=60)


def test_the_buttons_move_the_whatsapp_account(simulator):
    for value, shown in (("0", "disconnected"), ("1", "connected")):
        with urlopen(
            Request(simulator.origin + "/simulator/whatsapp", f"connect={value}".encode()), timeout=5
        ) as answer:
            assert f">{shown}</b>" in answer.read().decode()


def test_a_script_is_read_back_and_replaced_whole(simulator):
    assert simulator.control("PUT", "script", {"throttle_rate": 0.5})["throttle_rate"] == 0.5
    assert simulator.control("PUT", "script", {"seed": 9})["throttle_rate"] == 0
    demo = simulator.control("PUT", "script", {"preset": "demo", "open_rate": 1})
    assert (demo["open_rate"], demo["read_rate"]) == (1, 0.6)
    assert simulator.control("GET", "script") == demo


@pytest.mark.parametrize(
    "values",
    [
        {"nonsense": 1},
        {"throttle_rate": 2},
        {"throttle_rate": "1"},
        {"unauthorized": 1},
        {"callbacks": "maybe"},
        {"callback_delay_s": [1]},
        {"fail_later_codes": []},
        {"preset": "chaos"},
    ],
)
def test_a_wrong_script_is_refused(simulator, values):
    with pytest.raises(HTTPError, match="400"):
        simulator.control("PUT", "script", values)


def test_the_judge_sees_duplicates(simulator):
    message = OutboundMessage("1-a", "+33612345678", "Hello")
    send(simulator, Medium.SMS, message, message)
    counts = simulator.control("GET", "counts")
    assert (counts["by_address_max"], counts["duplicate_count"]) == (2, 1)
    assert counts["duplicates"] == [{"medium": "sms", "to": "+33612345678", "count": 2}]
    assert counts["requests_per_second"]["sms"] >= 1
    simulator.control("DELETE", "messages")
    assert simulator.control("GET", "counts")["total"] == 0


def test_a_throttled_provider_takes_nothing_however_often_it_is_asked(simulator):
    def verdicts() -> set[tuple[Verdict, float | None]]:
        sms = send(simulator, Medium.SMS, OutboundMessage("1-a", "+33612345678", "Hello"))
        email = send(simulator, Medium.EMAIL, OutboundMessage("2-a", "ruth@example.org"))
        return {(result.verdict, result.retry_after_s) for result in (*sms, *email)}

    simulator.control("PUT", "script", {"throttled": True, "retry_after_s": 5})
    assert verdicts() == verdicts() == {(Verdict.DEFERRED, 5.0)}
    simulator.control("PUT", "script", {"throttled": True, "retry_after_s": 0})
    assert verdicts() == {(Verdict.DEFERRED, None)}, "it need not say when"
    assert simulator.control("GET", "counts")["total"] == 0
    simulator.control("PUT", "script", {"callbacks": "off"})
    assert verdicts() == {(Verdict.ACCEPTED, None)}


def test_messages_can_be_asked_for_by_address(simulator):
    send(simulator, Medium.SMS, *(OutboundMessage("1-a", f"+3361234567{n}", "Hello") for n in range(5)))
    assert len(simulator.control("GET", "messages?limit=2")["messages"]) == 2
    [message] = simulator.control("GET", "messages?to=%2B33612345673")["messages"]
    assert (message["to"], message["medium"], message["status"]) == ("+33612345673", "sms", "delivered")


def test_credentials_are_the_same_on_every_start(tmp_path: Path):
    first = simulator_environment(tmp_path, "key", "http://127.0.0.1:1", "http://127.0.0.1:2")
    assert simulator_environment(tmp_path, "key", "http://127.0.0.1:1", "http://127.0.0.1:2") == first
    other = simulator_environment(tmp_path, "another key", "http://127.0.0.1:1", "http://127.0.0.1:2")
    assert other["twilio"]["TWILIO_AUTH_TOKEN"] != first["twilio"]["TWILIO_AUTH_TOKEN"]
    assert set(first) == {"twilio", "sendgrid", "whatsapp", "stripe"}
    assert stat.S_IMODE((tmp_path / "simulator" / "events.pem").stat().st_mode) == 0o600


def test_it_starts_alone_and_stops_at_a_signal(tmp_path: Path):
    command = [sys.executable, "-m", "backend.simulator", "--port", "0", "--data-dir", str(tmp_path)]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, "SECRET_KEY": "k" * 40}
    ) as process:
        assert process.stderr is not None
        line = next(line for line in process.stderr if "running on" in line)
        assert "127.0.0.1" in line
        process.terminate()
        assert process.wait(60) in {0, -15}
