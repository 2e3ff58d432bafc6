"""What a commit waits for: the disk, unless what it wrote comes back by itself."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from backend.database import Survives, get_engine, unit_of_work
from backend.domain.credit_orders import OrderStatus
from backend.models import CreditOrder
from backend.providers.payments import PaymentEvent, PaymentEventKind
from backend.services import delivery, payments, runs, sending
from backend.services.acting import OPERATOR
from backend.services.inbound import take_inbound
from backend.simulator.serving import RunningSimulator
from tests.integration.test_delivery import Handed, campaign
from tests.integration.test_inbound import told
from tests.makers import make_contacts, make_run

_FULL = 2  # as SQLite numbers it
_WRITES = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM) (\w+)")


def waits_for_the_disk(connection: Connection) -> bool:
    if connection.dialect.name == "sqlite":
        return connection.execute(text("PRAGMA synchronous")).scalar_one() == _FULL
    # As the server is told, which is to wait for the disk wherever nobody says otherwise.
    told_by = "SELECT source FROM pg_settings WHERE name = 'synchronous_commit'"
    return connection.execute(text(told_by)).scalar_one() != "session"


@pytest.mark.parametrize(
    ("must_survive", "on_sqlite", "on_postgresql"),
    [
        (Survives.POWER_CUT, True, True),
        (Survives.CRASH, False, True),  # of PostgreSQL's own processes, too, which hold what is not on the disk yet
        (Survives.NOTHING, False, False),
    ],
)
def test_a_commit_waits_for_what_it_must_survive(
    database: str,
    must_survive: Survives,
    on_sqlite: bool,
    on_postgresql: bool,
) -> None:
    expected = on_sqlite if database == "sqlite" else on_postgresql
    with unit_of_work(must_survive) as session:
        assert waits_for_the_disk(session.connection()) is expected
    with unit_of_work() as session:
        assert waits_for_the_disk(session.connection()), "the next transaction of the same connection waits again"


# --- What the product asks for.


class Commits:
    """Every commit of this process: what it wrote, and whether it waits for the disk."""

    def __init__(self) -> None:
        self._made: list[tuple[set[str], bool]] = []

    def that(self, write: str) -> list[bool]:
        """Of the commits with a statement such as "UPDATE recipient": whether each waited."""
        return [waited for written, waited in self._made if write in written]

    def note_statement(self, connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        written = connection.info.setdefault("written", set())
        written.update(" ".join(found) for found in _WRITES.findall(statement))

    def note_commit(self, connection: Connection) -> None:
        written = set(connection.info.pop("written", ()))
        self._made.append((written, waits_for_the_disk(connection)))

    def note_rollback(self, connection: Connection) -> None:
        connection.info.pop("written", None)


@pytest.fixture
def commits(database: str) -> Iterator[Commits]:
    del database
    noted, engine = Commits(), get_engine()
    listeners = {
        "before_cursor_execute": noted.note_statement,
        "commit": noted.note_commit,
        "rollback": noted.note_rollback,
    }
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    yield noted
    for name, listener in listeners.items():
        event.remove(engine, name, listener)


def test_validations_and_claims_wait_and_answers_only_where_a_crash_takes_them_along(
    simulator: RunningSimulator, commits: Commits, database: str
) -> None:
    make_contacts(3)
    campaign_id = make_run()
    assert commits.that("UPDATE credit_balance") == [True, True], "bought, and reserved with the recipients frozen"
    asyncio.run(sending.drain(campaign_id, stopping=lambda: False, slice_s=8))
    assert campaign(campaign_id).accepted_count == simulator.control("GET", "counts")["total"] == 3
    claims = commits.that("INSERT INTO attempt")
    assert claims
    assert all(claims), "a claim that a power cut takes back is sent twice"
    assert commits.that("UPDATE attempt") == [database == "postgresql"], "the answers"


def test_a_cancellation_waits(commits: Commits) -> None:
    make_contacts(3)
    campaign_id = make_run()
    runs.cancel_campaign(OPERATOR, campaign_id)
    cancelled = commits.that("UPDATE recipient")
    assert cancelled
    assert all(cancelled)


def test_reports_wait_until_they_are_stored_and_not_until_they_are_applied(commits: Commits) -> None:
    handed = Handed()
    handed.answer()
    delivery.store_events([handed.event("delivered")])
    assert commits.that("INSERT INTO delivery_event") == [True], "a report that was answered does not come again"
    assert delivery.apply_events() == 1
    assert commits.that("DELETE FROM waiting_event") == [False]


def test_what_people_answer_waits(commits: Commits) -> None:
    assert take_inbound(told("STOP"))
    assert commits.that("INSERT INTO opt_out") == commits.that("INSERT INTO inbound_message") == [True]


def test_credits_that_were_paid_for_wait(commits: Commits) -> None:
    with unit_of_work() as session:
        session.add(
            CreditOrder(
                reference="UNI-1",
                status=OrderStatus.PENDING,
                credits=1_000,
                net_minor=6_200,
                vat_minor=1_240,
                total_minor=7_440,
                vat_basis_points=2_000,
                currency="EUR",
            )
        )
    paid = PaymentEvent("evt_1", "checkout.session.completed", PaymentEventKind.PAID, "UNI-1", "pi_1", 7_440, "EUR")
    assert payments.take_event(paid) == "paid"
    assert commits.that("INSERT INTO credit_ledger") == [True]
