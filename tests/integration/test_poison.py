"""One bad recipient harms nobody else, and contacts that change, or are written twice, get what was frozen, once."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text, update

from backend import clock
from backend.database import get_engine, reading, unit_of_work
from backend.domain.addresses import AddressProblem
from backend.domain.channels import Channel, Medium
from backend.domain.statuses import Reason, RunState
from backend.domain.statuses import RecipientStatus as Status
from backend.models import Contact, Recipient, table_of
from backend.repositories import campaigns, claims, credits, opt_outs
from backend.services import hold_ups, proofs, sending, unsubscribing, validation
from backend.services.acting import OPERATOR
from backend.services.contact_import import import_contacts
from backend.settings import get_settings
from backend.simulator.serving import RunningSimulator
from tests.makers import buy_credits, connect_whatsapp, make_contacts, make_draft, make_run

_recipient = table_of(Recipient)
_PEOPLE = 30
_TEN_MB = 10 * 1024 * 1024

POISON = {
    "half an emoji": json.dumps({"first_name": "Ruth \ud83d"}),
    "NUL": json.dumps({"first_name": "Ruth\0"}),
    "10 MB": json.dumps({"first_name": "R" * _TEN_MB}),
}
BROKEN = {"no text": json.dumps({"first_name": 5}), "no object": json.dumps(["Ruth"]), "no JSON": '{"first_name": "Ru'}


def recipients_of(campaign_id: int) -> list[Recipient]:
    with reading() as session:
        query = select(Recipient).where(_recipient.c.campaign_id == campaign_id).order_by(_recipient.c.id)
        return list(session.execute(query).scalars())


def poison(recipient_id: int, fields: str) -> None:
    with unit_of_work() as session:
        session.execute(update(_recipient).where(_recipient.c.id == recipient_id).values(fields=fields))


def drain(campaign_id: int) -> None:
    for _ in range(3):
        asyncio.run(sending.drain(campaign_id, stopping=lambda: False, slice_s=8))


def run_state(campaign_id: int) -> RunState:
    with reading() as session:
        return campaigns.get(session, campaign_id).run_state


def assert_true_and_nobody_twice(simulator: RunningSimulator, campaign_id: int) -> int:
    counts = simulator.control("GET", "counts")
    assert counts["by_address_max"] <= 1, counts["duplicates"]
    assert proofs.recount(campaign_id, repair=False) == []
    assert proofs.audit_credits() == []
    return counts["total"]


# --- Poison.


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL, Channel.WHATSAPP])
@pytest.mark.parametrize("what", list(POISON))
def test_one_odd_value_does_not_keep_the_others_from_their_message(
    simulator: RunningSimulator, what: str, channel: Channel
) -> None:
    _, its_own, sent = send_with_one_poisoned(simulator, channel, POISON[what])
    assert its_own.status in {Status.ACCEPTED, Status.FAILED, Status.UNKNOWN}
    assert sent in {_PEOPLE - 1, _PEOPLE}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # both store the text and read it alike
@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL, Channel.WHATSAPP])
@pytest.mark.parametrize("what", list(BROKEN))
def test_one_broken_row_fails_alone_and_keeps_no_credits(
    simulator: RunningSimulator, what: str, channel: Channel
) -> None:
    frozen, its_own, sent = send_with_one_poisoned(simulator, channel, BROKEN[what])
    assert (its_own.status, its_own.vendor_code) == (Status.FAILED, hold_ups.CANNOT_COMPOSE)
    assert frozen.credit_state == ("reserved" if channel is Channel.SMS else "none")
    assert its_own.credit_state == ("released" if channel is Channel.SMS else "none")
    assert sent == _PEOPLE - 1
    with reading() as session:
        assert credits.get_balance(session).reserved == 0


def send_with_one_poisoned(
    simulator: RunningSimulator, channel: Channel, fields: str
) -> tuple[Recipient, Recipient, int]:
    """Gives the poisoned recipient as it was frozen and as it ended, and how many messages were taken."""
    connect_whatsapp()
    make_contacts(_PEOPLE)
    campaign_id = make_run(channel)
    frozen = recipients_of(campaign_id)[_PEOPLE // 2]
    poison(frozen.id or 0, fields)

    drain(campaign_id)

    found = {row.id: row for row in recipients_of(campaign_id)}
    its_own = found.pop(frozen.id)
    assert Counter(row.status for row in found.values()) == {Status.ACCEPTED: _PEOPLE - 1}
    assert run_state(campaign_id) is RunState.DONE
    return frozen, its_own, assert_true_and_nobody_twice(simulator, campaign_id)


def test_names_that_no_keyboard_makes_are_sent_as_printable_text(simulator: RunningSimulator) -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    names = [
        "Ruth\n\rBcc: all",
        "\u202eRuth",
        "Ru\u200bth",
        family * 3,
        "{{last_name}}",
        "{{",
        "%%t:first_name%%",
        "\x1b[2J",
    ]
    for i, name in enumerate(names):
        make_contacts(1, first=i, first_name=name)
    for channel in (Channel.SMS, Channel.EMAIL):
        campaign_id = make_run(channel)
        drain(campaign_id)
        assert {row.status for row in recipients_of(campaign_id)} == {Status.ACCEPTED}
        assert_true_and_nobody_twice(simulator, campaign_id)


# --- Contacts that change between freezing and sending.


def change(contact_id: int, **values: object) -> None:
    with unit_of_work() as session:
        contact = session.get(Contact, contact_id)
        assert contact is not None
        contact.sqlmodel_update(values)


def test_an_edited_contact_gets_the_frozen_message_at_the_frozen_address(simulator: RunningSimulator) -> None:
    ids = make_contacts(2)
    campaign_id = make_run()
    change(ids[0], first_name="Another", mobile_e164="+33612345678")
    drain(campaign_id)
    rows = recipients_of(campaign_id)
    assert [(row.status, row.address) for row in rows] == [
        (Status.ACCEPTED, "+33600000077"),
        (Status.ACCEPTED, "+33600000177"),
    ]
    assert json.loads(rows[0].fields)["first_name"] == "Ruth0"
    assert assert_true_and_nobody_twice(simulator, campaign_id) == 2


def test_a_problem_of_the_new_address_does_not_hold_up_the_frozen_one(simulator: RunningSimulator) -> None:
    ids = make_contacts(1)
    campaign_id = make_run()
    change(ids[0], mobile_e164="+33700000000", mobile_problem=AddressProblem.INVALID)
    drain(campaign_id)
    assert [row.status for row in recipients_of(campaign_id)] == [Status.ACCEPTED]
    assert assert_true_and_nobody_twice(simulator, campaign_id) == 1


@pytest.mark.parametrize("change_", ["stop", "deleted", "deceased"])
def test_who_may_not_be_sent_to_any_more_is_left_out_of_every_medium_and_keeps_no_credits(
    simulator: RunningSimulator, change_: str
) -> None:
    connect_whatsapp()
    ids = make_contacts(2)
    campaign_id = make_run(Channel.WHATSAPP_SMS)
    if change_ == "stop":
        with unit_of_work() as session:
            for medium in (Medium.WHATSAPP, Medium.SMS):
                opt_outs.add(session, medium, ["+33600000077"], "stop")
    else:
        values = {"deleted": {"deleted_at": clock.now()}, "deceased": {"is_deceased": True}}
        change(ids[0], **values[change_])
    drain(campaign_id)
    left_out, reached = recipients_of(campaign_id)
    assert (left_out.status, left_out.credit_state) == (Status.SKIPPED, "released")
    assert reached.status is Status.ACCEPTED
    assert assert_true_and_nobody_twice(simulator, campaign_id) == 1


def test_whoever_unsubscribes_by_an_earlier_email_is_left_out_of_what_is_frozen_already(
    simulator: RunningSimulator,
) -> None:
    make_contacts(2)
    earlier, campaign_id = make_run(Channel.EMAIL), make_run(Channel.EMAIL)
    drain(earlier)
    settings, [first, _] = get_settings(), recipients_of(earlier)
    _, _, token = unsubscribing.unsubscribe_urls(settings)(first.id or 0).rpartition("/")
    unsubscribing.unsubscribe(settings, token)
    drain(campaign_id)
    left_out, reached = recipients_of(campaign_id)
    assert (left_out.status, left_out.reason) == (Status.SKIPPED, Reason.OPTED_OUT)
    assert reached.status is Status.ACCEPTED
    assert run_state(campaign_id) is RunState.DONE
    counts = simulator.control("GET", "counts")
    assert (counts["total"], counts["by_address_max"]) == (3, 2)
    assert proofs.recount(repair=False) == []


# --- The same person twice.


@pytest.mark.parametrize(
    ("channel", "column", "written"),
    [
        (Channel.SMS, "mobile", ["+1 (212) 555-0123", "0012125550123", "+12125550123", "001 212 555 01 23"]),
        (Channel.EMAIL, "email", ["ruth@example.org", "RUTH@EXAMPLE.ORG", " Ruth@Example.Org "]),
    ],
)
def test_one_person_written_in_several_ways_gets_one_message(
    simulator: RunningSimulator, tmp_path: Path, channel: Channel, column: str, written: list[str]
) -> None:
    lines = [f"Ruth{i},Azoulay,{address}\n" for i, address in enumerate(written)]
    file = tmp_path / "contacts.csv"
    file.write_text(f"first_name,last_name,{column}\n" + "".join(lines))
    import_contacts(OPERATOR, file)
    make_contacts(1, first=5)
    buy_credits(10)
    campaign_id = make_draft(channel)
    validation.validate_campaign(OPERATOR, campaign_id)
    drain(campaign_id)
    accepted = [row.address for row in recipients_of(campaign_id) if row.status is Status.ACCEPTED]
    assert len(accepted) == len(set(accepted)) == 2
    assert assert_true_and_nobody_twice(simulator, campaign_id) == 2


def test_two_campaigns_to_one_person_are_two_messages_and_each_is_sent_once(simulator: RunningSimulator) -> None:
    make_contacts(20)
    ids = [make_run(), make_run()]
    for campaign_id in ids * 2:
        drain(campaign_id)
    assert [Counter(row.status for row in recipients_of(one)) for one in ids] == [{Status.ACCEPTED: 20}] * 2
    counts = simulator.control("GET", "counts")
    assert (counts["total"], counts["by_address_max"]) == (40, 2)
    assert proofs.audit_credits() == []


# --- A long list.


@pytest.mark.usefixtures("database")
def test_claiming_reads_an_index_and_never_those_who_are_done() -> None:
    campaign_id, done = make_run_of_one(), 200_000
    copy = (
        "INSERT INTO contact (first_name, last_name, hebrew_first_name, language, is_deceased, created_at, updated_at)"
        " SELECT 'R', 'A', '', 'fr', false, created_at, updated_at FROM contact CROSS JOIN numbers"
    )
    people = (
        "INSERT INTO recipient (campaign_id, contact_id, status, medium, address, fields, segments, credit_state,"
        " attempt_count, updated_at)"
        " SELECT :campaign_id, id, CASE WHEN id % 10 = 0 THEN 'pending' ELSE 'accepted' END,"
        " 'sms', '+336' || id, '{}', 0, 'none', 1, created_at"
        " FROM contact WHERE id > 1"
    )
    numbers = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :done)"
    engine = get_engine()
    with engine.begin() as connection:
        inserted = copy.replace(" SELECT", f" {numbers} SELECT", 1)
        connection.execute(text(inserted), {"done": done})
        connection.execute(text(people), {"campaign_id": campaign_id})
        connection.execute(text("ANALYZE"))
    plan = plan_of_the_claim(campaign_id)
    assert "ix_recipient_pending" in plan, plan
    assert "Seq Scan on recipient" not in plan, plan
    assert "SCAN recipient" not in plan, plan
    assert "TEMP B-TREE" not in plan, plan
    assert "Sort" not in plan, plan


def make_run_of_one() -> int:
    make_contacts(1)
    return make_run()


def plan_of_the_claim(campaign_id: int) -> str:
    """Of the very statement that claims a window, taken from the connection and explained."""
    engine, plans = get_engine(), []
    word = "EXPLAIN" if engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "UPDATE recipient" in statement:
            cursor.execute(f"{word} {statement}", parameters)
            plans.extend(str(row) for row in cursor.fetchall())

    event.listen(engine, "before_cursor_execute", explain)
    try:
        with unit_of_work() as session:
            claimed = claims.claim_window(session, campaign_id, Medium.SMS, limit=64, lease_until=clock.now())
            assert len(claimed) == 64
    finally:
        event.remove(engine, "before_cursor_execute", explain)
    return "\n".join(plans)
