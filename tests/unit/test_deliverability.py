from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.channels import Medium
from backend.domain.deliverability import (
    Deliverability,
    Outcome,
    Report,
    deliverability,
    end_of,
    furthest,
    is_success,
    outcome_of,
    progress_of,
    rank,
    status_of_word,
)
from backend.domain.statuses import HANDED_OVER
from backend.domain.statuses import RecipientStatus as Status

START = datetime(2026, 9, 1, 8, tzinfo=UTC)
ACCEPTED = Outcome(Status.ACCEPTED, None)

TWILIO_WORDS = {
    "accepted": Status.ACCEPTED,
    "scheduled": Status.ACCEPTED,
    "queued": Status.ACCEPTED,
    "sending": Status.ACCEPTED,
    "sent": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.READ,
    "undelivered": Status.FAILED,
    "failed": Status.FAILED,
    "canceled": Status.CANCELLED,
}
SENDGRID_WORDS = {
    ("processed", None): Status.ACCEPTED,
    ("deferred", None): Status.ACCEPTED,
    ("delivered", None): Status.DELIVERED,
    ("machine_open", None): Status.DELIVERED,
    ("open", None): Status.READ,
    ("click", None): Status.READ,
    ("bounce", "5.1.1"): Status.FAILED,
    ("bounce", "blocked"): Status.FAILED,
    ("blocked", "blocked"): Status.FAILED,
    ("dropped", "bounced_address"): Status.FAILED,
    ("dropped", "invalid"): Status.FAILED,
    ("dropped", "unsubscribed"): Status.SKIPPED,
    ("dropped", "spam"): Status.SKIPPED,
    ("spamreport", None): None,
    ("unsubscribe", None): None,
    ("group_unsubscribe", None): None,
    ("group_resubscribe", None): None,
}


def report(word: str, code: str | None = None, *, at_min: int = 0) -> Report:
    return Report(word, code, START + timedelta(minutes=at_min))


def outcome(provider: str, *reports: Report) -> Status:
    return outcome_of(provider, ACCEPTED, reports).status


@pytest.mark.parametrize(("word", "status"), TWILIO_WORDS.items(), ids=TWILIO_WORDS)
def test_twilio_words(word: str, status: Status) -> None:
    assert status_of_word("twilio", word, None) is status
    assert status_of_word("twilio", word, "30005") is Status.FAILED, "an error code beats the word"
    assert status_of_word("twilio", word, "21610") is Status.SKIPPED, "an opt-out is no failure"


@pytest.mark.parametrize(("word", "code", "status"), [(*key, status) for key, status in SENDGRID_WORDS.items()])
def test_sendgrid_words(word: str, code: str | None, status: Status | None) -> None:
    assert status_of_word("sendgrid", word, code) is status


@pytest.mark.parametrize(
    ("provider", "word"),
    [
        ("twilio", "exploded"),
        ("twilio", ""),
        ("twilio", "DELIVERED"),
        ("twilio", "open"),
        ("sendgrid", "sent"),
        ("carrier", "sent"),
    ],
)
def test_a_word_the_vendor_does_not_use_changes_nothing(provider: str, word: str) -> None:
    assert status_of_word(provider, word, "30005") is None
    assert outcome_of(provider, ACCEPTED, [report(word, "30005")]) == ACCEPTED


def test_without_reports_the_answer_stands() -> None:
    assert outcome_of("twilio", Outcome(Status.FAILED, "21211"), []) == Outcome(Status.FAILED, "21211")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["queued", "sent", "delivered"], Status.DELIVERED),
        (["sent", "undelivered"], Status.FAILED),
        (["failed", "delivered"], Status.DELIVERED),
        (["undelivered", "read"], Status.READ),
        (["canceled", "sent"], Status.CANCELLED),
        (["canceled", "delivered"], Status.DELIVERED),
    ],
)
def test_twilio_reports_in_any_order(words: list[str], status: Status) -> None:
    for order in itertools.permutations(report(word, at_min=i) for i, word in enumerate(words)):
        assert outcome("twilio", *order) is status, [one.word for one in order]


@pytest.mark.parametrize(
    ("words", "ended_as"),
    [
        (["queued", "failed"], "failed"),
        (["sent", "undelivered"], "undelivered"),
        (["failed", "undelivered"], "undelivered"),
        (["failed", "delivered"], "delivered"),
        (["undelivered", "read"], "read"),
        (["queued", "sent"], None),
        ([], None),
    ],
)
def test_an_sms_is_billed_as_it_ended_and_doubtful_reports_are_a_bill(words: list[str], ended_as: str | None) -> None:
    for order in itertools.permutations(words):
        for status in (Status.FAILED, Status.SKIPPED):
            assert end_of("twilio", Medium.SMS, status, order) == ended_as


