from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from sqlmodel import select

from backend import clock
from backend.database import reading
from backend.domain.channels import Channel, ConnectionState
from backend.domain.rights import Right, Role
from backend.domain.statuses import RunState
from backend.errors import ForbiddenError
from backend.models import AuditEntry
from backend.repositories import campaigns, organisations
from backend.services import whatsapp_pairing
from backend.services.acting import ActingUser
from backend.services.whatsapp_pairing import Pairing, PairingState, begin, disconnect, look
from backend.settings import get_settings
from backend.simulator.serving import RunningSimulator, serving
from tests.makers import connect_whatsapp, leave_waiting, make_contacts, make_run

STRANGER = ActingUser(None, "stranger@example.org", "Stranger", Role.SECONDARY, frozenset({Right.CAMPAIGNS_VIEW}))
SENDER = replace(STRANGER, rights=frozenset({Right.CAMPAIGNS_SEND}))
SETTER = replace(STRANGER, rights=frozenset({Right.SETTINGS_EDIT}))


def do(phone: RunningSimulator, action: str, **values: str) -> dict[str, Any]:
    return phone.control("POST", "whatsapp/phone", {"do": action, **values})


def stored_state() -> ConnectionState:
    with reading() as session:
        return organisations.get(session).whatsapp_state


@pytest.mark.parametrize("act", [begin, look])
def test_sending_or_changing_settings_is_needed(phone, act):
    with pytest.raises(ForbiddenError):
        act(STRANGER)
    assert act(SENDER).state is not PairingState.UNREACHABLE
    assert act(SETTER).state is not PairingState.UNREACHABLE


def test_who_may_only_send_cannot_disconnect(phone):
    with pytest.raises(ForbiddenError):
        disconnect(SENDER)


def test_a_phone_is_paired(phone):
    assert look(SENDER) == Pairing(PairingState.FAILED), "nothing is started by looking"
    assert begin(SENDER) == Pairing(PairingState.STARTING)
    shown = look(SENDER)
    assert shown.state is PairingState.SCAN
    assert shown.qr_text == phone.control("GET", "whatsapp/phone")["qr_text"]
    do(phone, "scan", number="+33142001836", profile_name="Beth Shalom")
    assert look(SENDER) == Pairing(PairingState.CONNECTED, number="+33142001836", profile_name="Beth Shalom")
    assert begin(SENDER).state is PairingState.CONNECTED, "and stays so"


def test_a_connection_lets_waiting_runs_go_on_at_once(phone):
    make_contacts(2)
    connect_whatsapp()
    campaign_id = leave_waiting(make_run(Channel.WHATSAPP))
    begin(SENDER)
    look(SENDER)
    assert run_state(campaign_id) is RunState.WAITING_CONNECTION
    do(phone, "scan")
    look(SENDER)
    assert run_state(campaign_id) is RunState.SENDING
    assert stored_state() is ConnectionState.CONNECTED


def run_state(campaign_id: int) -> RunState:
    with reading() as session:
        return campaigns.get(session, campaign_id).run_state


def test_a_code_is_replaced_and_its_end_is_told(phone, monkeypatch):
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    begin(SENDER)
    first = look(SENDER)
    assert first.expires_at == now + timedelta(seconds=60)
    now += timedelta(seconds=30)
    assert look(SENDER) == first, "looking again does not make it last longer"
    do(phone, "next")
    later = look(SENDER)
    assert later.qr_text != first.qr_text
    assert later.expires_at == now + timedelta(seconds=20)


def test_when_every_code_expired_a_new_one_can_be_asked_for(phone):
    begin(SENDER)
    old = look(SENDER)
    do(phone, "expire")
    assert look(SENDER) == Pairing(PairingState.FAILED)
    begin(SENDER)
    new = look(SENDER)
    assert (new.state, new.qr_text != old.qr_text) == (PairingState.SCAN, True)


def test_a_refusal_on_the_phone_fails(phone):
    begin(SENDER)
    do(phone, "refuse")
    assert look(SENDER).state is PairingState.FAILED
    with pytest.raises(HTTPError, match="409"):
        do(phone, "refuse")


def test_begin_shows_the_code_that_is_there_already(phone):
    begin(SENDER)
    shown = look(SENDER)
    assert begin(SETTER) == shown


def test_the_phone_logs_out(phone):
    begin(SENDER)
    do(phone, "scan")
    assert look(SENDER).state is PairingState.CONNECTED
    do(phone, "unlink")
    assert look(SENDER).state is PairingState.FAILED


def test_disconnecting_forgets_the_phone_and_is_written_down(phone):
    begin(SENDER)
    do(phone, "scan")
    look(SENDER)
    assert disconnect(SETTER) == disconnect(SETTER) == Pairing(PairingState.FAILED)
    assert stored_state() is ConnectionState.DISCONNECTED
    begin(SENDER)
    assert look(SENDER).state is PairingState.SCAN, "a code is needed again"
    with reading() as session:
        assert [entry.action for entry in session.exec(select(AuditEntry).where(AuditEntry.subject == "whatsapp"))] == [
            "disconnect",
            "disconnect",
        ]


def test_the_simulated_phone_has_a_button_for_each_act(phone):
    begin(SENDER)
    for act, button in (("scan", "Log out by the phone"), ("unlink", "Connect without a code")):
        with urlopen(Request(f"{phone.origin}/simulator/whatsapp", f"do={act}".encode()), timeout=5) as answer:
            page = answer.read().decode()
        assert f">{button}</button>" in page
        assert ">Scan the code</button>" not in page
    begin(SENDER)
    with urlopen(f"{phone.origin}/simulator", timeout=5) as answer:
        page = answer.read().decode()
    assert all(f'value="{act}"' in page for act in ("scan", "refuse", "next", "expire"))


