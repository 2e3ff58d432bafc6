from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateSchema, CreateTable

from backend.database import get_engine, reading, unit_of_work
from backend.domain.channels import Channel, Medium
from backend.domain.rights import Role
from backend.domain.statuses import (
    CampaignStatus,
    CreditState,
    LedgerKind,
    Reason,
    RecipientStatus,
    RunState,
    group_of,
)
from backend.models import (
    Attempt,
    Campaign,
    Contact,
    CreditBalance,
    DeliveryEvent,
    LedgerEntry,
    OptOut,
    Organisation,
    Recipient,
    Table,
    Template,
    User,
    table_of,
)
from backend.models.campaigns import is_modelled
from backend.providers.base import ProviderEvent
from backend.repositories import campaigns
from backend.services import delivery, installing, proofs, sending
from backend.services.demo import load_demo
from backend.services.sending import DrainEnd
from backend.settings import get_settings
from backend.simulator.serving import RunningSimulator
from tests.integration.test_delivery import Handed
from tests.makers import make_category, make_contacts, make_draft

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
_WITH_OTHER_CLAIMS_AND_EVENTS = "0004"


@pytest.fixture(autouse=True)
def _migrated(database: str) -> None:
    """Every test begins with a database that was migrated from nothing."""


def tables() -> set[str]:
    return set(inspect(get_engine()).get_table_names())


def alembic(act: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(installing._ROOT / "migrations"))
    with get_engine().begin() as connection:
        config.attributes["connection"] = connection
        getattr(command, act)(config, revision)


def compared(connection: Connection) -> MigrationContext:
    options = {"compare_type": True, "compare_server_default": True, "include_name": is_modelled}
    return MigrationContext.configure(connection, opts=options)


def test_the_migrations_make_what_the_models_say() -> None:
    with get_engine().connect() as connection:
        assert compare_metadata(compared(connection), Table.metadata) == []


@pytest.mark.filterwarnings("ignore:Computed column")  # how it is kept is for the migrations to say
def test_the_checks_are_those_of_the_models_word_for_word() -> None:
    # What alembic compares leaves out checks.
    with get_engine().connect() as connection:
        found, modelled = checks(connection), checks_of_the_models(connection)
        assert {name: found.get(name) for name in modelled} == modelled
        assert found.keys() == modelled.keys()


def test_the_indexes_are_those_of_the_models_word_for_word() -> None:
    # What alembic compares leaves out the condition of a partial index.
    with get_engine().connect() as connection:
        migrated = indexes(connection)
        for table in Table.metadata.sorted_tables:
            for index in table.indexes:
                index.drop(connection)
                index.create(connection)
        assert indexes(connection) == migrated
        # All of it is undone: nothing was committed.


_Words = dict[tuple[str, str], str]
"""What the database calls a thing, by its table and its name."""

_CHECK = re.compile(r'CONSTRAINT "?(\w+)"? CHECK \(')
_POSTGRESQL_CHECKS = """
SELECT relname, conname, pg_get_constraintdef(pg_constraint.oid)
FROM pg_constraint JOIN pg_class ON conrelid = pg_class.oid
WHERE contype = 'c' AND connamespace = CAST(:schema_name AS regnamespace)
"""
_SQLITE_INDEXES = "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
_POSTGRESQL_INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"


def checks(connection: Connection) -> _Words:
    if connection.dialect.name == "postgresql":
        return _postgresql_checks(connection, "public")
    tables = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    return {key: words for name, sql in tables for key, words in _sqlite_checks(name, sql).items()}


def checks_of_the_models(connection: Connection) -> _Words:
    """On PostgreSQL as it writes them down: of the tables of the models in a schema that is never committed."""
    tables = Table.metadata.sorted_tables
    if connection.dialect.name == "sqlite":
        made = {table.name: str(CreateTable(table).compile(connection)) for table in tables}
        return {key: words for name, sql in made.items() for key, words in _sqlite_checks(name, sql).items()}
    connection.execute(CreateSchema("modelled"))
    beside = connection.execution_options(schema_translate_map={None: "modelled"})
    for table in tables:
        beside.execute(CreateTable(table))
    return _postgresql_checks(connection, "modelled")


