from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.cascade import AttemptOutcome, Decision, credit_after, decide, was_taken
from backend.domain.channels import Addresses, Channel, Medium, falls_back, media_of, next_medium
from backend.domain.deliverability import is_success
from backend.domain.statuses import HANDED_OVER, CreditState, Reason
from backend.domain.statuses import RecipientStatus as Status

E, S, W = Medium.EMAIL, Medium.SMS, Medium.WHATSAPP
EVERYWHERE = Addresses("ruth@example.org", "+33612345678", None)
# What an attempt can stand at: it is claimed when it is written, and never pending.
STANDINGS = [status for status in Status if status is not Status.PENDING]


def attempt(medium: Medium, status: Status, code: str | None = None, *, taken: bool | None = None) -> AttemptOutcome:
    return AttemptOutcome(medium, status, code, status in HANDED_OVER if taken is None else taken)


def decided(
    channel: Channel, *attempts: AttemptOutcome, usable: Addresses = EVERYWHERE, goes_on: bool = True
) -> Decision:
    return decide(channel, usable, attempts, run_goes_on=goes_on)


@pytest.mark.parametrize("status", STANDINGS)
@pytest.mark.parametrize(
    ("channel", "medium"), [(channel, medium) for channel in Channel for medium in media_of(channel)]
)
def test_one_attempt(channel: Channel, medium: Medium, status: Status) -> None:
    """Only a definitive refusal moves a recipient on; nothing else does, least of all a message nobody read."""
    found = decided(channel, attempt(medium, status, "30005"))
    following = next_medium(channel, medium, EVERYWHERE)
    if status is Status.FAILED and following:
        address = EVERYWHERE.email if following is E else EVERYWHERE.sms
        assert found == Decision(Status.PENDING, following, "30005", None, address)
    else:
        reason = Reason.OPTED_OUT if status is Status.SKIPPED else None
        assert found == Decision(status, medium, "30005", reason, None)


@pytest.mark.parametrize("medium", media_of(Channel.SMS_EMAIL))
def test_sms_or_email_never_falls_back(medium: Medium) -> None:
    assert decided(Channel.SMS_EMAIL, attempt(medium, Status.FAILED)).status is Status.FAILED


def test_whatsapp_then_sms_then_email() -> None:
    refused = [attempt(W, Status.FAILED, "63024")]
    assert decided(Channel.WHATSAPP_SMS_EMAIL, *refused)[:2] == (Status.PENDING, S)
    refused.append(attempt(S, Status.FAILED, "30005"))
    assert decided(Channel.WHATSAPP_SMS_EMAIL, *refused)[:2] == (Status.PENDING, E)
    refused.append(attempt(E, Status.FAILED, "5.1.1"))
    assert decided(Channel.WHATSAPP_SMS_EMAIL, *refused) == Decision(Status.FAILED, E, "5.1.1", None, None)


def test_a_missing_mobile_sends_the_cascade_to_the_email() -> None:
    usable = EVERYWHERE._replace(sms=None)
    assert decided(Channel.WHATSAPP_SMS_EMAIL, attempt(W, Status.FAILED), usable=usable)[:2] == (Status.PENDING, E)
    assert decided(Channel.WHATSAPP_SMS, attempt(W, Status.FAILED), usable=usable).status is Status.FAILED


@pytest.mark.parametrize("channel", Channel)
def test_a_cancelled_run_falls_back_no_more(channel: Channel) -> None:
    medium = media_of(channel)[0]
    assert decided(channel, attempt(medium, Status.FAILED), goes_on=False).status is Status.FAILED


@pytest.mark.parametrize("later", STANDINGS)
@pytest.mark.parametrize("first", [Status.SENT, Status.DELIVERED, Status.READ])
def test_a_success_on_the_older_attempt_wins(first: Status, later: Status) -> None:
    found = decided(Channel.WHATSAPP_SMS, attempt(W, first), attempt(S, later, "30008"))
    if is_success(S, later):
        assert is_success(found.medium, found.status)
    else:
        assert found == Decision(first, W, None, None, None)


def test_the_further_of_two_successes_counts() -> None:
    found = decided(Channel.WHATSAPP_SMS, attempt(W, Status.READ), attempt(S, Status.DELIVERED))
    assert found[:2] == (Status.READ, W)
    found = decided(Channel.WHATSAPP_SMS, attempt(W, Status.SENT), attempt(S, Status.DELIVERED))
    assert found[:2] == (Status.DELIVERED, S)


def test_an_email_that_was_only_accepted_is_no_success() -> None:
    found = decided(Channel.WHATSAPP_SMS_EMAIL, attempt(W, Status.FAILED), attempt(E, Status.ACCEPTED))
    assert found[:2] == (Status.ACCEPTED, E)


