"""What the editor counts is what validation freezes, on both databases."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import delete, insert

from backend.database import reading, unit_of_work
from backend.domain.addresses import AddressProblem
from backend.domain.channels import Channel, Medium
from backend.domain.reach import Group, Obstacle, first_on, left_out_for, not_on, reachable_on
from backend.domain.rights import Right, Role
from backend.domain.statuses import Reason
from backend.domain.targeting import choose_targets, usable_addresses
from backend.errors import ForbiddenError, InvalidInputError
from backend.models import Category, Contact, ContactCategory, Household, OptOut, TargetMatch, table_of
from backend.repositories import contacts
from backend.repositories.contacts import Selection
from backend.services.acting import OPERATOR, ActingUser
from backend.services.draft_input import DraftInput
from backend.services.selecting import count_selection
from backend.services.target_lists import MOST_LISTED, list_group
from backend.services.targets import count_targets
from backend.services.validation import summarise
from tests.makers import CONTENT, make_category, make_contacts, make_draft, make_household

pytestmark = pytest.mark.usefixtures("database")

EDITOR = ActingUser(None, "editor@example.org", "Editor", Role.SECONDARY, frozenset({Right.CAMPAIGNS_EDIT}))
OTHERS = ActingUser(None, "other@example.org", "Other", Role.SECONDARY, frozenset(set(Right) - {Right.CAMPAIGNS_EDIT}))


def draft(channel: Channel = Channel.SMS_EMAIL, **values: Any) -> DraftInput:
    return DraftInput(**{"title": "Kol Nidre", "channel": channel, "everyone": True, **CONTENT, **values})


def listed(entered: DraftInput, group: str) -> list[int]:
    return [one.contact.id for one in list_group(EDITOR, entered, group).contacts]


@pytest.mark.parametrize(
    "act", [count_targets, lambda actor, entered: list_group(actor, entered, Group.TOTAL)], ids=["count", "list"]
)
def test_needs_the_right_to_edit(act: Any) -> None:
    with pytest.raises(ForbiddenError):
        act(OTHERS, draft())


def test_an_unknown_channel_is_refused_and_an_unknown_group_has_nobody() -> None:
    make_contacts(1)
    with pytest.raises(InvalidInputError):
        list_group(EDITOR, DraftInput(title="", channel="fax"), Group.TOTAL)
    assert list_group(EDITOR, draft(), "' OR 1=1").total == 0


# --- Random communities: the fast count, against the rule that freezes.


def community(chance: random.Random) -> None:
    """Thirty contacts that share addresses, households, problems and opt-outs far more than people do."""
    emails, mobiles = [f"r{n}@example.org" for n in range(12)], [f"+3361234560{n}" for n in range(10)]
    with unit_of_work() as session:
        for model in (OptOut, ContactCategory, Contact, Category, Household):
            session.execute(delete(table_of(model)))
        session.add_all([Household(id=n, name=f"H{n}") for n in (1, 2, 3)])
        session.add_all([Category(id=n, name=f"C{n}") for n in (1, 2, 3)])
        session.flush()
        session.add_all(
            Contact(
                id=n,
                email=chance.choice([None, "", *emails]),
                email_problem=chance.choice([None, None, None, *AddressProblem]),
                mobile_e164=chance.choice([None, *mobiles]),
                mobile_problem=chance.choice([None, None, None, *AddressProblem]),
                is_deceased=chance.random() < 0.1,
                household_id=chance.choice([None, 1, 2, 3]),
            )
            for n in range(1, 31)
        )
        session.flush()
        members = [
            {"category_id": c, "contact_id": n} for c in (1, 2, 3) for n in range(1, 31) if chance.random() < 0.5
        ]
        session.execute(insert(table_of(ContactCategory)), members)
        session.add_all(
            OptOut(medium=medium, address=address, source="test")
            for medium in Medium
            for address in (emails if medium is Medium.EMAIL else mobiles)
            if chance.random() < 0.3
        )


def selections(chance: random.Random) -> list[Selection]:
    def some(most: int, end: int) -> tuple[int, ...]:
        return tuple(chance.sample(range(1, end), chance.randint(0, most)))

    return [
        Selection(
            everyone=chance.random() < 0.3,
            match=chance.choice(list(TargetMatch)),
            category_ids=some(3, 4),
            contact_ids=some(5, 31),
            excluded_category_ids=some(1, 4),
            excluded_contact_ids=some(5, 31),
        )
        for _ in range(6)
    ]


@pytest.mark.parametrize("seed", range(8))
def test_the_count_is_what_validation_would_choose(seed: int) -> None:
    chance = random.Random(seed)
    community(chance)
    with reading() as session:
        for selection in selections(chance):
            for channel in Channel:
                once = chance.random() < 0.5
                candidates = list(contacts.list_candidates(session, selection))
                targets = list(choose_targets(channel, candidates, one_per_household=once))
                groups = count_selection(session, channel, selection, one_per_household=once).groups
                expected = Counter((t.medium and first_on(t.medium)) or left_out_for(Reason(t.reason)) for t in targets)
                found = {name: many for name, many in groups.items() if name.startswith(("first.", "reason."))}
                assert found == dict(expected), (seed, selection, channel, once)
                recipients = [t.candidate for t in targets if t.medium or t.reason is Reason.NO_ADDRESS]
                assert groups.get(Group.TOTAL, 0) == len(recipients)
                for medium in Medium:
                    if reachable_on(medium) in groups:
                        usable = [one for one in recipients if getattr(usable_addresses(one), medium)]
                        assert groups[reachable_on(medium)] == len(usable)


@pytest.mark.parametrize("channel", Channel)
def test_the_panel_and_the_summary_of_validation_agree(channel: Channel) -> None:
    community(random.Random(99))
    for values in (
        {"everyone": True, "excluded_category_ids": (2,)},
        {"everyone": False, "match": "all", "category_ids": (1, 2, 3), "excluded_category_ids": (3,)},
        {"everyone": False, "category_ids": (1,), "contact_ids": (5, 6), "excluded_contact_ids": (5, 7)},
        {"everyone": False, "category_ids": (1, 3), "one_per_household": True},
    ):
        counted = count_targets(EDITOR, draft(channel, **values))
        summary = summarise(OPERATOR, make_draft(channel, **values))
        assert (dict(counted.per_medium), dict(counted.left_out)) == (dict(summary.recipients), dict(summary.left_out))


# --- The numbers of the panel.


def test_each_recipient_is_reachable_on_a_medium_or_has_one_reason_why_not() -> None:
    make_contacts(3)
    make_contacts(1, first=3, mobile_e164=None)
    make_contacts(1, first=4, mobile_problem=AddressProblem.LANDLINE)
    make_contacts(1, first=5, mobile_e164=None, mobile_problem=AddressProblem.INVALID)
    make_contacts(1, first=6, email_problem=AddressProblem.BOUNCED)
    make_contacts(1, first=7, email=None, mobile_e164=None)
    with unit_of_work() as session:
        session.add(OptOut(medium=Medium.SMS, address="+33600000077", source="test"))
    groups = count_targets(EDITOR, draft()).groups
    assert groups == {
        Group.SELECTED: 8,
        Group.TOTAL: 8,
        first_on(Medium.EMAIL): 6,
        first_on(Medium.SMS): 1,
        left_out_for(Reason.NO_ADDRESS): 1,
        reachable_on(Medium.EMAIL): 6,
        not_on(Medium.EMAIL, Obstacle.BOUNCED): 1,
        not_on(Medium.EMAIL, Obstacle.MISSING): 1,
        reachable_on(Medium.SMS): 3,
        not_on(Medium.SMS, Obstacle.OPTED_OUT): 1,
        not_on(Medium.SMS, Obstacle.MISSING): 2,
        not_on(Medium.SMS, Obstacle.LANDLINE): 1,
        not_on(Medium.SMS, Obstacle.INVALID): 1,
    }


def test_selected_is_before_what_is_excluded() -> None:
    board = make_category("Board")
    ids = make_contacts(5)
    make_contacts(2, first=5, category_id=board)
    entered = draft(excluded_category_ids=(board,), excluded_contact_ids=ids[:1])
    groups = count_targets(EDITOR, entered).groups
    assert (groups[Group.SELECTED], groups[Group.EXCLUDED], groups[Group.TOTAL]) == (7, 3, 4)
    assert len(listed(entered, Group.EXCLUDED)) == 3


def test_in_all_of_the_categories() -> None:
    first, second = make_category("A"), make_category("B")
    both = make_contacts(2, category_id=first)
    make_contacts(1, first=2, category_id=first)
    with unit_of_work() as session:
        session.add_all(ContactCategory(category_id=second, contact_id=one) for one in both)
    chosen = {"everyone": False, "category_ids": (first, second)}
    assert count_targets(EDITOR, draft(match="any", **chosen)).total == 3
    assert count_targets(EDITOR, draft(match="all", **chosen)).total == 2


# --- The list behind a number.


def test_behind_a_number_stand_its_contacts() -> None:
    home = make_household()
    one, two = make_contacts(2, household_id=home)
    same, *_ = make_contacts(1, first=2, email="ruth0@example.org")
    gone, *_ = make_contacts(1, first=3, is_deceased=True)
    nowhere, *_ = make_contacts(1, first=4, email=None, mobile_e164=None, mobile_problem=AddressProblem.INVALID)
    entered = draft(one_per_household=True)
    assert listed(entered, left_out_for(Reason.SAME_HOUSEHOLD)) == [two]
    assert listed(entered, left_out_for(Reason.DUPLICATE_ADDRESS)) == [same]
    assert listed(entered, left_out_for(Reason.DECEASED)) == [gone]
    assert listed(entered, Group.TOTAL) == [one, nowhere]
    [found] = list_group(EDITOR, entered, left_out_for(Reason.NO_ADDRESS)).contacts
    assert (found.contact.id, found.contact.first_name) == (nowhere, "Ruth4")
    assert found.obstacles == [(Medium.EMAIL, Obstacle.MISSING), (Medium.SMS, Obstacle.INVALID)]


def test_a_list_has_fifty_contacts_and_says_how_many_there_are() -> None:
    make_contacts(60)
    found = list_group(EDITOR, draft(), Group.TOTAL)
    assert (len(found.contacts), found.total, MOST_LISTED) == (50, 60, 50)
