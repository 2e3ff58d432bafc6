"""The count of standings against the rule for candidates, over random small communities."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from backend.domain.addresses import AddressProblem
from backend.domain.channels import Channel, Medium
from backend.domain.reach import (
    ADDRESS_STATES,
    WEIGHTS,
    ChosenContact,
    Group,
    Obstacle,
    count_groups,
    first_on,
    left_out_for,
    not_on,
    obstacle_on,
    reachable_on,
    standing_of,
)
from backend.domain.statuses import Reason
from backend.domain.targeting import Candidate, choose_targets

problems = st.sampled_from([None, None, None, *AddressProblem])
candidates = st.builds(
    Candidate,
    contact_id=st.just(0),
    first_name=st.just(""),
    last_name=st.just(""),
    hebrew_first_name=st.just(""),
    household_id=st.sampled_from([None, 1, 2]),
    is_deceased=st.sampled_from([False, False, False, True]),
    email=st.sampled_from([None, "a@example.org", "b@example.org", "c@example.org"]),
    email_problem=problems,
    mobile_e164=st.sampled_from([None, "+331", "+332", "+333"]),
    mobile_problem=problems,
    email_opted_out=st.booleans(),
    sms_opted_out=st.booleans(),
    whatsapp_opted_out=st.booleans(),
)


def state(address: str | None, problem: str | None) -> int:
    return ADDRESS_STATES.index(problem or ("usable" if address else "missing"))


def chosen(number: int, one: Candidate, *, is_excluded: bool = False) -> ChosenContact:
    """What the database makes of a candidate."""
    facts = {
        "is_excluded": is_excluded,
        "is_deceased": one.is_deceased,
        "email_opted_out": one.email_opted_out,
        "sms_opted_out": one.sms_opted_out,
        "whatsapp_opted_out": one.whatsapp_opted_out,
        "email": state(one.email, one.email_problem),
        "mobile": state(one.mobile_e164, one.mobile_problem),
    }
    standing = sum(WEIGHTS[name] * int(value) for name, value in facts.items())
    return ChosenContact(number, standing, one.email, one.mobile_e164, one.household_id)


@given(st.sampled_from(Channel), st.lists(st.tuples(candidates, st.booleans()), max_size=12), st.booleans())
def test_the_count_is_what_is_chosen(channel: Channel, people: list[tuple[Candidate, bool]], once: bool) -> None:
    rows = [chosen(number, one, is_excluded=out) for number, (one, out) in enumerate(people)]
    groups = count_groups(channel, rows, one_per_household=once)
    included = [one for one, out in people if not out]
    targets = choose_targets(channel, included, one_per_household=once)
    expected = Counter((t.medium and first_on(t.medium)) or left_out_for(Reason(t.reason)) for t in targets)
    assert {name: many for name, many in groups.items() if name.startswith(("first.", "reason."))} == dict(expected)
    assert groups.get(Group.SELECTED, 0) == len(people)
    assert groups.get(Group.EXCLUDED, 0) == len(people) - len(included)
    for medium in Medium:
        on_it = [groups.get(reachable_on(medium), 0), *(groups.get(not_on(medium, o), 0) for o in Obstacle)]
        assert sum(on_it) in {0, groups.get(Group.TOTAL, 0)}


@given(st.sampled_from(Channel), st.lists(candidates, max_size=12), st.booleans())
def test_remembering_shared_addresses_is_enough(channel: Channel, people: list[Candidate], once: bool) -> None:
    addresses = Counter(address for one in people for address in (one.email, one.mobile_e164) if address)
    shared = {address for address, holders in addresses.items() if holders > 1}
    expected = list(choose_targets(channel, people, one_per_household=once))
    assert list(choose_targets(channel, people, one_per_household=once, shared=shared)) == expected


def test_a_standing_says_what_is_in_the_way() -> None:
    usable = chosen(1, _person())
    assert obstacle_on(Medium.SMS, standing_of(usable.standing)) is None
    bounced = chosen(1, _person(email_problem=AddressProblem.BOUNCED, email_opted_out=True))
    assert obstacle_on(Medium.EMAIL, standing_of(bounced.standing)) is Obstacle.BOUNCED
    out = chosen(1, _person(whatsapp_opted_out=True))
    assert obstacle_on(Medium.WHATSAPP, standing_of(out.standing)) is Obstacle.OPTED_OUT
    assert obstacle_on(Medium.SMS, standing_of(out.standing)) is None
    nothing = chosen(1, _person(mobile_e164=None))
    assert obstacle_on(Medium.SMS, standing_of(nothing.standing)) is Obstacle.MISSING


def _person(**values: object) -> Candidate:
    person = Candidate(1, "", "", "", None, False, "a@example.org", None, "+331", None, False, False, False)
    return person._replace(**values)
