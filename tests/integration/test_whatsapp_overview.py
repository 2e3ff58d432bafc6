from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from backend import clock
from backend.database import reading
from backend.domain.channels import ConnectionState
from backend.domain.rights import Right, Role
from backend.errors import ForbiddenError
from backend.models import AuditEntry
from backend.services import upkeep
from backend.services.acting import ActingUser
from backend.services.frames import page_frame
from backend.services.whatsapp_overview import WhatsAppAccount, WhatsAppWay, whatsapp_account, whatsapp_overview
from backend.services.whatsapp_pairing import begin
from backend.settings import get_settings
from tests.integration.test_whatsapp_pairing import do

STRANGER = ActingUser(None, "stranger@example.org", "Stranger", Role.SECONDARY, frozenset({Right.CAMPAIGNS_EDIT}))
SENDER = replace(STRANGER, rights=frozenset({Right.CAMPAIGNS_SEND}))
SETTER = replace(STRANGER, rights=frozenset({Right.SETTINGS_EDIT}))


def test_the_connection_of_a_phone_is_told_with_its_account(phone):
    upkeep.note_whatsapp_state(ConnectionState.DISCONNECTED)
    below = whatsapp_overview(SETTER)
    assert (below.way, below.state) == (WhatsAppWay.GATEWAY, ConnectionState.DISCONNECTED)
    assert (below.may_connect, below.may_disconnect) == (True, False)
    assert below.care is not None
    assert below.care.daily_cap == get_settings().whatsapp_gateway_daily_cap
    assert whatsapp_account(SETTER) == WhatsAppAccount()
    begin(SETTER)
    do(phone, "scan", number="+33142001836", profile_name="Beth Shalom")
    upkeep.note_whatsapp_state(ConnectionState.CONNECTED)
    assert whatsapp_account(SENDER) == WhatsAppAccount("+33142001836", "Beth Shalom")
    assert (whatsapp_overview(SETTER).may_connect, whatsapp_overview(SETTER).may_disconnect) == (False, True)
    assert not whatsapp_overview(SENDER).may_disconnect, "that takes the right to edit the settings"
    assert page_frame(STRANGER).whatsapp_connected


@pytest.mark.usefixtures("database")
def test_since_when_is_when_it_changed(monkeypatch):
    monkeypatch.setenv("WHATSAPP_GATEWAY_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("WHATSAPP_GATEWAY_KEY", "key")
    monkeypatch.setenv("WHATSAPP_GATEWAY_HMAC_KEY", "its key")
    get_settings.cache_clear()
    assert whatsapp_overview(SENDER).since is None, "nobody noted it"
    start = clock.now()
    upkeep.note_whatsapp_state(ConnectionState.CONNECTED)
    since = whatsapp_overview(SENDER).since
    assert since is not None
    assert start - timedelta(seconds=1) <= since
    upkeep.note_whatsapp_state(ConnectionState.CONNECTED)
    assert whatsapp_overview(SENDER).since == since
    with reading() as session:
        noted = session.exec(select(AuditEntry.action).where(AuditEntry.subject == "whatsapp_state")).all()
    assert noted == ["connected"]
    upkeep.note_whatsapp_state(ConnectionState.UNREACHABLE)
    assert whatsapp_overview(SENDER).state is ConnectionState.UNREACHABLE
    assert whatsapp_account(SENDER) == WhatsAppAccount(), "nobody is asked"


@pytest.mark.usefixtures("database")
def test_a_sender_at_twilio_has_no_phone_to_link(monkeypatch):
    upkeep.note_whatsapp_state(ConnectionState.CONNECTED)
    overview = whatsapp_overview(SETTER)
    assert (overview.way, overview.may_connect, overview.may_disconnect) == (WhatsAppWay.TWILIO, False, False)
    assert whatsapp_account(SENDER) == WhatsAppAccount("+33939000002")
    assert whatsapp_account(STRANGER) == WhatsAppAccount()
    monkeypatch.setenv("TWILIO_WHATSAPP_FROM", "")
    get_settings.cache_clear()
    nothing = whatsapp_overview(SETTER)
    assert (nothing.way, nothing.state, nothing.since) == (WhatsAppWay.NONE, ConnectionState.DISCONNECTED, None)


@pytest.mark.usefixtures("database")
def test_sending_or_changing_settings_is_needed():
    with pytest.raises(ForbiddenError):
        whatsapp_overview(STRANGER)
