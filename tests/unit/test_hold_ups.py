from __future__ import annotations

import pytest

from backend.domain.channels import Medium
from backend.domain.hold_ups import HoldUpCode
from backend.providers.base import SendResult, Verdict
from backend.services import hold_ups
from backend.services.settling import Books

TAKEN = SendResult("1", Verdict.ACCEPTED, "SM1")
REFUSED = SendResult("2", Verdict.REFUSED, None, "21211")
BUSY = SendResult("3", Verdict.DEFERRED, None, "20429")
AWAY = SendResult("4", Verdict.DEFERRED, None, "not_connected")
LOST = SendResult("5", Verdict.UNKNOWN, None, "503")
WRONG_KEY = SendResult("6", Verdict.MISCONFIGURED, None, "20003")
TOO_LATE = SendResult("7", Verdict.DEFERRED, None, hold_ups.LEASE_LOST)
UNREADABLE = SendResult("8", Verdict.REFUSED, None, hold_ups.CANNOT_COMPOSE)


def noted(*results: SendResult) -> tuple[dict[int, Medium], dict[int, tuple[Medium, HoldUpCode]]]:
    books = Books()
    hold_ups.note_answers(books, 7, Medium.SMS, results)
    return books.answered, books.held_up


@pytest.mark.parametrize("results", [(TAKEN,), (BUSY, TAKEN), (AWAY, LOST, TAKEN), (REFUSED,), (BUSY, REFUSED)])
def test_a_window_of_which_any_is_taken_or_refused_is_not_held_up(results: tuple[SendResult, ...]) -> None:
    assert noted(*results) == ({7: Medium.SMS}, {})


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ((BUSY, BUSY), HoldUpCode.PROVIDER_BUSY),
        ((AWAY, AWAY), HoldUpCode.PROVIDER_UNREACHABLE),
        ((LOST,), HoldUpCode.PROVIDER_ERROR),
        ((AWAY, LOST), HoldUpCode.PROVIDER_ERROR),
    ],
)
def test_a_window_of_which_none_is_taken_says_why(results: tuple[SendResult, ...], code: HoldUpCode) -> None:
    assert noted(*results) == ({}, {7: (Medium.SMS, code)})


@pytest.mark.parametrize("results", [(), (TOO_LATE, TOO_LATE), (UNREADABLE,), (WRONG_KEY,), (WRONG_KEY, BUSY)])
def test_what_no_provider_was_asked_or_what_halts_the_run_says_nothing(results: tuple[SendResult, ...]) -> None:
    assert noted(*results) == ({}, {})
