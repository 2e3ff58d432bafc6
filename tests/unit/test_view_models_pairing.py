from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from backend.services.whatsapp_pairing import Pairing, PairingState
from unisoft_ui.texts import whatsapp as texts
from unisoft_ui.view_models.pairing import Codes, Scene

NOW = datetime(2026, 9, 16, 8, 24, tzinfo=UTC)


def scan(text: str = "code", left_s: float = 60) -> Pairing:
    return Pairing(PairingState.SCAN, text, NOW + timedelta(seconds=left_s))


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_the_countdown_of_a_code() -> None:
    codes = Codes()
    assert codes.scene(scan(), NOW) == Scene("scan", "1:00", 100)
    assert codes.scene(scan(), after(22)) == Scene("scan", "0:38", 63)
    assert codes.scene(scan(), after(75)) == Scene("scan", "0:00", 0)


def test_the_ring_is_full_again_for_the_next_code() -> None:
    codes = Codes()
    codes.scene(scan(), NOW)
    assert codes.scene(scan("next", left_s=80), after(60)) == Scene("scan", "0:20", 100)


@pytest.mark.parametrize(("at_s", "status"), [(10, "refused"), (57, "expired"), (61, "expired")])
def test_a_failure_when_the_time_is_up_is_an_end_of_the_codes(at_s: float, status: str) -> None:
    codes = Codes()
    codes.scene(scan(), NOW)
    assert codes.scene(Pairing(PairingState.FAILED), after(at_s)).status == status


def test_a_failure_before_any_code_is_a_refusal() -> None:
    assert Codes().scene(Pairing(PairingState.FAILED), NOW).status == "refused"


def test_who_is_connected() -> None:
    pairing = Pairing(PairingState.CONNECTED, number="+33142001836", profile_name="Beth Shalom")
    scene = Codes().scene(pairing, NOW)
    assert (scene.status, scene.number, scene.profile_name) == ("connected", "+33 1 42 00 18 36", "Beth Shalom")


def test_looking_goes_on_until_something_ended() -> None:
    going = {state: Codes().scene(Pairing(state), NOW).has_ended for state in PairingState if state != "scan"}
    assert {state.value for state, ended in going.items() if not ended} == {"starting", "unreachable"}
    assert not Codes().scene(scan(), NOW).has_ended


@pytest.mark.parametrize(
    ("count", "sentence"), [(1, "1 recipient of “Kiddush” is"), (86, "86 recipients of “Kiddush” are")]
)
def test_for_whom_the_connection_is_needed(count: int, sentence: str) -> None:
    assert texts.waiting("Kiddush", count) == f"{sentence} waiting for this connection."


def test_a_scanned_code_is_being_linked_and_what_ends_that_is_no_end_of_the_code() -> None:
    codes = Codes()
    assert codes.scene(Pairing(PairingState.STARTING), NOW).status == "starting"
    codes.scene(scan(), NOW)
    assert codes.scene(Pairing(PairingState.SCAN), after(59)) == Scene("scan", "0:00"), "between two codes"
    assert codes.scene(Pairing(PairingState.STARTING), after(60)).status == "connecting"
    assert codes.scene(Pairing(PairingState.FAILED), after(61)).status == "refused"
