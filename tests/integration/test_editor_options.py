from __future__ import annotations

from datetime import UTC, datetime

import pytest

from backend.database import unit_of_work
from backend.domain.editor_options import CategoryChoice
from backend.domain.rights import Right, Role
from backend.errors import ForbiddenError
from backend.models import Category, Contact, ContactCategory
from backend.services.acting import ActingUser
from backend.services.editor_options import load_editor_options

EDITOR = ActingUser(None, "editor@example.org", "Editor", Role.SECONDARY, frozenset({Right.CAMPAIGNS_EDIT}))
VIEWER = ActingUser(None, "viewer@example.org", "Viewer", Role.SECONDARY, frozenset({Right.CAMPAIGNS_VIEW}))


@pytest.fixture(autouse=True)
def _installation(database: str) -> None:
    del database


def test_needs_the_right_to_edit() -> None:
    with pytest.raises(ForbiddenError):
        load_editor_options(VIEWER)


def test_categories_count_the_contacts_that_can_be_chosen() -> None:
    with unit_of_work() as session:
        session.add_all([Category(id=1, name="youth"), Category(id=2, name="Board"), Category(id=3, name="Empty")])
        session.add_all(
            [
                Contact(id=1, first_name="Ruth"),
                Contact(id=2, first_name="Sarah", deleted_at=datetime(2026, 1, 1, tzinfo=UTC)),
                Contact(id=3, first_name="Noa"),
            ]
        )
        session.flush()
        session.add_all(ContactCategory(category_id=1, contact_id=contact) for contact in (1, 2, 3))
        session.add(ContactCategory(category_id=2, contact_id=1))
    options = load_editor_options(EDITOR)
    assert options.categories == [
        CategoryChoice(2, "Board", 1),
        CategoryChoice(3, "Empty", 0),
        CategoryChoice(1, "youth", 2),
    ]
    assert options.time_zone == "Europe/Paris"
