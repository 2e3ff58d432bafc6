from __future__ import annotations

from datetime import UTC, datetime

import pytest

from backend.domain.channels import ConnectionState
from backend.services.whatsapp_overview import Care, WhatsAppAccount, WhatsAppOverview, WhatsAppWay
from unisoft_ui.texts import settings as texts
from unisoft_ui.view_models.whatsapp_settings import STATE_ICONS, whatsapp_shown

SINCE = datetime(2026, 9, 16, 8, 24, tzinfo=UTC)
NOBODY = WhatsAppAccount()


def overview(
    way: WhatsAppWay, state: ConnectionState, since: datetime | None = SINCE, care: Care | None = None
) -> WhatsAppOverview:
    return WhatsAppOverview(
        way, state, since, "Europe/Paris", has_template=False, care=care, may_connect=False, may_disconnect=False
    )


def test_who_is_connected_since_when() -> None:
    account = WhatsAppAccount("+33142001836", "Beth Shalom")
    shown = whatsapp_shown(overview(WhatsAppWay.GATEWAY, ConnectionState.CONNECTED), account)
    assert (shown.number, shown.account) == ("+33 1 42 00 18 36", "Beth Shalom")
    assert shown.since == "Wednesday 16 September 2026, 10:24"


@pytest.mark.parametrize("state", ConnectionState)
def test_each_state_of_a_gateway_has_its_own_words_and_look(state: ConnectionState) -> None:
    shown = whatsapp_shown(overview(WhatsAppWay.GATEWAY, state, None), NOBODY)
    assert (shown.state.label, shown.note, shown.since) == (texts.STATES[state], texts.GATEWAY_NOTES[state], "")
    assert shown.state.icon in STATE_ICONS
    looks = {whatsapp_shown(overview(WhatsAppWay.GATEWAY, each), NOBODY).state for each in ConnectionState}
    assert len(looks) == len(ConnectionState)


@pytest.mark.parametrize(
    ("today", "cap", "told"),
    [
        (37, 1_500, "37 of 1,500 messages sent today"),
        (0, 200, "0 of 200 messages sent today"),
        (1_037, 0, "1,037 messages sent today"),
        (1, 0, "1 message sent today"),
        (None, 200, ""),
    ],
)
def test_how_much_of_the_day_is_used(today: int | None, cap: int, told: str) -> None:
    by_phone = overview(WhatsAppWay.GATEWAY, ConnectionState.CONNECTED, care=Care(3, 2, cap))
    assert whatsapp_shown(by_phone, NOBODY, today).today == told
    assert whatsapp_shown(overview(WhatsAppWay.TWILIO, ConnectionState.CONNECTED), NOBODY, today).today == ""


def test_what_no_phone_is_linked_for() -> None:
    twilio = whatsapp_shown(overview(WhatsAppWay.TWILIO, ConnectionState.CONNECTED), WhatsAppAccount("+33939000002"))
    assert (twilio.state.label, twilio.note) == (texts.SET_UP, texts.TWILIO_NOTE)
    assert twilio.template == texts.TEMPLATE_MISSING
    nothing = whatsapp_shown(overview(WhatsAppWay.NONE, ConnectionState.DISCONNECTED, None), NOBODY)
    assert (nothing.state.label, nothing.note) == (texts.NOT_SET_UP, texts.NONE_NOTE)


@pytest.mark.parametrize(
    ("care", "pace", "daily_cap"),
    [
        (
            Care(3, 2, 1_500),
            "One message every 3 s, up to 2 s sooner or later by chance",
            "1,500 messages. What is left then leaves the next day.",
        ),
        (Care(0.5, 0, 0), "One message every 0.5 s", texts.NO_CAP),
        (Care(0, 0, 0), texts.NO_PAUSE, texts.NO_CAP),
        (None, "", ""),
    ],
)
def test_the_care_of_a_number(care: Care | None, pace: str, daily_cap: str) -> None:
    shown = whatsapp_shown(overview(WhatsAppWay.GATEWAY, ConnectionState.CONNECTED, care=care), NOBODY)
    assert (shown.pace, shown.daily_cap) == (pace, daily_cap)