def test_the_simulated_phone_does_nothing_for_another_site(phone):
    begin(SENDER)
    headers = {"Sec-Fetch-Site": "cross-site"}
    for path in ("whatsapp", "whatsapp/phone"):
        with pytest.raises(HTTPError, match="403"):
            urlopen(Request(f"{phone.origin}/simulator/{path}", b"do=scan", headers), timeout=5)
    with pytest.raises(HTTPError, match="400"):
        do(phone, "dance")
    assert look(SENDER).state is PairingState.SCAN


def test_without_a_gateway_nothing_can_be_paired(phone, monkeypatch):
    monkeypatch.setenv("WHATSAPP_GATEWAY_URL", "")
    get_settings.cache_clear()
    assert begin(SENDER) == look(SENDER) == disconnect(SETTER) == Pairing(PairingState.NOT_CONFIGURED)


def test_a_wrong_key_is_unreachable(phone, monkeypatch):
    monkeypatch.setenv("WHATSAPP_GATEWAY_KEY", "wrong")
    get_settings.cache_clear()
    assert begin(SENDER) == look(SENDER) == disconnect(SETTER) == Pairing(PairingState.UNREACHABLE)


def test_a_gateway_that_is_down_or_silent_is_unreachable_in_time(phone, monkeypatch):
    connect_whatsapp()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        use_gateway(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setenv("PROVIDER_TIMEOUT_S", "0.2")
        get_settings.cache_clear()
        began_s = time.monotonic()
        assert begin(SENDER) == look(SENDER) == disconnect(SETTER) == Pairing(PairingState.UNREACHABLE)
    assert look(SENDER).state is PairingState.UNREACHABLE, "nobody listens any more"
    assert time.monotonic() - began_s < 30
    assert stored_state() is ConnectionState.CONNECTED, "what is not known is not stored"


@pytest.mark.parametrize(
    "body", [b"<html>", b"null", b"[]", b'{"status": 5}', b'{"status": "DANCING"}', b"", b"\xff", b"[" * 100_000]
)
def test_another_answer_is_unreachable(phone, monkeypatch, body):
    with gateway_answering(monkeypatch, {"/api/sessions/default": (200, body)}):
        assert begin(SENDER) == look(SENDER) == Pairing(PairingState.UNREACHABLE)


def test_an_endless_answer_is_unreachable(phone, monkeypatch):
    with gateway_answering(monkeypatch, {"/api/sessions/default": (200, b" " * 1_000_000 + b'{"status": "WORKING"}')}):
        assert look(SENDER) == Pairing(PairingState.UNREACHABLE)


@pytest.mark.parametrize("answer", [(422, {"message": "not as expected"}), (200, {"value": None}), (200, {})])
def test_a_code_that_is_not_there_yet_has_nothing_to_scan(phone, monkeypatch, answer):
    session = {"status": "SCAN_QR_CODE", "me": None}
    with gateway_answering(monkeypatch, {"/api/sessions/default": (200, session), "/api/default/auth/qr": answer}):
        assert look(SENDER) == Pairing(PairingState.SCAN)


def test_a_session_is_made_the_first_time(phone, monkeypatch):
    missing = (404, {"message": "Session not found"})
    answers = {
        "/api/sessions/default": missing,
        "/api/sessions/default/start": missing,
        "/api/sessions": (201, {"status": "STARTING"}),
    }
    with gateway_answering(monkeypatch, answers) as asked:
        assert look(SENDER) == Pairing(PairingState.FAILED)
        assert begin(SENDER) == Pairing(PairingState.STARTING)
    assert asked[-1] == ("POST", "/api/sessions", {"name": "default", "start": True})


@pytest.mark.parametrize(
    ("account", "number", "name"),
    [
        ({"id": "33142001836@c.us", "pushName": "Beth Shalom"}, "+33142001836", "Beth Shalom"),
        ({"id": "33142001836:12@s.whatsapp.net"}, "+33142001836", ""),
        ({"id": "123456789012345@lid", "pushName": 5}, "", ""),
        ({"id": None}, "", ""),
        (None, "", ""),
        ("odd", "", ""),
    ],
)
def test_the_account_is_shown_as_far_as_it_is_told(phone, monkeypatch, account, number, name):
    with gateway_answering(monkeypatch, {"/api/sessions/default": (200, {"status": "WORKING", "me": account})}):
        assert look(SENDER) == Pairing(PairingState.CONNECTED, number=number, profile_name=name)


def test_the_code_is_in_no_representation():
    assert "2@secret" not in repr(Pairing(PairingState.SCAN, "2@secret"))


@contextmanager
def gateway_answering(
    monkeypatch: pytest.MonkeyPatch, answers: dict[str, tuple[int, Any]]
) -> Iterator[list[tuple[str, str, Any]]]:
    """Another gateway; gives what it was asked."""
    asked: list[tuple[str, str, Any]] = []

    async def answer(scope, receive, send):
        if scope["type"] != "http":
            return
        body = (await receive()).get("body", b"")
        asked.append((scope["method"], scope["path"], json.loads(body) if body else None))
        status, values = answers[scope["path"]]
        raw = values if isinstance(values, bytes) else json.dumps(values).encode()
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": raw})

    with serving(answer) as origin:
        use_gateway(monkeypatch, origin)
        yield asked


def use_gateway(monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    monkeypatch.setenv("WHATSAPP_GATEWAY_URL", origin)
    monkeypatch.setenv("WHATSAPP_GATEWAY_KEY", "key")
    monkeypatch.setenv("WHATSAPP_GATEWAY_HMAC_KEY", "its key")
    get_settings.cache_clear()


@pytest.fixture(autouse=True)
def _no_code_yet() -> None:
    whatsapp_pairing._code_on_show.begin()