def _postgresql_checks(connection: Connection, schema: str) -> _Words:
    rows = connection.execute(text(_POSTGRESQL_CHECKS), {"schema_name": schema})
    return {(table, name): words for table, name, words in rows}


def _sqlite_checks(table: str, sql: str) -> _Words:
    found: _Words = {}
    for check in _CHECK.finditer(sql):
        depth, end = 1, check.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(sql[end], 0)
            end += 1
        found[table, check[1]] = _plain(sql[check.end() : end - 1])
    assert len(found) == sql.count("CHECK"), f"a check of {table} has no name"
    return found


def indexes(connection: Connection) -> _Words:
    query = _POSTGRESQL_INDEXES if connection.dialect.name == "postgresql" else _SQLITE_INDEXES
    return {(table, name): _plain(words) for table, name, words in connection.execute(text(query))}


def _plain(sql: str) -> str:
    return " ".join(sql.replace('"', "").split())


def test_migrating_again_changes_nothing() -> None:
    make_contacts(1)
    with unit_of_work() as session:
        organisation = session.get(Organisation, 1)
        assert organisation is not None
        organisation.name = "Beth Shalom"
    installing.migrate()
    with reading() as session:
        assert session.get(Contact, 1) is not None
        organisation = session.get(Organisation, 1)
        assert organisation is not None
        assert organisation.name == "Beth Shalom"


def test_down_to_nothing_and_up_again() -> None:
    before = tables()
    make_contacts(1)
    alembic("downgrade", "base")
    assert tables() <= {"alembic_version"}
    with get_engine().connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() is None
    installing.migrate()
    assert tables() == before
    with get_engine().connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == installing.newest_version()
        assert compare_metadata(compared(connection), Table.metadata) == []
    assert make_contacts(1) == [1]


def test_an_installation_full_of_data_goes_back_and_forth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMULATED_PROVIDERS", "twilio,sendgrid,whatsapp")
    get_settings.cache_clear()
    with unit_of_work() as session:
        session.add(User(email="ruth@office.example.org", password_hash="x", role=Role.ADMINISTRATOR))
    load_demo()
    kept = ("user_account", "contact", "campaign", "recipient", "attempt", "credit_ledger", "delivery_event")
    waits = ProviderEvent("twilio", "SM-late", "sent", Medium.SMS, None, "SM-late", None, NOW.timestamp(), "{}")
    assert delivery.store_events([waits]) == 1

    def stored() -> dict[str, Any]:
        with get_engine().connect() as connection:
            counts = {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in kept}
            waiting = connection.execute(text("SELECT event_id FROM waiting_event ORDER BY event_id")).all()
            found_by = connection.execute(text("SELECT id, search_text FROM contact ORDER BY id")).all()
        return {**counts, "waiting": waiting, "found_by": found_by}

    before = stored()
    assert before["recipient"] > 0
    assert before["waiting"]
    alembic("downgrade", "0001")
    installing.migrate()
    assert stored() == before
    assert proofs.audit_credits() == []
    assert proofs.recount(repair=False) == []
    with get_engine().connect() as connection:
        assert compare_metadata(compared(connection), Table.metadata) == []


def test_a_run_that_was_under_way_goes_on_after_the_migrations_to_its_end(simulator: RunningSimulator) -> None:
    """Some are answered, one of them has a report that waits, some are claimed, and the rest is pending."""
    handed = Handed(contacts=8, limit=3)
    handed.answer()
    delivery.store_events([handed.event("delivered")])
    handed.claim(Medium.SMS, limit=2)

    alembic("downgrade", _WITH_OTHER_CLAIMS_AND_EVENTS)
    installing.migrate()

    handed.answer()
    assert delivery.apply_events() == 1
    drain = sending.drain(handed.campaign_id, stopping=lambda: False, slice_s=8)
    assert asyncio.run(drain) is DrainEnd.NOTHING_LEFT
    with reading() as session:
        counts, run = campaigns.stored_counts(session, handed.campaign_id), campaigns.get(session, handed.campaign_id)
    assert run.run_state is RunState.DONE
    assert (counts[RecipientStatus.DELIVERED], counts[RecipientStatus.ACCEPTED]) == (1, 7)
    assert simulator.control("GET", "counts")["total"] == 3, "those who had not been claimed, and nobody else"
    assert proofs.audit_credits() == []
    assert proofs.recount(repair=False) == []