@pytest.mark.parametrize("status", STANDINGS)
@pytest.mark.parametrize("channel", [Channel.WHATSAPP_SMS, Channel.WHATSAPP_SMS_EMAIL])
def test_a_late_failure_after_a_success_changes_nothing(channel: Channel, status: Status) -> None:
    """The SMS left because of a refusal, and then WhatsApp had arrived after all."""
    found = decided(channel, attempt(W, Status.DELIVERED), attempt(S, status, "30003"))
    assert is_success(found.medium, found.status)
    assert found.moved_to is None, "a reached recipient is sent to again"


ATTEMPTS = st.lists(
    st.builds(attempt, st.sampled_from(Medium), st.sampled_from(STANDINGS), st.sampled_from([None, "30005"])),
    min_size=1,
    max_size=4,
)


@given(st.sampled_from(Channel), ATTEMPTS, st.booleans())
def test_never_both(channel: Channel, attempts: list[AttemptOutcome], goes_on: bool) -> None:
    """Nobody who was reached, and nobody whose last message may still arrive, is sent to again."""
    attempts = [one for one in attempts if one.medium in media_of(channel)]
    if not attempts:
        return
    found = decided(channel, *attempts, goes_on=goes_on)
    if found.status is Status.PENDING:
        assert goes_on
        assert falls_back(channel)
        assert attempts[-1].status is Status.FAILED
        assert not any(is_success(one.medium, one.status) for one in attempts)
        assert found.moved_to
    else:
        assert found.moved_to is None


# What becomes of reserved credits, by the medium of the only attempt and where it stands.
TAKEN = {Status.ACCEPTED, Status.SENT, Status.DELIVERED, Status.READ}
OPEN = {Status.CLAIMED, Status.UNKNOWN}


def expected_credit(medium: Medium, status: Status) -> CreditState:
    if medium is S:
        if status in TAKEN:
            return CreditState.CHARGED
        return CreditState.RESERVED if status in OPEN else CreditState.RELEASED
    if medium is W:
        # Sent may still come back undelivered: the SMS stays reserved until WhatsApp has arrived.
        return CreditState.RESERVED if status in {*OPEN, Status.ACCEPTED, Status.SENT} else CreditState.RELEASED
    return CreditState.RELEASED


@pytest.mark.parametrize("medium", Medium)
@pytest.mark.parametrize("status", STANDINGS)
def test_where_reserved_credits_go(medium: Medium, status: Status) -> None:
    assert credit_after(CreditState.RESERVED, status, [attempt(medium, status)]) is expected_credit(medium, status)


@pytest.mark.parametrize("before", [state for state in CreditState if state is not CreditState.RESERVED])
@pytest.mark.parametrize("status", Status)
def test_credits_move_once(before: CreditState, status: Status) -> None:
    attempts = [attempt(S, Status.ACCEPTED)]
    assert credit_after(before, status, attempts) is before


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.PENDING, CreditState.RESERVED),
        (Status.CANCELLED, CreditState.RELEASED),
        (Status.SKIPPED, CreditState.RELEASED),
        (Status.FAILED, CreditState.RELEASED),
    ],
)
def test_credits_without_an_attempt(status: Status, expected: CreditState) -> None:
    assert credit_after(CreditState.RESERVED, status, []) is expected


def test_credits_stay_reserved_while_the_sms_is_still_to_come() -> None:
    assert credit_after(CreditState.RESERVED, Status.PENDING, [attempt(W, Status.FAILED)]) is CreditState.RESERVED


def test_an_sms_that_was_taken_and_failed_is_billed() -> None:
    failed = attempt(S, Status.FAILED, "30005", taken=True)
    assert credit_after(CreditState.RESERVED, Status.FAILED, [failed]) is CreditState.CHARGED


def test_an_unanswered_sms_holds_its_credits_whatever_happened_before() -> None:
    attempts = [attempt(W, Status.FAILED), attempt(S, Status.UNKNOWN)]
    assert credit_after(CreditState.RESERVED, Status.UNKNOWN, attempts) is CreditState.RESERVED


@pytest.mark.parametrize("unanswered", [Status.CLAIMED, Status.UNKNOWN])
def test_an_unanswered_sms_holds_its_credits_although_the_whatsapp_arrived_after_all(unanswered: Status) -> None:
    attempts = [attempt(W, Status.DELIVERED), attempt(S, unanswered)]
    assert credit_after(CreditState.RESERVED, Status.DELIVERED, attempts) is CreditState.RESERVED


@pytest.mark.parametrize("status", Status)
def test_a_message_was_taken_when_the_provider_named_or_reported_it(status: Status) -> None:
    assert was_taken(status, "SM1")
    assert was_taken(status, None) == (status in TAKEN)
