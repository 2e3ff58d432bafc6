from __future__ import annotations

from backend.domain.channels import Channel, Medium
from backend.domain.editor_options import CategoryChoice
from backend.domain.reach import Group, Obstacle, left_out_for, not_on, reachable_on
from backend.domain.statuses import Reason
from backend.repositories.contact_search import FoundContact
from backend.services.selecting import TargetCount
from backend.services.target_lists import ListedContact, TargetList
from unisoft_ui.texts import targets as texts
from unisoft_ui.view_models.reach import group_title, reach
from unisoft_ui.view_models.target_list import target_list
from unisoft_ui.view_models.target_tokens import (
    category_hits,
    category_token,
    contact_hit,
    contact_name,
    contact_token,
)

E, S = Medium.EMAIL, Medium.SMS
RUTH = FoundContact(7, "Ruth", "Azoulay", "רות", "ruth@example.org", "+33612345678")


def test_reach() -> None:
    groups = {
        Group.SELECTED: 1290,
        Group.EXCLUDED: 9,
        reachable_on(E): 1000,
        not_on(E, Obstacle.BOUNCED): 244,
        not_on(E, Obstacle.MISSING): 6,
        reachable_on(S): 250,
    }
    left_out = {Reason.NO_ADDRESS: 6, Reason.DUPLICATE_ADDRESS: 25, Reason.DECEASED: 1}
    view = reach(Channel.SMS_EMAIL, TargetCount(1250, {S: 244, E: 1000}, left_out, groups))
    assert (view.hint, view.total, view.noun) == ("", "1,250", "recipients")
    assert view.line == "1,290 selected, 25 duplicates, 9 excluded"
    assert [(m.label, m.value, m.width) for m in view.media] == [("Email", "1,000", "80.0%"), ("SMS", "250", "20.0%")]
    assert [(r.label, r.value, r.group) for r in view.media[0].reasons] == [
        ("No email address", "6", "email.missing"),
        ("Address bounced", "244", "email.bounced"),
    ]
    assert [(r.label, r.value) for r in view.left_out] == [
        ("Excluded by you", "9"),
        ("Same address as another recipient", "25"),
        ("Deceased", "1"),
    ]
    assert view.unreachable == "6 contacts cannot be reached"
    assert view.left_out[0].spoken == "Excluded by you: 9. See the list"


def test_reach_of_nobody_and_of_one() -> None:
    nobody = reach(Channel.SMS, TargetCount(0, {}, {}))
    assert (nobody.total, nobody.noun, nobody.media[0].width) == ("0", "recipients", "0%")
    assert (nobody.line, nobody.unreachable) == ("0 selected, 0 duplicates, 0 excluded", "")
    one = reach(Channel.SMS, TargetCount(1, {S: 1}, {Reason.NO_ADDRESS: 1, Reason.DUPLICATE_ADDRESS: 1}))
    assert (one.noun, one.unreachable) == ("recipient", "1 contact cannot be reached")
    assert one.line == "0 selected, 1 duplicate, 0 excluded"


def test_every_reason_that_is_counted_has_its_words_and_a_list() -> None:
    for medium in Medium:
        for obstacle in Obstacle:
            assert texts.OBSTACLES[medium][obstacle]
            assert group_title(not_on(medium, obstacle))
    for reason in texts.REASONS:
        assert group_title(left_out_for(reason)) == texts.REASONS[reason]
    assert group_title("nonsense") == ""


def test_chips_know_what_the_form_calls_them() -> None:
    token = category_token(CategoryChoice(3, "Members", 1412), "category")
    assert (token.id, token.input, token.name, token.count) == ("3", "category", "Members", "1,412")
    assert category_token(CategoryChoice(3, "Members", 1), "excluded").input == "excluded_category"
    person = contact_token(7, "Ruth Azoulay", "contact")
    assert (person.input, person.initials, person.spoken) == ("contact", "RA", "Remove Ruth Azoulay")
    assert contact_token(7, "Ruth", "excluded").input == "excluded_contact"


def test_categories_are_found_by_what_they_hold_without_accents() -> None:
    choices = [CategoryChoice(1, "Élèves", 5), CategoryChoice(2, "Board", 9), CategoryChoice(3, "Old board", 2)]
    assert [hit.name for hit in category_hits(choices, "eleves", ())] == ["Élèves"]
    assert [hit.id for hit in category_hits(choices, " BOARD ", [2])] == ["3"]
    assert len(category_hits(choices, "", ())) == 3


def test_a_contact_is_called_by_what_it_has() -> None:
    assert contact_name(RUTH) == "Ruth Azoulay"
    assert contact_name(RUTH._replace(first_name="", last_name="")) == "רות"
    assert contact_name(FoundContact(1, "", "", "", "a@example.org", None)) == "a@example.org"
    assert contact_name(FoundContact(1, "", "", "", None, "+336")) == "+336"
    assert contact_name(FoundContact(1, "", "", "", None, None)) == texts.NAMELESS
    hit = contact_hit(RUTH)
    assert (hit.kind, hit.id, hit.initials) == ("contact", "7", "RA")
    assert hit.detail == "רות · ruth@example.org · +33612345678"


def test_the_list_says_why_and_how_many_more() -> None:
    listed = [ListedContact(RUTH, [(E, Obstacle.BOUNCED), (S, Obstacle.OPTED_OUT)])]
    view = target_list("Cannot be reached", TargetList(listed, 61))
    assert (view.title, view.more) == ("Cannot be reached (61)", "and 60 more")
    [row] = view.rows
    assert (row.name, row.address) == ("Ruth Azoulay", "ruth@example.org · +33612345678")
    assert row.why == "Address bounced · Unsubscribed from SMS"
    alone = target_list("Deceased", TargetList([ListedContact(RUTH._replace(email=None, mobile_e164=None), [])], 1))
    assert (alone.rows[0].why, alone.rows[0].address, alone.more) == ("Deceased", "No address", "")
