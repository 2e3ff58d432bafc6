from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.channels import Channel, Medium, first_medium, media_of
from backend.domain.statuses import Reason
from backend.domain.statuses import RecipientStatus as Status
from backend.domain.targeting import Candidate, Target, choose_targets, may_need_sms, usable_addresses

E, S, W = Medium.EMAIL, Medium.SMS, Medium.WHATSAPP


def person(number: int = 1, **values: Any) -> Candidate:
    return Candidate(**{
        "contact_id": number,
        "first_name": f"Ruth{number}",
        "last_name": "Azoulay",
        "hebrew_first_name": "",
        "household_id": None,
        "is_deceased": False,
        "email": f"ruth{number}@example.org",
        "email_problem": None,
        "mobile_e164": f"+3361234{number:04d}",
        "mobile_problem": None,
        "email_opted_out": False,
        "sms_opted_out": False,
        "whatsapp_opted_out": False,
        **values,
    })  # fmt: skip


def chosen(channel: Channel, *people: Candidate, one_per_household: bool = False) -> list[Target]:
    return list(choose_targets(channel, people, one_per_household=one_per_household))


def outcomes(channel: Channel, *people: Candidate, one_per_household: bool = False) -> list[Reason | Medium | None]:
    found = chosen(channel, *people, one_per_household=one_per_household)
    return [target.reason or target.medium for target in found]


@pytest.mark.parametrize("channel", Channel)
def test_somebody_with_everything_gets_the_first_choice(channel: Channel) -> None:
    [target] = chosen(channel, person())
    medium = media_of(channel)[0]
    address = "ruth1@example.org" if medium is E else "+33612340001"
    assert target == Target(person(), Status.PENDING, None, medium, address, "ruth1@example.org", "+33612340001")


@pytest.mark.parametrize("channel", Channel)
def test_the_deceased_are_left_out_before_anything_else(channel: Channel) -> None:
    nobody = person(is_deceased=True, email=None, mobile_e164=None, email_opted_out=True)
    [target] = chosen(channel, nobody)
    assert target == Target(nobody, Status.SKIPPED, Reason.DECEASED, None, None, None, None)


@pytest.mark.parametrize("channel", Channel)
def test_no_address_at_all_is_a_failure_that_can_be_repaired(channel: Channel) -> None:
    [target] = chosen(channel, person(email=None, mobile_e164=None))
    assert (target.status, target.reason, target.medium) == (Status.FAILED, Reason.NO_ADDRESS, None)


@pytest.mark.parametrize("channel", Channel)
def test_an_address_with_a_problem_is_none(channel: Channel) -> None:
    [target] = chosen(channel, person(email_problem="bounced", mobile_problem="landline"))
    assert (target.status, target.reason) == (Status.FAILED, Reason.NO_ADDRESS)
    assert (target.email, target.mobile_e164) == (None, None)


# channel, what the person opted out of → the medium used, or the reason why not
OPT_OUTS = [
    (Channel.EMAIL, {E}, Reason.OPTED_OUT),
    (Channel.EMAIL, {S, W}, E),
    (Channel.SMS, {S}, Reason.OPTED_OUT),
    (Channel.SMS, {W}, S),
    (Channel.WHATSAPP, {W}, Reason.OPTED_OUT),
    (Channel.WHATSAPP, {S}, W),
    (Channel.SMS_EMAIL, {E}, S),
    (Channel.SMS_EMAIL, {S}, E),
    (Channel.SMS_EMAIL, {E, S}, Reason.OPTED_OUT),
    (Channel.WHATSAPP_SMS, {W}, S),
    (Channel.WHATSAPP_SMS, {S}, W),
    (Channel.WHATSAPP_SMS, {W, S}, Reason.OPTED_OUT),
    (Channel.WHATSAPP_SMS_EMAIL, {W, S}, E),
    (Channel.WHATSAPP_SMS_EMAIL, {W, S, E}, Reason.OPTED_OUT),
]


@pytest.mark.parametrize(("channel", "out_of", "expected"), OPT_OUTS)
def test_an_opt_out_holds_for_its_medium(channel: Channel, out_of: set[Medium], expected: Medium | Reason) -> None:
    someone = person(**{f"{medium}_opted_out": True for medium in out_of})
    assert outcomes(channel, someone) == [expected]


def test_an_opt_out_of_a_missing_address_is_no_opt_out() -> None:
    assert outcomes(Channel.SMS, person(mobile_e164=None, sms_opted_out=True)) == [Reason.NO_ADDRESS]
    assert outcomes(Channel.SMS_EMAIL, person(mobile_e164=None, email_opted_out=True)) == [Reason.OPTED_OUT]


def test_an_opt_out_of_sms_is_remembered_for_the_cascade() -> None:
    [target] = chosen(Channel.WHATSAPP_SMS, person(sms_opted_out=True))
    assert (target.medium, target.mobile_e164) == (W, None)


