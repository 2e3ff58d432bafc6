"""Low credit is told to administrators once, each time it begins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend.database import unit_of_work
from backend.domain.rights import Right, Role
from backend.domain.statuses import LedgerKind
from backend.errors import ForbiddenError
from backend.models import User
from backend.repositories import credits, users
from backend.services.acting import OPERATOR, ActingUser
from backend.services.frames import page_frame
from backend.services.low_credit import low_credit_limit, put_notice_aside
from backend.settings import get_settings

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def threshold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOW_CREDIT_THRESHOLD", "100")
    get_settings.cache_clear()


def administrator(name: str) -> ActingUser:
    email = f"{name}@office.example.org"
    with unit_of_work() as session:
        user_id = users.add(session, User(email=email, password_hash="x", role=Role.ADMINISTRATOR))
    return ActingUser(user_id, email, name, Role.ADMINISTRATOR)


def move(amount: int) -> None:
    with unit_of_work() as session:
        credits.move(session, LedgerKind.ADJUST, amount)


def is_told(actor: ActingUser) -> bool:
    return page_frame(actor).low_notice


def test_credit_is_low_below_the_threshold_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [low_credit_limit(available) for available in (99, 100, None)] == [100, 0, 0]
    monkeypatch.setenv("LOW_CREDIT_THRESHOLD", "0")
    get_settings.cache_clear()
    assert low_credit_limit(0) == 0


def test_each_administrator_is_told_once_each_time_it_falls_below() -> None:
    ruth, david = administrator("ruth"), administrator("david")
    move(150)
    assert not is_told(ruth)
    move(-60)
    assert is_told(ruth)
    put_notice_aside(ruth)
    put_notice_aside(ruth)
    assert (is_told(ruth), is_told(david)) == (False, True)
    move(-10)
    assert not is_told(ruth), "it was below before"
    move(100)
    assert not is_told(david), "enough again"
    move(-100)
    assert is_told(ruth)
    assert page_frame(ruth).low_below == 100


def test_credit_that_was_never_enough_did_not_fall() -> None:
    ruth = administrator("ruth")
    move(50)
    assert not is_told(ruth)
    assert page_frame(ruth).low_below == 100


def test_only_administrators_are_told_and_put_it_aside() -> None:
    ruth = administrator("ruth")
    move(150)
    move(-60)
    other = replace(ruth, role=Role.SECONDARY, rights=frozenset(Right))
    assert not is_told(other)
    for nobody in (other, OPERATOR):
        with pytest.raises(ForbiddenError):
            put_notice_aside(nobody)
    assert is_told(ruth)
