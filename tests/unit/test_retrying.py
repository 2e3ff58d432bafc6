from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.cascade import AttemptOutcome, credit_after, decide, is_waiting_for_its_try
from backend.domain.channels import Addresses, Channel, Medium, media_of
from backend.domain.deliverability import is_success
from backend.domain.retrying import NextTry, Outcome, WhyNot, is_for_its_address, next_try
from backend.domain.statuses import HANDED_OVER, CreditState, Reason
from backend.domain.statuses import RecipientStatus as Status
from backend.domain.targeting import Candidate

E, S, W = Medium.EMAIL, Medium.SMS, Medium.WHATSAPP
EMAIL, MOBILE = "ruth@example.org", "+33612345678"
RUTH = Candidate(1, "Ruth", "Azoulay", "", None, False, EMAIL, None, MOBILE, None, False, False, False)


def failed(medium: Medium | None, code: str | None = None, reason: Reason | None = None) -> Outcome:
    return Outcome(Status.FAILED, reason, medium, EMAIL if medium is E else MOBILE, code)


def tried(
    outcome: Outcome, channel: Channel = Channel.SMS_EMAIL, contact: Candidate = RUTH, way: Medium | None = None
) -> Medium | WhyNot:
    found = next_try(channel, outcome, contact, is_deleted=False, way=way)
    return found.medium if isinstance(found, NextTry) else found


@pytest.mark.parametrize(
    ("outcome", "channel", "way", "expected"),
    [
        (failed(S, "30003"), Channel.SMS, None, S),
        (failed(S, "30008"), Channel.SMS, None, S),
        (failed(S, None, Reason.NO_CREDIT), Channel.SMS, None, S),
        (failed(S, "30034"), Channel.SMS, None, S),
        (failed(E, "4.2.2"), Channel.EMAIL, None, E),
        (failed(S, "30003"), Channel.WHATSAPP_SMS, None, W),
        (failed(S, "30003"), Channel.WHATSAPP_SMS, S, S),
        (failed(S, "30005"), Channel.SMS, None, WhyNot.SAME_ADDRESS),
        (failed(S, "30005"), Channel.SMS_EMAIL, None, E),
        (failed(E, "5.1.1"), Channel.SMS_EMAIL, None, S),
        (failed(W, "63024"), Channel.WHATSAPP, None, WhyNot.SAME_ADDRESS),
        (failed(W, "63024"), Channel.WHATSAPP_SMS, None, S),
        (failed(S, "30005"), Channel.WHATSAPP_SMS, None, WhyNot.SAME_ADDRESS),
        (failed(S, "30007"), Channel.SMS_EMAIL, None, WhyNot.REFUSED),
        (failed(S, "30007"), Channel.SMS_EMAIL, S, WhyNot.REFUSED),
        (failed(S, "30007"), Channel.SMS_EMAIL, E, E),
        (failed(E, "spam_content"), Channel.SMS_EMAIL, None, WhyNot.REFUSED),
        (failed(S, None, Reason.CANNOT_RENDER), Channel.SMS_EMAIL, E, WhyNot.REFUSED),
        (failed(S, "cannot_compose"), Channel.SMS_EMAIL, E, WhyNot.REFUSED),
        (failed(S, None), Channel.SMS, None, WhyNot.REFUSED),
        (Outcome(Status.UNKNOWN, None, S, MOBILE, "timeout"), Channel.SMS, None, S),
        (Outcome(Status.FAILED, Reason.NO_ADDRESS, None, None, None), Channel.SMS, None, S),
    ],
)
def test_who_is_tried_again_and_where(
    outcome: Outcome, channel: Channel, way: Medium | None, expected: Medium | WhyNot
) -> None:
    assert tried(outcome, channel, way=way) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"is_deceased": True}, WhyNot.DECEASED),
        ({"sms_opted_out": True}, WhyNot.OPTED_OUT),
        ({"mobile_problem": "invalid"}, WhyNot.NO_ADDRESS),
        ({"mobile_e164": None}, WhyNot.NO_ADDRESS),
    ],
)
def test_what_the_contact_is_now_decides(changes: dict[str, object], expected: WhyNot) -> None:
    assert tried(failed(S, "30003"), Channel.SMS, RUTH._replace(**changes)) is expected


def test_a_deleted_contact_is_not_tried() -> None:
    assert next_try(Channel.SMS, failed(S, "30003"), RUTH, is_deleted=True) is WhyNot.DELETED


def test_another_address_helps_whom_the_old_one_failed() -> None:
    repaired = RUTH._replace(mobile_e164="+33639981234")
    assert next_try(Channel.SMS, failed(S, "30005"), repaired, is_deleted=False) == NextTry(
        S, "+33639981234", Addresses(EMAIL, "+33639981234", "+33639981234")
    )
    assert is_for_its_address(failed(S, "30005"))
    assert not is_for_its_address(failed(S, "30003"))


STANDINGS = [status for status in Status if status is not Status.PENDING]


def outcome(medium: Medium, status: Status, *, is_current: bool) -> AttemptOutcome:
    return AttemptOutcome(medium, status, None, status in HANDED_OVER, is_current)


BOTH_TRIES = st.tuples(
    st.lists(st.builds(outcome, st.sampled_from([W, S]), st.sampled_from(STANDINGS), is_current=st.just(False)),
             min_size=1, max_size=3),
    st.lists(st.builds(outcome, st.sampled_from([W, S]), st.sampled_from(STANDINGS), is_current=st.just(True)),
             max_size=3),
)  # fmt: skip


@given(BOTH_TRIES)
def test_earlier_tries_count_only_when_they_reached_somebody(
    tries: tuple[list[AttemptOutcome], list[AttemptOutcome]],
) -> None:
    earlier, current = tries
    found = decide(Channel.WHATSAPP_SMS, Addresses(EMAIL, MOBILE, None), [*earlier, *current], run_goes_on=True)
    if any(is_success(one.medium, one.status) for one in [*earlier, *current]):
        assert is_success(found.medium, found.status)
        assert not is_waiting_for_its_try(Status.PENDING, [*earlier, *current])
    elif current:
        assert found == decide(Channel.WHATSAPP_SMS, Addresses(EMAIL, MOBILE, None), current, run_goes_on=True)
    else:
        assert is_waiting_for_its_try(Status.PENDING, earlier)


@given(BOTH_TRIES, st.sampled_from(STANDINGS))
def test_credits_are_of_the_current_try(
    tries: tuple[list[AttemptOutcome], list[AttemptOutcome]], status: Status
) -> None:
    earlier, current = tries
    both = credit_after(CreditState.RESERVED, status, [*earlier, *current])
    assert both is credit_after(CreditState.RESERVED, status, current)


def test_an_sms_of_an_earlier_try_gives_the_credits_of_the_next_back() -> None:
    arrived = [outcome(S, Status.SENT, is_current=False)]
    assert credit_after(CreditState.RESERVED, Status.SENT, arrived, S) is CreditState.RELEASED
    by_whatsapp = [outcome(W, Status.SENT, is_current=False)]
    assert credit_after(CreditState.RESERVED, Status.SENT, by_whatsapp, W) is CreditState.RESERVED


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("way", [None, *Medium])
@pytest.mark.parametrize("code", ["30003", "30005", "30007", "63024"])
def test_a_try_uses_a_medium_of_the_channel(channel: Channel, way: Medium | None, code: str) -> None:
    found = tried(failed(S, code), channel, way=way)
    assert isinstance(found, WhyNot) or (found in media_of(channel) and way in {None, found})