def test_templates_of_before_can_be_found_and_edited() -> None:
    alembic("downgrade", "0008")
    with get_engine().begin() as connection:
        connection.execute(
            text(
                """INSERT INTO template (name, subject, html, created_at, updated_at)
                VALUES ('Été', 'Shalom', '<p>x</p>', '2026-01-01 00:00:00', '2026-01-01 00:00:00')"""
            )
        )
    installing.migrate()
    with reading() as session:
        template = session.get(Template, 1)
        assert template is not None
        assert (template.format, template.source, template.version) == ("html", "<p>x</p>", 1)
        assert template.search_text == "ete shalom"


def test_there_is_one_line_of_migrations() -> None:
    scripts = ScriptDirectory(str(installing._ROOT / "migrations"))
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1


def test_every_installation_has_its_two_rows() -> None:
    with reading() as session:
        assert session.get(Organisation, 1) is not None
        assert session.get(CreditBalance, 1) is not None


# --- What the database itself refuses, whoever writes.


def campaign(**values: Any) -> Campaign:
    return Campaign(**{"title": "T", "channel": Channel.SMS, **values})


@pytest.fixture
def frozen() -> dict[str, int]:
    """A validated campaign with one recipient and one attempt."""
    first, second = make_contacts(2)
    with unit_of_work() as session:
        row = campaign(status=CampaignStatus.VALIDATE, run_state=RunState.SENDING, validated_at=NOW)
        session.add(row)
        session.flush()
        person = recipient(row.id or 0, first)
        session.add(person)
        session.flush()
        session.add(attempt(row.id or 0, person.id or 0))
        return {"campaign": row.id or 0, "recipient": person.id or 0, "first": first, "second": second}


def recipient(campaign_id: int, contact_id: int, **values: Any) -> Recipient:
    return Recipient(**{
        "campaign_id": campaign_id,
        "contact_id": contact_id,
        "status": RecipientStatus.PENDING,
        "medium": Medium.SMS,
        "address": "+33612345678",
        "credit_state": CreditState.NONE,
        **values,
    })  # fmt: skip


def attempt(campaign_id: int, recipient_id: int, **values: Any) -> Attempt:
    return Attempt(**{
        "campaign_id": campaign_id,
        "recipient_id": recipient_id,
        "number": 1,
        "medium": Medium.SMS,
        "provider": "twilio",
        "status": RecipientStatus.ACCEPTED,
        "provider_message_id": "SM1",
        **values,
    })  # fmt: skip


def refused(*rows: Any) -> str:
    """The constraint that refused the rows."""
    with pytest.raises(IntegrityError) as caught, unit_of_work() as session:
        session.add_all(rows)
    return str(caught.value.orig)


@pytest.mark.parametrize(
    "values",
    [
        {"status": CampaignStatus.INIT, "run_state": RunState.SENDING},
        {"status": CampaignStatus.INIT, "run_state": RunState.SCHEDULED},
        {"status": CampaignStatus.VALIDATE, "run_state": RunState.IDLE, "validated_at": NOW},
        {"status": CampaignStatus.VALIDATE, "run_state": RunState.SENDING, "validated_at": None},
        {"pending_count": -1},
        {"unknown_count": -1},
        {"cancelled_count": -1},
    ],
)
def test_a_campaign_that_cannot_be(values: dict[str, Any]) -> None:
    assert "ck_campaign_" in refused(campaign(**values))


