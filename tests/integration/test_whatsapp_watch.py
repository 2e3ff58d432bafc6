"""The scheduler's eye on the WhatsApp account: what needs no person comes back by itself, anything else is told."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from backend import realtime
from backend.database import reading
from backend.domain.channels import ConnectionState
from backend.domain.rights import Right, Role
from backend.providers.whatsapp.sessions import SessionStatus
from backend.repositories import organisations
from backend.services import whatsapp_pairing, whatsapp_watch
from backend.services.acting import ActingUser
from backend.services.whatsapp_watch import WhatsAppWatch
from backend.settings import get_settings
from backend.simulator.serving import RunningSimulator

SETTER = ActingUser(None, "office@example.org", "Office", Role.SECONDARY, frozenset({Right.SETTINGS_EDIT}))


def do(gateway: RunningSimulator, action: str) -> None:
    gateway.control("POST", "whatsapp/phone", {"do": action})


def session_of(gateway: RunningSimulator) -> str:
    return gateway.control("GET", "whatsapp/phone")["status"]


def stored() -> tuple[ConnectionState, bool]:
    with reading() as session:
        organisation = organisations.get(session)
        return organisation.whatsapp_state, organisation.whatsapp_paired


def look(watch: WhatsAppWatch) -> ConnectionState:
    return watch.look(get_settings())


def test_a_session_that_lost_its_phone_is_started_again_by_itself(gateway: RunningSimulator) -> None:
    watch = WhatsAppWatch()
    assert look(watch) is ConnectionState.CONNECTED
    do(gateway, "drop")
    assert look(watch) is ConnectionState.DISCONNECTED, "told first"
    assert session_of(gateway) == "WORKING", "and helped at once"
    assert look(watch) is ConnectionState.CONNECTED
    assert stored() == (ConnectionState.CONNECTED, True)


def test_who_was_logged_out_needs_a_scan_and_is_not_started_again_and_again(
    gateway: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = WhatsAppWatch()
    look(watch)
    do(gateway, "unlink")
    look(watch)
    assert session_of(gateway) == "SCAN_QR_CODE", "tried once: only then it shows that it was logged out"
    look(watch)
    assert stored() == (ConnectionState.DISCONNECTED, False)
    do(gateway, "expire")
    asked: list[SessionStatus] = []
    monkeypatch.setattr(whatsapp_watch, "start_again", lambda _settings, status: asked.append(status))
    assert [look(watch) for _ in range(3)] == [ConnectionState.DISCONNECTED] * 3
    assert asked == []
    do(gateway, "connect")
    assert (look(watch), stored()[1]) == (ConnectionState.CONNECTED, True)


def test_a_phone_that_somebody_disconnected_stays_so(gateway: RunningSimulator) -> None:
    watch = WhatsAppWatch()
    look(watch)
    whatsapp_pairing.disconnect(SETTER)
    assert [look(watch) for _ in range(2)] == [ConnectionState.DISCONNECTED] * 2
    assert session_of(gateway) == "STOPPED"
    assert stored() == (ConnectionState.DISCONNECTED, False)


def test_a_gateway_that_nobody_can_reach_is_told_as_such(
    gateway: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    signals: list[None] = []
    monkeypatch.setattr(realtime, "signal_list", lambda: signals.append(None))
    watch = WhatsAppWatch()
    look(watch)
    before = len(signals)
    monkeypatch.setenv("WHATSAPP_GATEWAY_URL", "http://127.0.0.1:9")
    get_settings.cache_clear()
    assert [look(watch) for _ in range(2)] == [ConnectionState.UNREACHABLE] * 2
    assert len(signals) == before + 1, "the pages are told of the change, once"
    monkeypatch.setenv("WHATSAPP_GATEWAY_URL", gateway.origin)
    get_settings.cache_clear()
    assert look(watch) is ConnectionState.CONNECTED
    assert len(signals) == before + 2


@pytest.fixture
def failing(gateway: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], list[SessionStatus]]:
    """A paired session that fails whatever is done; gives what was tried until a moment, looked at every second."""
    del gateway
    watch, tried, now_s = WhatsAppWatch(), list[SessionStatus](), [0.0]
    look(watch)

    async def status(_settings: object) -> SessionStatus:
        return SessionStatus.FAILED

    async def start(_settings: object, session: SessionStatus) -> bool:
        tried.append(session)
        return False

    monkeypatch.setattr(whatsapp_watch, "session_status", status)
    monkeypatch.setattr(whatsapp_watch, "start_again", start)
    monkeypatch.setattr(time, "monotonic", lambda: now_s[0])

    def until(moment_s: float) -> list[SessionStatus]:
        while now_s[0] < moment_s:
            look(watch)
            now_s[0] += 1
        return tried

    return until


def test_a_session_that_keeps_failing_is_tried_less_and_less_often(
    failing: Callable[[float], list[SessionStatus]],
) -> None:
    assert len(failing(5)) == 1
    assert len(failing(6)) == 2
    assert len(failing(16)) == 3, "5 s, then 10 s, then 20 s"
    assert len(failing(36)) == 4
