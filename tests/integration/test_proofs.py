from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from backend.database import get_engine, reading, unit_of_work
from backend.domain.channels import Channel
from backend.domain.statuses import LedgerKind, RecipientStatus
from backend.errors import NotFoundError
from backend.repositories import campaigns, credits, recipients
from backend.services import proofs, runs, validation
from backend.services.acting import OPERATOR
from backend.services.proofs import Drift, audit_credits, recount
from tests.integration.test_delivery import Handed
from tests.makers import buy_credits, make_contacts, make_draft, make_run

pytestmark = pytest.mark.usefixtures("database")


def sql(statement: str) -> None:
    with get_engine().begin() as connection:
        connection.execute(text(statement))


def stored(campaign_id: int) -> dict[RecipientStatus, int]:
    with reading() as session:
        return {status: n for status, n in campaigns.stored_counts(session, campaign_id).items() if n}


def test_a_healthy_installation_has_no_drift() -> None:
    assert recount() == []
    assert audit_credits() == []
    make_contacts(3)
    make_draft()
    make_run()
    make_run(Channel.WHATSAPP_SMS)
    assert recount() == []
    assert audit_credits() == []


def test_drift_is_named_and_set_right() -> None:
    make_contacts(3)
    first, second = make_run(), make_run()
    sql(f"UPDATE campaign SET pending_count = 7, delivered_count = 2 WHERE id = {first}")
    assert recount() == [Drift(f"campaign {first} pending", 7, 3), Drift(f"campaign {first} delivered", 2, 0)]
    assert stored(first) == stored(second) == {RecipientStatus.PENDING: 3}
    assert recount() == []


def test_looking_only_repairs_nothing() -> None:
    make_contacts(1)
    campaign_id = make_run()
    sql("UPDATE campaign SET failed_count = 1")
    for _ in range(2):
        assert recount(repair=False) == [Drift(f"campaign {campaign_id} failed", 1, 0)]


def test_one_campaign_alone() -> None:
    make_contacts(1)
    first, second = make_run(), make_run()
    sql("UPDATE campaign SET failed_count = 1")
    assert [drift.what for drift in recount(second)] == [f"campaign {second} failed"]
    assert [drift.what for drift in recount()] == [f"campaign {first} failed"]


def test_a_deleted_campaign_is_counted_too() -> None:
    make_contacts(1)
    campaign_id = make_run()
    sql("UPDATE campaign SET failed_count = 1, deleted_at = validated_at")
    assert [drift.what for drift in recount()] == [f"campaign {campaign_id} failed"]


@pytest.mark.parametrize("which", ["draft", "none"])
def test_there_is_nothing_to_count_in_a_draft(which: str) -> None:
    make_contacts(1)
    campaign_id = make_draft() if which == "draft" else 4711
    with pytest.raises(NotFoundError, match=str(campaign_id)):
        recount(campaign_id)


def test_the_ledger_adds_up_through_a_campaigns_life() -> None:
    make_contacts(3)
    buy_credits(10)
    cancelled, taken_back = make_draft(), make_draft()
    for campaign_id in (cancelled, taken_back):
        validation.validate_campaign(OPERATOR, campaign_id)
    runs.cancel_campaign(OPERATOR, cancelled)
    assert audit_credits() == []
    assert recount() == []
    with reading() as session:
        assert credits.get_balance(session) == credits.balance_of_ledger(session) == (10, 0, 3)


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        ("UPDATE credit_balance SET bought = bought + 1", ["credits bought"]),
        ("UPDATE credit_balance SET charged = charged + 1", ["credits charged"]),
        ("UPDATE credit_balance SET reserved = reserved - 1", ["credits reserved"]),
        ("DELETE FROM credit_ledger WHERE kind = 'purchase'", ["credits bought", "ledger entry 2 balance"]),
        ("UPDATE credit_ledger SET available_after = 7 WHERE id = 2", ["ledger entry 2 balance"]),
        ("UPDATE recipient SET credit_state = 'released' WHERE id = 1", ["campaign 1 reserved"]),
        ("UPDATE recipient SET segments = 2 WHERE id = 1", ["campaign 1 reserved"]),
        ("UPDATE recipient SET credit_state = 'none'", ["campaign 1 reserved"]),
    ],
)
def test_a_ledger_that_does_not_add_up_is_named(damage: str, named: list[str]) -> None:
    make_contacts(3)
    make_run()
    sql(damage)
    assert [drift.what for drift in audit_credits()] == named
    assert audit_credits(), "the audit repairs nothing"


