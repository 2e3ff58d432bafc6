from __future__ import annotations

import pytest

from backend import clock
from backend.database import reading, unit_of_work
from backend.domain.rights import Right, Role
from backend.errors import ForbiddenError
from backend.models import Contact
from backend.repositories import contact_imports
from backend.services.acting import ActingUser
from backend.services.contact_search import MOST_FOUND, name_contacts, search_contacts
from tests.makers import make_contacts

pytestmark = pytest.mark.usefixtures("database")

EDITOR = ActingUser(None, "editor@example.org", "Editor", Role.SECONDARY, frozenset({Right.CAMPAIGNS_EDIT}))
OTHERS = ActingUser(None, "other@example.org", "Other", Role.SECONDARY, frozenset(set(Right) - {Right.CAMPAIGNS_EDIT}))


@pytest.fixture
def people(database: str) -> None:
    del database
    with unit_of_work() as session:
        session.add_all([
            Contact(id=1, first_name="Éloïse", last_name="Lévy", email="e.levy@x.org", mobile_e164="+33612345678"),
            Contact(id=2, first_name="David", last_name="Cohen", hebrew_first_name="דָּוִד", email="dc_50%@example.org"),
            Contact(id=3, first_name="Levi", last_name="Azoulay", mobile_e164="+972501234567"),
            Contact(id=4, first_name="Gone", last_name="Lévy", deleted_at=clock.now()),
        ])  # fmt: skip


def found(text: str, without: tuple[int, ...] = ()) -> list[int]:
    return [contact.id for contact in search_contacts(EDITOR, text, without)]


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("levy", [1]),
        ("LÉVY éloïse", [1]),
        ("eloise", [1]),
        ("lev", [3, 1]),
        ("דוד", [2]),
        ("דָּוִד", [2]),
        ("e.levy@", [1]),
        ("06 12 34", [1]),
        ("+33 6 12", [1]),
        ("+33 (0)6 12", [1]),
        ("0033612", [1]),
        ("050-123", [3]),
        ("%", [2]),
        ("c_5", [2]),
        ("_", [2]),
        ("levy cohen", []),
        ("", []),
        ("   ", []),
        ("0", []),
        ("\0", []),
        ("'; DROP TABLE contact; --", []),
        ("x" * 10_000, []),
    ],
)
def test_finds_by_name_hebrew_name_email_and_telephone(text: str, ids: list[int]) -> None:
    assert found(text) == ids


@pytest.mark.usefixtures("people")
def test_whoever_is_chosen_is_not_found_again() -> None:
    assert found("lev", (1,)) == [3]


def test_finds_eight_at_most() -> None:
    make_contacts(20)
    assert len(found("ruth")) == MOST_FOUND == 8


@pytest.mark.usefixtures("people")
def test_names_those_that_exist() -> None:
    named = name_contacts(EDITOR, [3, 1, 4, 99, 1])
    assert [(one.id, one.last_name) for one in named] == [(3, "Azoulay"), (1, "Lévy")]
    assert name_contacts(EDITOR, []) == []


def test_needs_the_right_to_edit() -> None:
    with pytest.raises(ForbiddenError):
        search_contacts(OTHERS, "ruth")
    with pytest.raises(ForbiddenError):
        name_contacts(OTHERS, [1])


@pytest.mark.usefixtures("people")
def test_a_contact_is_found_by_what_it_is_called_now() -> None:
    with unit_of_work() as session:
        contact = session.get(Contact, 1)
        assert contact is not None
        contact.first_name = "Zoé"
    assert (found("zoe"), found("eloise")) == ([1], [])


@pytest.mark.usefixtures("people")
def test_an_import_is_found_too() -> None:
    with reading() as session:
        [row] = contact_imports.find_by_address(session, [], ["+972501234567"])
    with unit_of_work() as session:
        contact_imports.update_contacts(session, [{**row, "last_name": "Ben Haïm"}])
        contact_imports.insert_contacts(session, [{**row, "first_name": "Noé", "email": None, "id": 9}])
    assert (found("haim"), found("noe")) == ([3], [9])