def test_the_first_holder_of_an_address_gets_the_message() -> None:
    shared = {"mobile_e164": "+33612345678"}
    assert outcomes(Channel.SMS, person(1, **shared), person(2, **shared), person(3, **shared), person(4)) == [
        S,
        Reason.DUPLICATE_ADDRESS,
        Reason.DUPLICATE_ADDRESS,
        S,
    ]


def test_who_cannot_be_sent_to_holds_no_address() -> None:
    shared = {"mobile_e164": "+33612345678"}
    assert outcomes(Channel.SMS, person(1, is_deceased=True, **shared), person(2, **shared)) == [Reason.DECEASED, S]


def test_the_same_address_on_another_medium_is_no_repetition() -> None:
    shared = {"mobile_e164": "+33612345678"}
    assert outcomes(Channel.SMS_EMAIL, person(1, **shared), person(2, email=None, **shared)) == [E, S]


@pytest.mark.parametrize(
    ("one_per_household", "expected"),
    [(True, [S, Reason.SAME_HOUSEHOLD, S, S, S]), (False, [S, S, S, S, S])],
)
def test_one_message_a_household(one_per_household: bool, expected: list[object]) -> None:
    people = [person(1, household_id=5), person(2, household_id=5), person(3, household_id=6), person(4), person(5)]
    assert outcomes(Channel.SMS, *people, one_per_household=one_per_household) == expected


def test_the_first_of_a_household_who_can_be_reached_gets_it() -> None:
    home = {"household_id": 5}
    people = [
        person(1, is_deceased=True, **home),
        person(2, mobile_e164=None, **home),
        person(3, sms_opted_out=True, **home),
        person(4, **home),
        person(5, **home),
    ]
    assert outcomes(Channel.SMS, *people, one_per_household=True) == [
        Reason.DECEASED,
        Reason.NO_ADDRESS,
        Reason.OPTED_OUT,
        S,
        Reason.SAME_HOUSEHOLD,
    ]


def test_a_repeated_address_does_not_use_up_its_household() -> None:
    people = [
        person(1, mobile_e164="+33612345678", household_id=1),
        person(2, mobile_e164="+33612345678", household_id=2),
        person(3, household_id=2),
    ]
    assert outcomes(Channel.SMS, *people, one_per_household=True) == [S, Reason.DUPLICATE_ADDRESS, S]


NEEDS_SMS = {
    Channel.EMAIL: False,
    Channel.SMS: True,
    Channel.WHATSAPP: False,
    Channel.SMS_EMAIL: False,  # an email is usable, so no SMS is ever sent
    Channel.WHATSAPP_SMS: True,
    Channel.WHATSAPP_SMS_EMAIL: True,
}


@pytest.mark.parametrize("channel", Channel)
def test_whose_sms_must_be_paid_for(channel: Channel) -> None:
    [target] = chosen(channel, person())
    assert may_need_sms(channel, target) == NEEDS_SMS[channel]


@pytest.mark.parametrize("channel", Channel)
def test_nobody_pays_for_somebody_who_cannot_get_an_sms(channel: Channel) -> None:
    for unreachable in (person(mobile_e164=None), person(is_deceased=True), person(sms_opted_out=True)):
        [target] = chosen(channel, unreachable)
        assert not may_need_sms(channel, target)


def test_sms_or_email_pays_for_those_without_an_email() -> None:
    [target] = chosen(Channel.SMS_EMAIL, person(email=None))
    assert may_need_sms(Channel.SMS_EMAIL, target)


PEOPLE = st.lists(
    st.builds(
        person,
        household_id=st.sampled_from([None, 1, 2]),
        is_deceased=st.booleans(),
        email=st.sampled_from([None, "a@example.org", "b@example.org"]),
        email_problem=st.sampled_from([None, "bounced"]),
        mobile_e164=st.sampled_from([None, "+33612345678", "+33612345679"]),
        mobile_problem=st.sampled_from([None, "landline"]),
        email_opted_out=st.booleans(),
        sms_opted_out=st.booleans(),
        whatsapp_opted_out=st.booleans(),
    ),
    max_size=8,
)


@given(st.sampled_from(Channel), PEOPLE, st.booleans())
def test_whatever_is_chosen_keeps_the_rules(channel: Channel, people: list[Candidate], one_per_household: bool) -> None:
    targets = chosen(channel, *people, one_per_household=one_per_household)
    assert [target.candidate for target in targets] == people
    pending = [target for target in targets if target.status is Status.PENDING]
    addresses = [target.address for target in pending]
    assert len(set(addresses)) == len(addresses), "an address would get the message twice"
    homes = [target.candidate.household_id for target in pending if target.candidate.household_id is not None]
    assert not one_per_household or len(set(homes)) == len(homes), "a household would get the message twice"
    for target in targets:
        usable = usable_addresses(target.candidate)
        reachable = not target.candidate.is_deceased and first_medium(channel, usable) is not None
        assert (target.status is Status.PENDING) <= reachable
        assert (target.status is Status.PENDING) == (target.medium is not None) == (target.address is not None)
        assert (target.reason is None) == (target.status is Status.PENDING)
        if target.medium:
            assert target.address == getattr(usable, target.medium)