@pytest.mark.parametrize(
    ("table", "column", "values"),
    [
        ("campaign", "status", "'SENT'"),
        ("campaign", "run_state", "'running'"),
        ("campaign", "channel", "'pigeon'"),
        ("recipient", "status", "'gone'"),
        ("recipient", "reason", "'because'"),
        ("recipient", "credit_state", "'lost'"),
        ("attempt", "status", "'gone'"),
    ],
)
def test_a_word_that_does_not_exist(frozen: dict[str, int], table: str, column: str, values: str) -> None:
    with pytest.raises(IntegrityError), get_engine().begin() as connection:
        connection.execute(text(f"UPDATE {table} SET {column} = {values}"))


def test_a_template_is_written_in_a_format_that_exists() -> None:
    with unit_of_work() as session:
        session.add(Template(name="T", html="<p>x</p>"))
    with pytest.raises(IntegrityError), get_engine().begin() as connection:
        connection.execute(text("UPDATE template SET format = 'pdf'"))


def test_a_contact_is_in_a_campaign_once(frozen: dict[str, int]) -> None:
    again = recipient(frozen["campaign"], frozen["first"], address="+33600000000")
    assert "contact_id" in refused(again)


def test_an_address_is_in_a_campaign_once(frozen: dict[str, int]) -> None:
    assert "address" in refused(recipient(frozen["campaign"], frozen["second"]))


def test_a_skipped_recipient_holds_no_address(frozen: dict[str, int]) -> None:
    with unit_of_work() as session:
        session.add(
            recipient(
                frozen["campaign"],
                frozen["second"],
                status=RecipientStatus.SKIPPED,
                reason=Reason.DUPLICATE_ADDRESS,
            )
        )


def test_the_same_address_in_another_campaign_is_fine(frozen: dict[str, int]) -> None:
    other = make_draft()
    with unit_of_work() as session:
        session.add(recipient(other, frozen["first"]))


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"status": RecipientStatus.CLAIMED, "lease_until": None}, "lease_of_claim"),
        ({"status": RecipientStatus.PENDING, "lease_until": NOW}, "lease_of_claim"),
        ({"status": RecipientStatus.UNKNOWN, "lease_until": NOW}, "lease_of_claim"),
        ({"status": RecipientStatus.SKIPPED, "reason": None}, "skipped_has_reason"),
        ({"status": RecipientStatus.PENDING, "address": None}, "sendable_has_address"),
        ({"status": RecipientStatus.CLAIMED, "lease_until": NOW, "address": None}, "sendable_has_address"),
        ({"segments": -1}, "segments"),
    ],
)
def test_a_recipient_that_cannot_be(frozen: dict[str, int], values: dict[str, Any], constraint: str) -> None:
    row = recipient(frozen["campaign"], frozen["second"], **{"address": "+33611111111", **values})
    assert f"ck_recipient_{constraint}" in refused(row)


def test_a_recipient_is_found_by_the_group_of_its_status(frozen: dict[str, int], database: str) -> None:
    if database == "sqlite":
        return  # finds it by the status itself
    query = text("SELECT status_group FROM recipient WHERE id = :recipient_id")
    for status in RecipientStatus:
        values = {"status": status, "lease_until": NOW if status is RecipientStatus.CLAIMED else None}
        reason = Reason.DELETED if status is RecipientStatus.SKIPPED else None
        with get_engine().begin() as connection:
            recipient = update(table_of(Recipient)).where(table_of(Recipient).c.id == frozen["recipient"])
            connection.execute(recipient.values(**values, reason=reason, address="+33600000001"))
            group = connection.execute(query, {"recipient_id": frozen["recipient"]}).scalar_one()
        assert group == group_of(status)


_INDEXES_OF_A_COLUMN = """
SELECT index.indexrelid::regclass::text FROM pg_index AS index
JOIN pg_depend AS needs ON needs.objid = index.indexrelid AND needs.refobjid = index.indrelid
JOIN pg_attribute AS named ON named.attrelid = needs.refobjid AND named.attnum = needs.refobjsubid
WHERE index.indrelid = CAST(:table_name AS regclass) AND named.attname = 'status'
"""


@pytest.mark.parametrize("table", ["recipient", "attempt"])
def test_how_far_a_sent_message_got_is_in_no_index_of_postgresql(database: str, table: str) -> None:
    """Otherwise each report would write all indexes of the row anew."""
    if database == "sqlite":
        return  # writes the indexes whose columns a statement names, and no others
    with get_engine().connect() as connection:
        assert connection.execute(text(_INDEXES_OF_A_COLUMN), {"table_name": table}).scalars().all() == []


