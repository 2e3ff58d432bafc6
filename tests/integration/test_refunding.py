"""Credits of SMS that were taken and not billed go back: once, to the unit, whatever comes before or late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import ANY

import pytest
from sqlalchemy import event, text
from sqlmodel import select

from backend import clock, realtime
from backend.database import get_engine, reading
from backend.domain.campaign_list import CampaignSelection
from backend.domain.channels import Channel, Medium
from backend.domain.ledger_query import LedgerQuery
from backend.domain.recipient_history import StepKind
from backend.domain.statuses import CreditState, LedgerKind
from backend.domain.statuses import RecipientStatus as Status
from backend.models import Attempt, LedgerEntry
from backend.providers.base import Verdict
from backend.repositories import credits
from backend.services import attention, deleting, refunding, retrying, tracking, upkeep
from backend.services.acting import OPERATOR
from backend.services.ledger_view import export_ledger, ledger_page
from backend.services.recipient_history import recipient_history
from backend.settings import get_settings
from backend.simulator.serving import RunningSimulator
from tests.integration.test_asking import ask, lose
from tests.integration.test_credit_races import all_at_once
from tests.integration.test_delivery import Handed, assert_true, report
from tests.integration.test_migrations import alembic
from tests.integration.test_retrying import again
from tests.makers import connect_whatsapp, make_contacts, make_run

pytestmark = pytest.mark.usefixtures("database")

_QUEUE_FULL = "30001"
_HOUR_S = 3_600


@pytest.fixture
def pass_s(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves our clock so many seconds on from where it was."""
    real, passed = clock.now, [0.0]
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(seconds=passed[0]))

    def move(seconds: float) -> None:
        passed[0] += seconds

    return move


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a later report."""
    set_up(monkeypatch, SMS_REFUND_AFTER_S="0")


def set_up(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()


def failed(contacts: int = 1, word: str = "failed") -> Handed:
    """A campaign whose SMS were taken, and then came to nothing."""
    handed = Handed(contacts=contacts)
    handed.answer()
    report(*(handed.event(word, i, code=_QUEUE_FULL) for i in range(contacts)))
    return handed


def balance() -> credits.Balance:
    with reading() as session:
        return credits.get_balance(session)


def refunds() -> list[tuple[int | None, int]]:
    """The campaign and the amount of every refund."""
    with reading() as session:
        entries = session.exec(select(LedgerEntry).where(LedgerEntry.kind == LedgerKind.REFUND)).all()
        return [(entry.campaign_id, entry.amount) for entry in entries]


def waiting() -> int:
    with reading() as session:
        return len(session.exec(select(Attempt).where(Attempt.unjudged_since != None)).all())  # noqa: E711


def test_what_never_left_the_provider_is_given_back_an_hour_after_its_last_report(
    pass_s: Callable[[float], None],
) -> None:
    handed = failed(contacts=3)
    report(handed.event("queued", 0))
    assert refunding.refund_unbilled() == 0, "a later report may say that it arrived"
    available = balance().available
    pass_s(_HOUR_S - 60)
    report(handed.event("failed", 2, code=_QUEUE_FULL, at_s=1_700_000_100))
    pass_s(61)

    assert refunding.refund_unbilled() == 2, "another report came about the third"
    pass_s(_HOUR_S)
    assert refunding.refund_unbilled() == 1
    assert refunding.refund_unbilled() == 0
    assert (balance().charged, balance().available) == (0, available + 3)
    assert refunds() == [(handed.campaign_id, 2), (handed.campaign_id, 1)], "one movement a round"
    assert [handed.recipient(i).credit_state for i in range(3)] == [CreditState.REFUNDED] * 3
    assert handed.recipient().status is Status.FAILED
    assert_true(handed.campaign_id)


@pytest.mark.usefixtures("at_once")
def test_pages_and_export_tell_it() -> None:
    handed = failed(contacts=2)
    assert refunding.refund_unbilled() == 2
    details = tracking.campaign_details(OPERATOR, handed.campaign_id)
    assert (details.credits_spent, details.credits_refunded, details.credits_reserved) == (0, 2, 0)
    [entry] = ledger_page(OPERATOR, LedgerQuery(kind=LedgerKind.REFUND)).entries
    assert (entry.amount, entry.campaign_id, entry.campaign_title) == (2, handed.campaign_id, "Kol Nidre")
    assert entry.available_after == balance().available
    assert ",refund,2," in "".join(export_ledger(OPERATOR, LedgerQuery()))
    steps = recipient_history(OPERATOR, handed.campaign_id, handed.claims[0].recipient_id).steps
    assert steps[0].kind is StepKind.REFUNDED


@pytest.mark.parametrize(
    ("outcomes", "word", "given_back"),
    [
        ("failed", "failed", 1),
        ("failed", "undelivered", 0),
        ("undelivered", "undelivered", 1),
        ("undelivered", "failed", 0),
        ("failed,undelivered", "undelivered", 1),
        ("none", "failed", 0),
        ("failed", "delivered", 0),  # with an error code: it failed for us, and is billed
        ("failed", "sent", 0),
    ],
)
@pytest.mark.usefixtures("at_once")
def test_the_setting_names_what_is_not_billed(
    monkeypatch: pytest.MonkeyPatch, outcomes: str, word: str, given_back: int
) -> None:
    set_up(monkeypatch, SMS_UNBILLED_OUTCOMES=outcomes)
    handed = failed(word=word)
    assert handed.recipient().status is Status.FAILED
    assert refunding.refund_unbilled() == given_back
    assert waiting() == 0, "what was judged is not looked at again"
    assert balance().charged == 1 - given_back
    assert_true(handed.campaign_id)


@pytest.mark.usefixtures("at_once")
def test_a_setting_counts_for_what_is_judged_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    failed(word="undelivered")
    assert refunding.refund_unbilled() == 0
    set_up(monkeypatch, SMS_UNBILLED_OUTCOMES="failed,undelivered")
    assert refunding.refund_unbilled() == 0


@pytest.mark.usefixtures("at_once")
def test_contradictory_reports_are_a_bill() -> None:
    handed = failed()
    report(handed.event("undelivered", code="30003"))
    assert refunding.refund_unbilled() == 0
    assert_true(handed.campaign_id)


@pytest.mark.usefixtures("at_once")
def test_an_opt_out_that_the_provider_knew_of_is_not_billed_either() -> None:
    handed = Handed()
    handed.answer()
    report(handed.event("failed", code="21610"))
    assert handed.recipient().status is Status.SKIPPED
    assert refunding.refund_unbilled() == 1
    assert_true(handed.campaign_id)


@pytest.mark.usefixtures("at_once")
def test_a_delivery_reported_in_time_wins() -> None:
    handed = failed()
    report(handed.event("delivered"))
    assert waiting() == 0
    assert refunding.refund_unbilled() == 0
    assert balance().charged == 1
    assert_true(handed.campaign_id)


@pytest.mark.usefixtures("at_once")
def test_what_was_given_back_stays_so_when_a_delivery_is_reported_at_last() -> None:
    handed = failed()
    refunding.refund_unbilled()
    report(handed.event("delivered"), handed.event("failed", code=_QUEUE_FULL, at_s=1_700_000_900))
    assert (handed.recipient().status, handed.recipient().credit_state) == (Status.DELIVERED, CreditState.REFUNDED)
    assert refunding.refund_unbilled() == 0
    assert (refunds(), balance().charged) == ([(handed.campaign_id, 1)], 0)
    assert_true(handed.campaign_id)


@pytest.mark.usefixtures("at_once")
def test_the_answer_may_come_after_the_report() -> None:
    handed = Handed()
    report(handed.event("failed", code=_QUEUE_FULL))
    handed.answer()
    assert refunding.refund_unbilled() == 1
    handed.answer()
    assert refunding.refund_unbilled() == 0
    assert_true(handed.campaign_id)


@pytest.mark.usefixtures("at_once")
def test_what_was_refused_at_once_was_never_charged() -> None:
    handed = Handed()
    handed.answer(Verdict.REFUSED, "21408")
    assert waiting() == 0
    assert refunding.refund_unbilled() == 0
    assert_true(handed.campaign_id)


@pytest.mark.usefixtures("at_once")
def test_a_lost_answer_is_not_judged_before_it_is_known() -> None:
    handed = Handed()
    handed.answer(Verdict.UNKNOWN)
    assert refunding.refund_unbilled() == 0
    attention.assume_delivered(OPERATOR, handed.campaign_id)
    assert (refunding.refund_unbilled(), balance().charged) == (0, 1)
    report(handed.event("failed", code=_QUEUE_FULL))
    assert handed.recipient().status is Status.FAILED
    assert (refunding.refund_unbilled(), balance().charged) == (1, 0)
    assert_true(handed.campaign_id)


@pytest.mark.usefixtures("at_once")
def test_what_the_provider_answers_when_asked_counts_too(
    simulator: RunningSimulator, pass_s: Callable[[float], None]
) -> None:
    make_contacts(1, mobile_e164="+33612340011")
    campaign_id = make_run()
    lose(simulator, campaign_id)
    pass_s(45)
    assert ask() == 1
    assert balance().charged == 1
    assert refunding.refund_unbilled() == 1
    assert_true(campaign_id)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("first", ["retry", "refund", "report"])
def test_every_try_is_given_back_by_itself(first: str) -> None:
    handed = Handed()
    handed.answer()
    if first == "report":  # of the first try, once the second is under way
        report(handed.event("undelivered", code="30003"))
    else:
        report(handed.event("failed", code=_QUEUE_FULL))
    if first == "refund":
        assert refunding.refund_unbilled() == 1
    retrying.retry_failed(OPERATOR, handed.campaign_id)
    assert_true(handed.campaign_id)
    if first == "retry":
        assert refunding.refund_unbilled() == 1
    assert handed.recipient().credit_state is CreditState.RESERVED, "the second try has its own credit"

    second = again(handed)
    second.answer()
    report(second.event("failed", code=_QUEUE_FULL))
    assert refunding.refund_unbilled() == 1
    assert handed.recipient().credit_state is CreditState.REFUNDED
    assert_true(handed.campaign_id)
    retrying.retry_failed(OPERATOR, handed.campaign_id)
    third = again(handed)
    third.answer()
    report(third.event("delivered"))
    assert refunding.refund_unbilled() == 0
    assert balance().charged == (2 if first == "report" else 1)
    assert_true(handed.campaign_id)


@pytest.mark.usefixtures("at_once")
def test_a_lost_answer_that_was_sent_again_and_failed_after_all() -> None:
    handed = Handed()
    handed.answer(Verdict.UNKNOWN)
    attention.retry_unknown(OPERATOR, handed.campaign_id)
    second = again(handed)
    second.answer()
    report(second.event("delivered"), handed.event("failed", code=_QUEUE_FULL))
    assert refunding.refund_unbilled() == 1
    assert (handed.recipient().credit_state, balance().charged) == (CreditState.CHARGED, 1)
    assert_true(handed.campaign_id)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("when", ["pending", "claimed", "delivered"])
def test_a_cascade_that_went_on_to_the_email(when: str) -> None:
    connect_whatsapp()
    handed = Handed(Channel.WHATSAPP_SMS_EMAIL)
    handed.answer()
    report(handed.event("undelivered", code="63024"))
    by_sms = again(handed)
    by_sms.answer()
    report(by_sms.event("failed", code=_QUEUE_FULL))
    assert (handed.recipient().status, handed.recipient().medium) == (Status.PENDING, Medium.EMAIL)
    email = again(handed, Medium.EMAIL) if when != "pending" else None
    if email and when == "delivered":
        email.answer()
        report(email.event("delivered"))
    assert refunding.refund_unbilled() == 1
    assert_true(handed.campaign_id)
    email = email or again(handed, Medium.EMAIL)
    email.answer()
    report(email.event("delivered"))
    assert (handed.recipient().status, handed.recipient().credit_state) == (Status.DELIVERED, CreditState.REFUNDED)
    assert (balance().charged, balance().reserved) == (0, 0)
    assert_true(handed.campaign_id)


@pytest.mark.usefixtures("at_once")
def test_a_deleted_campaign_is_given_its_credits_back() -> None:
    handed = failed()
    deleting.delete(OPERATOR, CampaignSelection(ids=(handed.campaign_id,)))
    assert refunding.refund_unbilled() == 1
    [entry] = ledger_page(OPERATOR, LedgerQuery(kind=LedgerKind.REFUND)).entries
    assert entry.campaign_title == "Kol Nidre"
    assert_true(handed.campaign_id)


@pytest.mark.usefixtures("at_once")
def test_a_round_is_bounded_and_the_next_goes_on() -> None:
    handed = failed(contacts=5)
    assert [refunding.refund_unbilled(2) for _ in range(4)] == [2, 2, 1, 0]
    assert_true(handed.campaign_id)


@pytest.mark.usefixtures("at_once")
def test_a_crash_before_the_commit_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    handed = failed(contacts=2)

    def die(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as dying:
        dying.setattr(refunding.settling, "close_books", die)
        with pytest.raises(ConnectionError):
            refunding.refund_unbilled()
    assert (balance().charged, refunds(), waiting()) == (2, [], 2)
    assert_true(handed.campaign_id)
    assert refunding.refund_unbilled() == 2
    assert_true(handed.campaign_id)


@pytest.mark.usefixtures("at_once")
def test_two_schedulers_a_retry_and_late_reports_at_once() -> None:
    handed = failed(contacts=30)
    late = [handed.event("delivered", i) for i in range(0, 30, 5)]
    acts: list[Callable[[], object]] = [
        refunding.refund_unbilled,
        lambda: retrying.retry_failed(OPERATOR, handed.campaign_id),
        lambda: refunding.refund_unbilled(10),
        lambda: report(*late),
        refunding.refund_unbilled,
    ]
    all_at_once(acts)
    refunding.refund_unbilled()

    given_back = 30 - balance().charged
    assert given_back >= 24, "at most those were billed whose delivery was reported first"
    assert sum(amount for _, amount in refunds()) == given_back
    assert waiting() == 0
    assert_true(handed.campaign_id)


@pytest.mark.usefixtures("at_once")
def test_open_pages_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    handed, told = failed(), list[object]()
    monkeypatch.setattr(realtime, "signal_credit", lambda: told.append("credit"))
    monkeypatch.setattr(realtime, "signal_campaign", told.append)
    refunding.refund_unbilled()
    assert sorted(told, key=str) == [handed.campaign_id, "credit"]
    refunding.refund_unbilled()
    assert len(told) == 2, "nothing changed"


@pytest.mark.usefixtures("at_once")
def test_the_scheduler_does_it_in_its_round() -> None:
    handed = failed()
    upkeep.run_upkeep()
    assert handed.recipient().credit_state is CreditState.REFUNDED


@pytest.mark.usefixtures("at_once")
def test_messages_of_before_the_migration_are_judged_too() -> None:
    handed = failed(contacts=2)
    report(handed.event("undelivered", 1, code="30003"))
    alembic("downgrade", "0021")
    alembic("upgrade", "head")
    assert waiting() == 2
    assert refunding.refund_unbilled() == 1
    assert handed.recipient().credit_state is CreditState.REFUNDED
    assert_true(handed.campaign_id)


@pytest.mark.usefixtures("at_once")
def test_of_many_attempts_only_those_are_read_that_wait(database: str) -> None:
    failed(contacts=1)
    numbers = "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
    same = "campaign_id, recipient_id, medium, provider, status, claimed_at"
    engine, asked = get_engine(), list[tuple[str, Any]]()
    with engine.begin() as connection:
        connection.execute(text(f"{numbers} INSERT INTO attempt (number, {same}) SELECT i, {same} FROM attempt, n"))
        connection.execute(text("ANALYZE attempt"))

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    assert refunding.refund_unbilled() == 1
    first, *_ = [each for each in asked if "FROM attempt" in each[0]]
    asked.clear()
    assert refunding.refund_unbilled() == 0
    event.remove(engine, "before_cursor_execute", note)
    assert [each for each in asked if "attempt" in each[0]] == [(first[0], ANY)], "one look, while nothing waits"
    explain = "EXPLAIN" if database == "postgresql" else "EXPLAIN QUERY PLAN"
    with engine.connect() as connection:
        plan = [row[-1] for row in connection.exec_driver_sql(f"{explain} {first[0]}", first[1])]
    assert any("ix_attempt_unjudged" in step for step in plan)
    assert not any("Sort" in step or "TEMP B-TREE" in step for step in plan)