def test_nothing_but_an_sms_that_came_to_nothing_is_asked_what_it_cost() -> None:
    assert end_of("twilio", Medium.WHATSAPP, Status.FAILED, ["failed"]) is None
    assert end_of("sendgrid", Medium.EMAIL, Status.FAILED, ["bounce"]) is None
    assert end_of("pigeon", Medium.SMS, Status.FAILED, ["failed"]) is None
    for status in set(Status) - {Status.FAILED, Status.SKIPPED}:
        assert end_of("twilio", Medium.SMS, status, ["failed"]) is None


@pytest.mark.parametrize("code", ["30003", "30005", "30006", "30007", "30008"])
def test_an_sms_that_failed_keeps_its_code(code: str) -> None:
    found = outcome_of("twilio", ACCEPTED, [report("sent"), report("undelivered", code)])
    assert found == Outcome(Status.FAILED, code)


@pytest.mark.parametrize(
    ("reports", "status"),
    [
        ([report("delivered", at_min=1), report("bounce", "5.1.1", at_min=2)], Status.FAILED),
        ([report("delivered", at_min=1), report("bounce", "5.1.1", at_min=1)], Status.FAILED),
        ([report("bounce", "blocked", at_min=1), report("delivered", at_min=2)], Status.DELIVERED),
        ([report("delivered", at_min=1), report("open", at_min=2), report("bounce", "5.1.1", at_min=3)], Status.FAILED),
        ([report("delivered", at_min=1), report("bounce", "5.1.1", at_min=2), report("open", at_min=3)], Status.READ),
        ([report("deferred", at_min=1), report("delivered", at_min=2)], Status.DELIVERED),
        ([report("processed", at_min=9), report("delivered", at_min=2)], Status.DELIVERED),
        ([report("delivered"), report("machine_open", at_min=5)], Status.DELIVERED),
        ([report("delivered"), report("spamreport", at_min=5)], Status.DELIVERED),
    ],
)
def test_an_email_ends_as_its_later_report_says(reports: list[Report], status: Status) -> None:
    for order in itertools.permutations(reports):
        assert outcome("sendgrid", *order) is status, [one.word for one in order]


def test_a_bounce_after_delivery_names_its_own_code() -> None:
    reports = [report("bounce", "5.2.2", at_min=1), report("delivered", at_min=2), report("bounce", "5.1.1", at_min=3)]
    assert outcome_of("sendgrid", ACCEPTED, reports) == Outcome(Status.FAILED, "5.1.1")


VENDORS = st.sampled_from(["twilio", "sendgrid"])
WORDS = st.sampled_from([*TWILIO_WORDS, *{word for word, _ in SENDGRID_WORDS}, "nonsense"])
CODES = st.sampled_from([None, "21610", "30003", "30008", "5.1.1", "blocked", "unsubscribed", "spam"])
REPORTS = st.lists(st.builds(report, WORDS, CODES, at_min=st.integers(0, 4)), max_size=6)
ANSWERS = st.sampled_from([ACCEPTED, Outcome(Status.CLAIMED, None), Outcome(Status.UNKNOWN, "timeout")])


@given(VENDORS, ANSWERS, REPORTS, st.data())
def test_neither_order_nor_repetition_matters(
    vendor: str, answer: Outcome, reports: list[Report], data: st.DataObject
) -> None:
    expected = outcome_of(vendor, answer, reports)
    shuffled = data.draw(st.permutations([*reports, *reports]))
    assert outcome_of(vendor, answer, shuffled) == expected


@given(VENDORS, ANSWERS, REPORTS, st.integers(0, 6))
def test_learning_in_two_steps_ends_as_learning_at_once(
    vendor: str, answer: Outcome, reports: list[Report], first: int
) -> None:
    """What was stored after the first reports is the answer that the later ones are added to."""
    halfway = outcome_of(vendor, answer, reports[:first])
    assert outcome_of(vendor, halfway, reports) == outcome_of(vendor, answer, reports)


GOOD_NEWS = st.builds(report, WORDS, at_min=st.integers(0, 4))


@given(VENDORS, ANSWERS, REPORTS, st.lists(GOOD_NEWS, min_size=1, max_size=3))
def test_progress_alone_makes_of_an_attempt_what_all_its_reports_would(
    vendor: str, answer: Outcome, reports: list[Report], news: list[Report]
) -> None:
    """Applied in bulk or with every rule: the same, whatever was applied before."""
    halfway = outcome_of(vendor, answer, reports)
    after: Status | None = halfway.status
    for one in news:
        progress = progress_of(vendor, one.word, one.vendor_code)
        after = furthest(after, progress) if after and progress else None
    if after is None:
        return  # it is asked with every rule
    code = halfway.vendor_code if after is halfway.status else None
    assert outcome_of(vendor, halfway, [*reports, *news]) == Outcome(after, code)


