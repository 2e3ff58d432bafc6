"""What people answer: kept once, obeyed once, and in the order in which it was written."""

from __future__ import annotations

import asyncio
import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlmodel import Session

from backend import clock
from backend.database import reading, unit_of_work
from backend.domain.channels import Channel, Medium
from backend.domain.statuses import RecipientStatus
from backend.models import Contact, InboundMessage, OptOut, table_of
from backend.models.inbound_messages import LONGEST_TEXT
from backend.providers.base import InboundMessage as Told
from backend.repositories import delivery_events
from backend.services import sending
from backend.services.inbound import take_inbound
from backend.simulator.serving import RunningSimulator
from tests.integration.test_sending import statuses
from tests.makers import connect_whatsapp, make_contacts, make_run

pytestmark = pytest.mark.usefixtures("database")

NUMBER = "+33639800000"
_numbers = itertools.count(1)
_table = table_of(InboundMessage)


def told(words: str, message_id: str = "", ago_s: float | None = None, **values: Any) -> Told:
    """What a provider tells; `ago_s`: how long ago it was written, where it tells that."""
    written_at_s = None if ago_s is None else clock.now().timestamp() - ago_s
    given = {"provider": "twilio", "medium": Medium.SMS, "address": NUMBER, "written_at_s": written_at_s, **values}
    return Told(message_id=message_id or f"SM{next(_numbers)}", text=words, **given)


def take(words: str, message_id: str = "", ago_s: float | None = None, **values: Any) -> bool:
    return take_inbound(told(words, message_id, ago_s, **values))


def kept() -> list[InboundMessage]:
    with reading() as session:
        return list(session.execute(select(InboundMessage).order_by(_table.c.id)).scalars())


def is_out(medium: Medium = Medium.SMS, address: str = NUMBER) -> bool:
    with reading() as session:
        return session.get(OptOut, (medium, address)) is not None


@pytest.mark.parametrize("medium", [Medium.SMS, Medium.WHATSAPP])
def test_stop_and_start_hold_for_one_medium_and_one_address(medium: Medium) -> None:
    assert take("STOP", medium=medium)
    assert take("Stop", medium=medium)
    with reading() as session:
        [opt_out] = session.execute(select(OptOut)).scalars()
    assert (opt_out.medium, opt_out.address, opt_out.source) == (medium, NUMBER, "stop")
    take("START", medium=medium, address="+33639800001")
    take("Shalom", medium=medium)
    assert is_out(medium)
    take("START", medium=medium)
    assert not is_out(medium)


def test_a_reply_is_kept_once_and_bounded() -> None:
    [contact_id] = make_contacts(1, mobile_e164=NUMBER)
    long = "א\0\ud83d" + "x" * 5_000
    assert [take(long, "SM-long") for _ in range(3)] == [True, False, False]
    assert take(long, "SM-long", provider="whatsapp"), "another provider's message"
    first, _ = kept()
    assert (first.contact_id, first.medium, first.address, first.keyword) == (contact_id, Medium.SMS, NUMBER, None)
    assert first.text.startswith("א?x")
    assert len(first.text) <= LONGEST_TEXT
    assert not is_out()


def test_it_belongs_to_whoever_alone_has_the_address() -> None:
    make_contacts(1, mobile_e164="+33639800001", deleted_at=clock.now())
    [alone] = make_contacts(1, first=1, mobile_e164="+33639800001")
    make_contacts(2, first=2, mobile_e164="+33639800002")
    for address in ("+33639800001", "+33639800002", "+33639800003"):
        take("Shalom", address=address)
    assert [message.contact_id for message in kept()] == [alone, None, None]


def test_an_old_start_told_again_does_not_undo_a_later_stop() -> None:
    take("START", "SM-start")
    take("STOP")
    assert not take("START", "SM-start")
    assert is_out()


def test_what_was_obeyed_before_replies_were_kept_or_was_erased_since_is_not_obeyed_again() -> None:
    with unit_of_work() as session:
        delivery_events.store_inbound(session, "twilio", Medium.SMS, "SM-before", "START")
    take("START", "SM-erased")
    take("STOP")
    with unit_of_work() as session:
        session.execute(delete(_table))
    take("START", "SM-before")
    take("START", "SM-erased")
    assert is_out()


@pytest.mark.parametrize(
    ("came", "expected"),
    [
        ([("STOP", 20), ("START", 10)], False),
        ([("START", 10), ("STOP", 20)], False),
        ([("START", 20), ("STOP", 10)], True),
        ([("STOP", 10), ("START", 20)], True),
        ([("STOP", 10), ("Merci", 5), ("START", 20)], True),
        ([("STOP", 10), ("START", -1_000_000)], False),
    ],
)
def test_what_was_written_last_holds_in_whatever_order_it_comes(came: list[tuple[str, float]], expected: bool) -> None:
    for words, ago_s in came:
        take(words, ago_s=ago_s, provider="whatsapp", medium=Medium.WHATSAPP)
    assert is_out(Medium.WHATSAPP) is expected
    assert max(message.received_at for message in kept()) <= clock.now(), "nothing comes from the time to come"


def test_told_many_times_at_once_the_last_word_holds() -> None:
    messages = [told("START", "a", 30), told("STOP", "b", 20), told("START", "c", 10), told("STOP", "d", 5)] * 4
    with ThreadPoolExecutor(8) as pool:
        new = list(pool.map(take_inbound, messages))
    assert sum(new) == len(kept()) == 4
    assert is_out()


def test_nothing_is_kept_of_what_could_not_be_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_session: Session, *_rest: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("backend.services.inbound.opt_outs.add", full)
        with pytest.raises(OSError, match="full"):
            take("STOP", "SM-1")
    assert kept() == []
    assert take("STOP", "SM-1")
    assert is_out()


def test_a_contact_takes_its_replies_along() -> None:
    [contact_id] = make_contacts(1, mobile_e164=NUMBER)
    take("STOP")
    with unit_of_work() as session:
        session.execute(delete(table_of(Contact)).where(table_of(Contact).c.id == contact_id))
    assert kept() == []
    assert is_out(), "what was asked for holds for whoever has the address next"


@pytest.mark.parametrize("medium", [Medium.SMS, Medium.WHATSAPP])
def test_whoever_stops_after_the_validation_is_left_out(simulator: RunningSimulator, medium: Medium) -> None:
    connect_whatsapp()
    make_contacts(2)
    campaign_id = make_run(Channel(medium))
    take("Arrêt", medium=medium, address="+33600000077")
    asyncio.run(sending.drain(campaign_id, stopping=lambda: False, slice_s=8))
    assert statuses(campaign_id) == {RecipientStatus.SKIPPED: 1, RecipientStatus.ACCEPTED: 1}
    assert simulator.control("GET", "messages?to=%2B33600000077")["messages"] == []