def test_charges_and_attempts_that_do_not_agree_are_named() -> None:
    handed = Handed(contacts=2)
    handed.answer()
    assert audit_credits() == []

    def named_after(damage: str, repair: str) -> list[str]:
        sql(damage)
        found = [drift.what.removeprefix(f"campaign {handed.campaign_id} ") for drift in audit_credits()]
        sql(repair)
        return found

    assert named_after(
        "UPDATE attempt SET status = 'failed', provider_message_id = NULL WHERE number = 1",
        "UPDATE attempt SET status = 'accepted'",
    ) == ["charged by attempts"]
    of_email = "UPDATE attempt SET medium = '{}'"
    assert named_after(of_email.format("email"), of_email.format("sms")) == ["charged by attempts"]
    state, before = "UPDATE recipient SET credit_state = '{}'", "UPDATE recipient SET segments_before = {}"
    assert named_after(state.format("refunded"), state.format("charged")) == ["refunded", "refunded by attempts"]
    given_back = "UPDATE attempt SET refunded_at = {}"
    assert named_after(given_back.format("CURRENT_TIMESTAMP"), given_back.format("NULL")) == ["refunded by attempts"]
    assert named_after(before.format(1), before.format(0)) == ["charged", "charged by attempts"]
    assert named_after(state.format("none"), state.format("charged")) == ["charged", "taken and not charged"]
    assert audit_credits() == []


def test_a_key_that_comes_twice_is_named_and_the_database_takes_none() -> None:
    with unit_of_work() as session:
        credits.move_once(session, "once", LedgerKind.PURCHASE, 5)
    again = (
        "INSERT INTO credit_ledger (kind, amount, note, idempotency_key, available_after, created_at)"
        " SELECT 'purchase', 5, '', idempotency_key, 10, created_at FROM credit_ledger"
    )
    with pytest.raises(IntegrityError):
        sql(again)
    sql("DROP INDEX ix_credit_ledger_idempotency_key")
    sql(again)
    sql("UPDATE credit_balance SET bought = 10")
    assert [(drift.stored, drift.counted) for drift in audit_credits()] == [(2, 1)]


def test_a_reservation_without_a_movement_is_named() -> None:
    make_contacts(1)
    buy_credits(5)
    campaign_id = make_run(Channel.EMAIL)
    with unit_of_work() as session:
        credits.move(session, LedgerKind.RESERVE, 2, campaign_id=campaign_id)
    assert audit_credits() == [Drift(f"campaign {campaign_id} reserved", 2, 0)]


def meanwhile(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, act: Callable[[], object]) -> threading.Thread:
    """Let a worker write while a proof is between two of its questions, or wait for it where it has to."""
    ask = getattr(module, name)
    worker = threading.Thread(target=act)

    def interrupted(*arguments: Any) -> Any:
        worker.start()
        worker.join(timeout=0.5)
        return ask(*arguments)

    monkeypatch.setattr(module, name, interrupted)
    return worker


def test_counting_while_workers_write_finds_no_drift(monkeypatch: pytest.MonkeyPatch) -> None:
    make_contacts(3)
    campaign_id = make_run()
    worker = meanwhile(monkeypatch, recipients, "count_all", lambda: runs.cancel_campaign(OPERATOR, campaign_id))
    assert recount(campaign_id) == []
    worker.join()
    monkeypatch.undo()
    assert stored(campaign_id) == {RecipientStatus.CANCELLED: 3}, "the recount wrote over what a worker counted"
    assert recount(campaign_id) == []


@pytest.mark.parametrize("question", ["balance_of_ledger", "campaign_reservations", "recipient_reservations"])
def test_auditing_while_credits_move_finds_no_drift(monkeypatch: pytest.MonkeyPatch, question: str) -> None:
    make_contacts(3)
    campaign_id = make_run()
    worker = meanwhile(monkeypatch, proofs.credits, question, lambda: runs.cancel_campaign(OPERATOR, campaign_id))
    assert audit_credits() == []
    worker.join()