def test_only_good_news_without_a_code_is_progress() -> None:
    told = {word for word in TWILIO_WORDS if progress_of("twilio", word, None)}
    assert told == {"accepted", "scheduled", "queued", "sending", "sent", "delivered", "read"}
    assert not progress_of("twilio", "delivered", "30005")
    assert not progress_of("twilio", "open", None)
    good = {word: status for (word, code), status in SENDGRID_WORDS.items() if code is None and status in HANDED_OVER}
    assert {word: progress_of("sendgrid", word, None) for word in good} == good
    assert not progress_of("sendgrid", "bounce", None)
    assert not progress_of("sendgrid", "spamreport", None)
    bad = set(Status) - {Status.CLAIMED, Status.UNKNOWN, Status.ACCEPTED, Status.SENT, Status.DELIVERED, Status.READ}
    assert {furthest(status, Status.READ) for status in bad} == {None}


@given(ANSWERS, REPORTS, REPORTS)
def test_an_sms_never_falls_back_in_rank(answer: Outcome, reports: list[Report], more: list[Report]) -> None:
    before, after = outcome_of("twilio", answer, reports), outcome_of("twilio", answer, [*reports, *more])
    assert rank(after.status) >= rank(before.status)


SUCCESSES = {
    Medium.EMAIL: {Status.DELIVERED, Status.READ},
    Medium.SMS: {Status.SENT, Status.DELIVERED, Status.READ},
    Medium.WHATSAPP: {Status.SENT, Status.DELIVERED, Status.READ},
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("medium", Medium)
def test_what_counts_as_reached(medium: Medium, status: Status) -> None:
    assert is_success(medium, status) == (status in SUCCESSES[medium])
    assert not is_success(None, status)


@pytest.mark.parametrize(
    ("status", "counted_as"),
    [
        (Status.PENDING, "pending"),
        (Status.CLAIMED, "pending"),
        (Status.ACCEPTED, "pending"),
        (Status.UNKNOWN, "pending"),
        (Status.SENT, "success"),
        (Status.DELIVERED, "success"),
        (Status.READ, "success"),
        (Status.FAILED, "failed"),
        (Status.SKIPPED, None),
        (Status.CANCELLED, None),
    ],
)
def test_where_each_status_counts(status: Status, counted_as: str | None) -> None:
    result = deliverability(Counter({status: 7}))
    assert {name: value for name, value in result._asdict().items() if value} == (
        {"total": 7, counted_as: 7} if counted_as else {}
    )


def test_sent_emails_are_still_pending() -> None:
    assert deliverability(Counter({Status.SENT: 5}), sent_emails=2) == Deliverability(5, 3, 0, 2)


@pytest.mark.parametrize(
    ("success", "failed", "pending", "success_percent", "failed_percent"),
    [
        (0, 0, 0, None, None),
        (0, 0, 5, 0, 0),
        (5, 0, 0, 100, 0),
        (0, 5, 0, 0, 100),
        (999, 1, 0, 99, 1),
        (9_999, 1, 0, 99, 1),
        (9_999, 0, 1, 99, 0),
        (1, 9_999, 0, 1, 99),
        (1, 0, 99_999, 1, 0),
        (2, 1, 0, 66, 33),
        (1, 1, 1, 33, 33),
        (995, 5, 0, 99, 1),
    ],
)
def test_percents(
    success: int, failed: int, pending: int, success_percent: int | None, failed_percent: int | None
) -> None:
    counts = Counter({Status.DELIVERED: success, Status.FAILED: failed, Status.PENDING: pending, Status.SKIPPED: 3})
    result = deliverability(counts)
    assert (result.success_percent, result.failed_percent) == (success_percent, failed_percent)


@given(st.fixed_dictionaries({status: st.integers(0, 300_000) for status in Status}))
def test_percents_never_promise_too_much_nor_hide_one(counts: dict[Status, int]) -> None:
    result = deliverability(counts)
    if result.total == 0:
        assert result.success_percent is result.failed_percent is None
        return
    for part, percent in ((result.success, result.success_percent), (result.failed, result.failed_percent)):
        assert (percent == 0) == (part == 0)
        assert (percent == 100) == (part == result.total)
    assert result.total == sum(counts.values()) - counts[Status.SKIPPED] - counts[Status.CANCELLED]
