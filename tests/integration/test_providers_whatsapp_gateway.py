import asyncio
import json
import socket
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest

from backend.domain.channels import ConnectionState
from backend.logs import configure_logging
from backend.providers.whatsapp.gateway import connection_state, number_behind
from backend.providers.whatsapp.sessions import GatewayUnreachableError
from backend.settings import Settings
from backend.simulator.serving import RunningSimulator, running_simulator, serving


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    with running_simulator(tmp_path_factory.mktemp("simulator")) as running:
        yield running


def ask(settings: Settings) -> ConnectionState:
    return asyncio.run(connection_state(settings))


def post(settings: Settings, action: str) -> dict[str, object]:
    url = f"{settings.whatsapp_gateway_url}/api/session/{action}"
    request = Request(url, b"", {"X-Api-Key": settings.whatsapp_gateway_key}, method="POST")
    with urlopen(request, timeout=60) as response:
        return json.loads(response.read())


def test_the_account_disconnects_and_connects(simulator):
    settings = simulator.settings()
    assert ask(settings) is ConnectionState.CONNECTED
    assert post(settings, "disconnect")["status"] == "disconnected"
    assert ask(settings) is ConnectionState.DISCONNECTED
    assert post(settings, "connect")["status"] == "connected"
    assert ask(settings) is ConnectionState.CONNECTED


def test_the_number_behind_what_stands_for_it(simulator):
    settings = simulator.settings()
    assert asyncio.run(number_behind(settings, "87654321633@lid")) == "+33612345678"
    assert asyncio.run(number_behind(settings, "../me@lid")) is None
    assert asyncio.run(number_behind(simulator.settings(whatsapp_gateway_url=""), "87654321633@lid")) is None
    with pytest.raises(GatewayUnreachableError):
        asyncio.run(number_behind(simulator.settings(whatsapp_gateway_key="wrong"), "87654321633@lid"))


def test_a_wrong_key_cannot_tell(simulator):
    assert ask(simulator.settings(whatsapp_gateway_key="wrong")) is ConnectionState.UNREACHABLE


def test_nobody_listening_is_unreachable(simulator):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    settings = simulator.settings(whatsapp_gateway_url=f"http://127.0.0.1:{port}")
    assert ask(settings) is ConnectionState.UNREACHABLE


def test_silence_is_unreachable_in_time(simulator):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = simulator.settings(whatsapp_gateway_url=origin, provider_timeout_s=0.2)
        assert ask(settings) is ConnectionState.UNREACHABLE


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"status": 5}', b"", b"\xff"])
def test_another_answer_is_unreachable(simulator, body):
    async def other(scope, _receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": body})

    with serving(other) as origin:
        assert ask(simulator.settings(whatsapp_gateway_url=origin)) is ConnectionState.UNREACHABLE


def test_another_page_at_that_address_is_unreachable_and_not_merely_disconnected(simulator):
    async def other(scope, _receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b'{"message": "Cannot GET /api/sessions/default"}'})

    with serving(other) as origin:
        assert ask(simulator.settings(whatsapp_gateway_url=origin)) is ConnectionState.UNREACHABLE


def test_a_session_the_gateway_does_not_know_yet_is_disconnected(simulator):
    async def new(scope, _receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b'{"message": "Session not found"}'})

    with serving(new) as origin:
        assert ask(simulator.settings(whatsapp_gateway_url=origin)) is ConnectionState.DISCONNECTED


def test_the_key_is_in_no_log(simulator, capsys, own_logging):
    configure_logging(simulator.settings(whatsapp_gateway_key="wrong", log_format="json"), "test")
    assert ask(simulator.settings(whatsapp_gateway_key="a-very-secret-key")) is ConnectionState.UNREACHABLE
    written = "".join(capsys.readouterr())
    assert "gateway_unreachable" in written
    assert "401" in written
    assert "a-very-secret-key" not in written


def test_without_a_gateway_twilio_decides(simulator):
    settings = simulator.settings(whatsapp_gateway_url="", whatsapp_gateway_key="")
    assert ask(settings) is ConnectionState.CONNECTED
    no_sender = simulator.settings(whatsapp_gateway_url="", whatsapp_gateway_key="", twilio_whatsapp_from="")
    assert ask(no_sender) is ConnectionState.DISCONNECTED
