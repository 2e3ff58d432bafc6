"""Templates to choose from, and who sends a message."""

from __future__ import annotations

import pytest

from backend import clock
from backend.database import unit_of_work
from backend.domain.rights import Role
from backend.errors import ForbiddenError
from backend.models import Template
from backend.services.acting import OPERATOR, ActingUser
from backend.services.senders import load_senders
from backend.services.template_choices import list_choices, template_preview

pytestmark = pytest.mark.usefixtures("database")

STRANGER = ActingUser(None, "x@example.org", "X", Role.SECONDARY)


def make_template(name: str, *, html: str = "<p>Shalom</p>", deleted: bool = False) -> int:
    with unit_of_work() as session:
        template = Template(name=name, subject=f"{name}!", html=html, deleted_at=clock.now() if deleted else None)
        session.add(template)
        session.flush()
        return template.id or 0


def test_templates_by_name_without_the_deleted() -> None:
    make_template("newsletter")
    make_template("Bar mitzvah")
    make_template("Gone", deleted=True)
    assert [(each.name, each.subject) for each in list_choices(OPERATOR)] == [
        ("Bar mitzvah", "Bar mitzvah!"),
        ("newsletter", "newsletter!"),
    ]


def test_the_chosen_one_comes_first_even_deleted() -> None:
    make_template("A")
    gone = make_template("Gone", deleted=True)
    assert [(each.name, each.is_deleted) for each in list_choices(OPERATOR, gone)] == [("Gone", True), ("A", False)]


def test_at_most_two_hundred() -> None:
    with unit_of_work() as session:
        session.add_all(Template(name=f"T{i:03d}", html="") for i in range(203))
    last = make_template("Z")
    choices = list_choices(OPERATOR, last)
    assert (len(choices), choices[0].name) == (200, "Z")


def test_nothing_runs_in_a_preview() -> None:
    template_id = make_template("A", html='<p onclick="x()">Hi<script>alert(1)</script></p>')
    assert template_preview(OPERATOR, template_id) == "<p>Hi</p>"
    assert template_preview(OPERATOR, make_template("B", deleted=True)) == ""
    assert template_preview(OPERATOR, 10**8) == ""


def test_who_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_senders(OPERATOR).email.endswith(" <office@example.org>")


def test_only_for_who_may_edit_campaigns() -> None:
    for refused in (
        lambda: list_choices(STRANGER),
        lambda: template_preview(STRANGER, 1),
        lambda: load_senders(STRANGER),
    ):
        with pytest.raises(ForbiddenError):
            refused()