def test_an_attempt_has_one_number_and_one_message(frozen: dict[str, int]) -> None:
    ids = frozen["campaign"], frozen["recipient"]
    assert "number" in refused(attempt(*ids, provider_message_id="SM2"))
    assert "provider_message_id" in refused(attempt(*ids, number=2))
    with unit_of_work() as session:
        session.add_all([attempt(*ids, number=n, provider_message_id=None) for n in (2, 3)])


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"reserved": 1}, "available"),
        ({"charged": 1}, "available"),
        ({"bought": 5, "charged": 3, "reserved": 3}, "available"),
        ({"bought": -1}, ""),
        ({"bought": 5, "charged": -1}, "not_negative"),
        ({"bought": 5, "reserved": -1}, "not_negative"),
        ({"id": 2}, "single_row"),
    ],
)
def test_credits_are_never_negative_and_never_twice(values: dict[str, int], constraint: str) -> None:
    changes = ", ".join(f"{name} = {value}" for name, value in values.items())
    with pytest.raises(IntegrityError) as caught, get_engine().begin() as connection:
        connection.execute(text(f"UPDATE credit_balance SET {changes}"))
    assert f"ck_credit_balance_{constraint}" in str(caught.value.orig)


@pytest.mark.parametrize("kind", [kind for kind in LedgerKind if kind is not LedgerKind.ADJUST])
def test_only_an_adjustment_may_take_away(kind: LedgerKind) -> None:
    assert "ck_credit_ledger_amount" in refused(LedgerEntry(kind=kind, amount=-1))
    with unit_of_work() as session:
        session.add(LedgerEntry(kind=LedgerKind.ADJUST, amount=-1))


def test_a_report_is_stored_once() -> None:
    def event() -> DeliveryEvent:
        return DeliveryEvent(
            provider="twilio", event_key="SM1-sent", word="sent", medium=Medium.SMS, occurred_at=NOW, payload="{}"
        )

    with unit_of_work() as session:
        session.add(event())
    assert "event_key" in refused(event())


def test_addresses_are_stored_in_one_form() -> None:
    assert "email_lower" in refused(Contact(email="Ruth@example.org"))
    assert "mobile_e164" in refused(Contact(mobile_e164="0612345678"))
    assert "email_lower" in refused(User(email="Ruth@example.org", password_hash="x"))


def test_names_that_are_taken() -> None:
    make_category("Members")
    with pytest.raises(IntegrityError):
        make_category("Members")
    with unit_of_work() as session:
        session.add(OptOut(medium=Medium.SMS, address="+33612345678", source="stop"))
    with pytest.raises(IntegrityError), unit_of_work() as session:
        session.add(OptOut(medium=Medium.SMS, address="+33612345678", source="link"))


@pytest.mark.parametrize(
    "values",
    [{"id": 2}, {"undo_grace_s": 61}, {"undo_grace_s": -1}, {"late_tolerance_min": 1441}, {"late_tolerance_min": -1}],
)
def test_an_organisation_that_cannot_be(values: dict[str, int]) -> None:
    changes = ", ".join(f"{name} = {value}" for name, value in values.items())
    with pytest.raises(IntegrityError), get_engine().begin() as connection:
        connection.execute(text(f"UPDATE organisation SET {changes}"))


def test_a_contact_with_history_cannot_be_erased_by_accident(frozen: dict[str, int]) -> None:
    with pytest.raises(IntegrityError), get_engine().begin() as connection:
        connection.execute(text(f"DELETE FROM contact WHERE id = {frozen['first']}"))


def test_moments_come_back_aware_and_in_utc() -> None:
    with unit_of_work() as session:
        session.add(campaign(id=1, scheduled_at=NOW))
    with reading() as session:
        stored = session.get(Campaign, 1)
        assert stored is not None
        assert stored.scheduled_at is not None
        assert stored.scheduled_at == NOW
        assert stored.scheduled_at.tzinfo is UTC
