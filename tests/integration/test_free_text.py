"""Twilio takes any text by WhatsApp for a day after a person's last message, and a template otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from backend import clock
from backend.database import get_engine, unit_of_work
from backend.domain.channels import Channel, Medium
from backend.domain.statuses import RecipientStatus, RunState
from backend.models import InboundMessage
from backend.providers import open_sender
from backend.providers.base import Batch, OutboundMessage
from backend.services import free_text, sending
from backend.services.acting import OPERATOR
from backend.services.draft_input import DraftInput
from backend.services.free_text import with_free_text_noted
from backend.services.samples import send_sample
from backend.settings import get_settings
from backend.simulator.serving import RunningSimulator
from tests.integration.test_sending import run_state, statuses
from tests.makers import connect_whatsapp, make_contacts, make_run

pytestmark = pytest.mark.usefixtures("database")

CONTENT_SID = "HX" + "0" * 32


@pytest.fixture
def with_template(simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting, beside the simulated providers."""
    monkeypatch.setenv("TWILIO_WHATSAPP_CONTENT_SID", CONTENT_SID)
    get_settings.cache_clear()


def wrote(address: str, ago: timedelta, **values: Any) -> None:
    given = {"provider": "twilio", "medium": Medium.WHATSAPP, "text": "Shalom", **values}
    with unit_of_work() as session:
        session.add(
            InboundMessage(
                provider_message_id=f"{address}-{ago}", address=address, received_at=clock.now() - ago, **given
            )
        )


def noted(*addresses: str, medium: Medium = Medium.WHATSAPP) -> list[bool]:
    """Which of these would be sent free text."""

    async def ask() -> Batch:
        sender = open_sender(get_settings(), medium)
        try:
            return await with_free_text_noted(sender, Batch([OutboundMessage("1-ref", to, "x") for to in addresses]))
        finally:
            await sender.aclose()

    return [message.takes_free_text for message in asyncio.run(ask()).messages]


def statements(act: Callable[[], object]) -> int:
    """How many questions it asks of the replies."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        found.append(statement)

    event.listen(get_engine(), "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(get_engine(), "before_cursor_execute", note)
    return sum("FROM inbound_message" in statement for statement in found)


def drain(campaign_id: int) -> None:
    asyncio.run(sending.drain(campaign_id, stopping=lambda: False, slice_s=8))


def test_only_a_message_by_whatsapp_to_the_same_account_within_a_day_counts(with_template: None) -> None:
    wrote("+33600000001", timedelta(hours=23))
    wrote("+33600000001", timedelta(hours=50))
    wrote("+33600000002", timedelta(hours=24))
    wrote("+33600000003", timedelta(hours=1), medium=Medium.SMS)
    wrote("+33600000004", timedelta(hours=1), provider="whatsapp")
    assert noted(*(f"+3360000000{number}" for number in range(1, 6))) == [True, False, False, False, False]


def test_a_window_asks_once_and_nobody_asks_without_the_setting(
    with_template: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert statements(lambda: noted(*(f"+336{number:08}" for number in range(64)))) == 1
    assert statements(lambda: noted("+33600000001", medium=Medium.SMS)) == 0
    monkeypatch.delenv("TWILIO_WHATSAPP_CONTENT_SID")
    get_settings.cache_clear()
    assert statements(lambda: noted("+33600000001")) == 0


def test_everybody_gets_a_template_while_the_database_does_not_answer(
    with_template: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_arguments: object) -> set[str]:
        raise OperationalError("SELECT", {}, Exception("gone"))

    wrote("+33600000001", timedelta(hours=1))
    monkeypatch.setattr(free_text.inbound_messages, "addresses_heard_since", lost)
    assert noted("+33600000001") == [False]


def test_a_run_reaches_everybody_with_the_template_and_halts_without(
    simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.control("PUT", "script", {"callbacks": "off", "whatsapp_window": True})
    connect_whatsapp()
    make_contacts(3)
    halted = make_run(Channel.WHATSAPP)
    drain(halted)
    assert run_state(halted) is RunState.HALTED
    assert statuses(halted) == {RecipientStatus.PENDING: 3}
    monkeypatch.setenv("TWILIO_WHATSAPP_CONTENT_SID", CONTENT_SID)
    get_settings.cache_clear()
    reached = make_run(Channel.WHATSAPP)
    drain(reached)
    assert statuses(reached) == {RecipientStatus.ACCEPTED: 3}
    assert simulator.control("GET", "counts")["by_address_max"] == 1


def test_a_test_message_goes_as_a_template_too(simulator: RunningSimulator, with_template: None) -> None:
    simulator.control("PUT", "script", {"callbacks": "off", "whatsapp_window": True})
    connect_whatsapp()
    draft = DraftInput(title="T", channel=Channel.WHATSAPP, whatsapp_text="One\ntwo", everyone=True)
    outcome = send_sample(OPERATOR, draft, "whatsapp", "+33612345678")
    assert outcome.vendor_code is None
    assert simulator.control("GET", "counts")["by_medium"]["whatsapp"] == 1
