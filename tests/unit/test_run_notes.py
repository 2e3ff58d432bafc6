from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from backend.domain.channels import Medium
from backend.domain.hold_ups import HoldUp, HoldUpCode
from backend.domain.statuses import RunState
from tests.unit.test_view_models_campaigns import SENDING
from tests.unit.test_view_models_details import CAMPAIGN
from unisoft_ui.texts import campaigns as texts
from unisoft_ui.view_models.details import details
from unisoft_ui.view_models.run_notes import RunNote, run_note

NOW = datetime(2026, 9, 16, 12, 30, tzinfo=UTC)
SINCE = datetime(2026, 9, 16, 12, 5, tzinfo=UTC)
BUSY = HoldUp(HoldUpCode.PROVIDER_BUSY, SINCE, Medium.SMS)
STANDSTILL = HoldUp(HoldUpCode.STANDSTILL, SINCE)


def note(hold_up: HoldUp | None, zone: str = "Europe/Paris") -> RunNote:
    return run_note(replace(SENDING, hold_up=hold_up), zone, NOW)


def test_a_run_that_moves_shows_how_far_it_got() -> None:
    assert note(None) == RunNote("sending", "Sending 1,405 of 642")


def test_a_run_that_waits_for_its_provider_says_so_in_the_zone_of_the_organisation() -> None:
    shown = note(BUSY)
    assert (shown.tone, shown.text) == ("held_up", "Waiting for provider")
    assert shown.sentence == (
        "Waiting for the SMS provider since 14:05: it takes no messages at the moment. "
        "Nothing is lost: the sending goes on by itself as soon as it takes them again."
    )


def test_a_standstill_has_a_look_of_its_own() -> None:
    assert (note(STANDSTILL).tone, note(STANDSTILL).text) == ("standstill", "At a standstill")
    assert note(STANDSTILL).sentence.startswith("The sending has been at a standstill since 14:05:")


@pytest.mark.parametrize(
    ("zone", "told"), [("Europe/Paris", "since 00:10"), ("America/New_York", "since 15 Sep, 18:10")]
)
def test_the_day_is_named_when_it_is_not_today(zone: str, told: str) -> None:
    shown = run_note(
        replace(SENDING, hold_up=replace(BUSY, since=datetime(2026, 9, 15, 22, 10, tzinfo=UTC))),
        zone,
        datetime(2026, 9, 16, 5, tzinfo=UTC),
    )
    assert told in shown.sentence


@pytest.mark.parametrize("medium", Medium)
@pytest.mark.parametrize("code", HoldUpCode)
def test_every_hold_up_of_every_medium_has_its_words(code: HoldUpCode, medium: Medium) -> None:
    told = medium if code is not HoldUpCode.STANDSTILL else None
    shown = note(HoldUp(code, SINCE, told))
    assert "14:05" in shown.sentence
    assert (texts.PROVIDERS[medium] in shown.sentence) == bool(told)
    assert 0 < len(shown.text) <= len("Scheduled 25 Nov, 01:00"), "there is no room for more"
    assert not set("{}") & set(shown.text + shown.sentence)


def test_the_page_of_the_campaign_says_the_whole_sentence_under_the_state() -> None:
    view = details(replace(CAMPAIGN, hold_up=BUSY), NOW)
    assert (view.note, view.note_tone) == (note(BUSY).sentence, "orange")
    assert view.state.label == "Sending"
    assert not view.is_sending, "nothing moves in the bar"
    assert details(CAMPAIGN, NOW).note == ""


def test_a_state_that_is_not_sending_keeps_its_own_note() -> None:
    assert run_note(replace(SENDING, run_state=RunState.PAUSED), "Europe/Paris", NOW).text == "Paused"
