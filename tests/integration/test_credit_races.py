"""Credits under real concurrency: never negative, and the ledger says what the balance says."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from backend import clock
from backend.database import reading, unit_of_work
from backend.domain.channels import Channel, Medium
from backend.domain.statuses import LedgerKind
from backend.domain.statuses import RecipientStatus as Status
from backend.errors import AppError
from backend.models import Campaign
from backend.repositories import credits
from backend.repositories.credits import Balance
from backend.services import delivery, proofs, runs, settling, upkeep, validation
from backend.services.acting import OPERATOR
from tests.integration.test_delivery import Handed
from tests.makers import buy_credits, connect_whatsapp, make_category, make_contacts, make_draft

pytestmark = pytest.mark.usefixtures("database")

_ROOT = Path(__file__).resolve().parents[2]
_VALIDATE_WHEN_TOLD = """
import sys
from backend.errors import AppError
from backend.services import validation
from backend.services.acting import OPERATOR
print("ready", flush=True)
sys.stdin.readline()
for campaign_id in sys.argv[1:]:
    try:
        validation.validate_campaign(OPERATOR, int(campaign_id))
        print("validated")
    except AppError as error:
        print(error.code)
"""


def balance() -> Balance:
    with reading() as session:
        return credits.get_balance(session)


def assert_books() -> None:
    assert proofs.audit_credits() == []
    assert proofs.recount(repair=False) == []
    assert min(*balance(), balance().available) >= 0


def told(act: Callable[..., object], *arguments: object) -> str:
    try:
        act(*arguments)
    except AppError as error:
        return error.code
    return "done"


def all_at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """Every act in a thread of its own, all let go at the same moment."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        gate.wait(60)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_of_eight_campaigns_at_once_only_those_that_can_be_paid_begin() -> None:
    make_contacts(5)
    buy_credits(3 * 5 + 4)
    ids = [make_draft() for _ in range(8)]

    answers = all_at_once([lambda one=one: told(validation.validate_campaign, OPERATOR, one) for one in ids])

    assert sorted(answers) == ["done"] * 3 + ["insufficient_credit"] * 5
    assert balance() == (19, 0, 15)
    assert_books()


def test_processes_that_race_for_the_last_credits_share_them_out_exactly() -> None:
    make_contacts(5)
    buy_credits(4 * 5)
    ids = [[str(make_draft()) for _ in range(4)] for _ in range(3)]
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", _VALIDATE_WHEN_TOLD, *own],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for own in ids
    ]
    for racer in racers:
        assert racer.stdout
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin
        racer.stdin.write("go\n")
        racer.stdin.flush()
    answers = [answer for racer in racers for answer in racer.communicate(timeout=60)[0].split()]

    assert sorted(answers) == ["insufficient_credit"] * 8 + ["validated"] * 4
    assert balance() == (20, 0, 20)
    assert_books()


def test_reserving_charging_and_releasing_at_once_balance_in_the_end() -> None:
    handed = Handed(contacts=8)
    spare = balance().available
    with unit_of_work() as session:
        credits.move(session, LedgerKind.ADJUST, 16 - spare)
    to_cancel, to_take_back = make_draft(), make_draft()
    validation.validate_campaign(OPERATOR, to_cancel)
    with unit_of_work() as session:
        scheduled = session.get(Campaign, to_take_back)
        assert scheduled is not None
        scheduled.scheduled_at = clock.now() + timedelta(hours=1)
    validation.validate_campaign(OPERATOR, to_take_back)
    assert balance().available == 0
    late = [make_draft() for _ in range(3)]

    answers = all_at_once(
        [
            handed.answer,
            lambda: told(runs.cancel_campaign, OPERATOR, to_cancel),
            lambda: told(runs.cancel_campaign, OPERATOR, to_cancel),
            lambda: told(runs.back_to_draft, OPERATOR, to_take_back),
            lambda: told(runs.back_to_draft, OPERATOR, to_take_back),
            *(lambda one=one: told(validation.validate_campaign, OPERATOR, one) for one in late),
        ]
    )

    assert "done" in answers[1:3]
    assert sorted(answers[3:5]) == ["done", "too_late"], "credits are released once"
    begun = answers[5:].count("done")
    assert balance() == (24, 8, 8 * begun)
    assert_books()


def test_a_storm_of_refunds_gives_back_no_more_than_was_charged() -> None:
    handed = Handed(contacts=6)
    handed.answer()

    def refund() -> bool:
        with suppress(IntegrityError), unit_of_work() as session:
            credits.move(session, LedgerKind.REFUND, 1, campaign_id=handed.campaign_id)
            return True
        return False

    refunded = all_at_once([refund] * 12)

    assert sum(refunded) == 6
    assert balance().charged == 0
    assert [drift.what for drift in proofs.audit_credits()] == ["campaign 1 refunded"], "nobody's credits went back"


def _fallback_after_its_credit_was_released(first: int) -> Handed:
    category_id = make_category(f"Group {first}")
    make_contacts(1, first=first, category_id=category_id)
    buy_credits(1)
    handed = Handed.__new__(Handed)
    handed.campaign_id = make_draft(Channel.WHATSAPP_SMS, everyone=False, category_ids=(category_id,))
    validation.validate_campaign(OPERATOR, handed.campaign_id)
    handed.claim(Medium.WHATSAPP)
    handed.answer()
    delivery.store_events([handed.event("sent")])
    delivery.apply_events()
    with unit_of_work() as session:
        found = session.get(Campaign, handed.campaign_id)
        assert found is not None
        found.finished_at = clock.now() - timedelta(days=2)
    assert upkeep.release_ended_reservations() == 1
    return handed


def test_two_fallbacks_that_come_days_later_do_not_share_one_credit(monkeypatch: pytest.MonkeyPatch) -> None:
    connect_whatsapp()
    both = [_fallback_after_its_credit_was_released(first) for first in (0, 10)]
    with unit_of_work() as session:
        credits.move(session, LedgerKind.ADJUST, 1 - credits.get_balance(session).available)
    delivery.store_events([one.event("undelivered", code="63024") for one in both])
    seen, get_balance = threading.Barrier(2), credits.get_balance

    def both_see_the_credit(session: Any) -> Balance:
        found = get_balance(session)
        with suppress(threading.BrokenBarrierError):  # SQLite lets one writer in at a time
            seen.wait(1)
        return found

    def apply_one() -> bool:
        try:
            delivery.apply_events(1)
        except IntegrityError:
            return False
        return True

    with monkeypatch.context() as slowed:
        slowed.setattr(settling.credits, "get_balance", both_see_the_credit)
        all_at_once([apply_one, apply_one])
    while delivery.apply_events():
        pass

    found = sorted((one.recipient().status, one.recipient().credit_state) for one in both)
    assert found == [(Status.FAILED, "released"), (Status.PENDING, "reserved")]
    assert balance().available == 0
    assert_books()
