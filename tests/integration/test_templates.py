from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlmodel import col

from backend import clock
from backend.database import get_engine, reading, unit_of_work
from backend.domain.channels import Channel, Medium
from backend.domain.rights import Right, Role
from backend.domain.template_outlines import Shape
from backend.domain.templates import PAGE_SIZE, TemplateFormat, TemplatePage, TemplateQuery
from backend.errors import AppError, ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from backend.models import AuditEntry, Campaign, Template
from backend.repositories import organisations
from backend.repositories import templates as repository
from backend.repositories.claims import Claim
from backend.services.acting import OPERATOR, ActingUser
from backend.services.composing import compose, prepare
from backend.services.duplicating import duplicate_campaign
from backend.services.templates import (
    TemplateInput,
    create_template,
    delete_template,
    duplicate_template,
    list_templates,
    load_template,
    render_template,
    save_template,
)
from backend.settings import get_settings
from tests.makers import make_draft

pytestmark = pytest.mark.usefixtures("database")

EDITOR = ActingUser(None, "editor@example.org", "Editor", Role.SECONDARY, frozenset({Right.TEMPLATES_EDIT}))
OTHERS = ActingUser(None, "other@example.org", "Other", Role.SECONDARY, frozenset(set(Right) - {Right.TEMPLATES_EDIT}))
MJML = (
    '<mjml><mj-body background-color="#eeeeee"><mj-section background-color="#3358d4"><mj-column><mj-text '
    'font-size="28px">Shalom {{first_name}}</mj-text></mj-column></mj-section></mj-body></mjml>'
)
NEWS = TemplateInput("News", "The news, {{prenom}}", "html", "<h1>News</h1><p>Shalom {{first_name}}</p>")


def make_template(**values: Any) -> int:
    """A stored template that nothing was compiled for."""
    with unit_of_work() as session:
        template = Template(**{"name": "T", "html": "<p>x</p>", "source": "<p>x</p>", **values})
        template.search_text = template.search_text or template.name.lower()
        session.add(template)
        session.flush()
        return template.id or 0


def use(template_id: int, number: int = 1, **values: Any) -> None:
    with unit_of_work() as session:
        campaigns = [
            Campaign(**{"title": "C", "channel": Channel.EMAIL, "template_id": template_id, **values})
            for _ in range(number)
        ]
        session.add_all(campaigns)


def stored(template_id: int) -> Template:
    with reading() as session:
        return repository.get(session, template_id)


def found(search: str = "", page: int = 1) -> TemplatePage:
    return list_templates(EDITOR, TemplateQuery(search, page))


def names(search: str = "") -> list[str]:
    return [row.name for row in found(search).rows]


def audit() -> list[tuple[str, str, str]]:
    with reading() as session:
        return [(row.action, row.subject, row.actor) for row in session.scalars(select(AuditEntry)).all()]


def test_what_is_saved_comes_back_as_it_was_written() -> None:
    source = f"\n{MJML}\r\n  "
    template_id = create_template(EDITOR, TemplateInput("  Été  ", " Shalom ", "mjml", source))
    assert load_template(EDITOR, template_id) == (TemplateInput("Été", "Shalom", "mjml", source), 1)
    assert "<table" in stored(template_id).html
    assert audit() == [("create", "template", EDITOR.email)]


def test_saving_again_compiles_again_and_counts_the_version() -> None:
    template_id = create_template(EDITOR, NEWS)
    assert save_template(EDITOR, template_id, 1, replace(NEWS, name="Old", format="mjml", source=MJML)) == 2
    saved = stored(template_id)
    assert (saved.name, saved.format, saved.version) == ("Old", TemplateFormat.MJML, 2)
    assert "#3358d4" in saved.html
    assert names("old") == ["Old"]
    assert names("news") == ["Old"], "the subject is searched too"


def test_the_second_of_two_who_save_is_told() -> None:
    template_id = create_template(EDITOR, NEWS)
    save_template(EDITOR, template_id, 1, NEWS)
    with pytest.raises(ConflictError) as caught:
        save_template(EDITOR, template_id, 1, replace(NEWS, name="Lost"))
    assert caught.value.code == "changed_meanwhile"
    assert stored(template_id).name == "News"


def test_of_two_who_save_at_the_same_moment_one_wins() -> None:
    template_id = make_template()
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def save() -> None:
        start.wait()
        try:
            save_template(EDITOR, template_id, 1, NEWS)
            outcomes.append("saved")
        except AppError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=save) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["changed_meanwhile", "saved"]
    assert stored(template_id).version == 2


@pytest.mark.parametrize(
    ("field", "code", "changed"),
    [
        ("name", "required", {"name": "  "}),
        ("name", "too_long", {"name": "x" * 121}),
        ("name", "control_characters", {"name": "a\x00b"}),
        ("name", "control_characters", {"name": "a\nb"}),
        ("subject", "required", {"subject": ""}),
        ("subject", "too_long", {"subject": "x" * 201}),
        ("subject", "control_characters", {"subject": "a\r\nBcc: x"}),
        ("subject", "unknown_field", {"subject": "{{nobody}}"}),
        ("format", "unknown_format", {"format": "pdf"}),
        ("source", "required", {"source": " \n "}),
        ("source", "too_long", {"source": "x" * 200_001}),
        ("source", "control_characters", {"source": "<p>\x00</p>"}),
        ("source", "control_characters", {"source": "<p>\ud800</p>"}),
        ("source", "unknown_field", {"source": "<p>{{first name}} {{x}}</p>"}),
        ("source", "not_mjml", {"format": "mjml"}),
        ("source", "nothing_left", {"source": "<script>x</script>"}),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_saved(field: str, code: str, changed: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        create_template(EDITOR, replace(NEWS, **changed))
    assert (caught.value.details["field"], caught.value.code) == (field, code)
    assert found().total == 0
    assert audit() == []


def test_unknown_fields_are_named() -> None:
    with pytest.raises(InvalidInputError) as caught:
        render_template(EDITOR, "html", "<p>{{first name}} {{nom}} {{x}}</p>")
    assert caught.value.details["names"] == "first name, x"


@pytest.mark.parametrize(
    "act",
    [
        lambda template_id: list_templates(OTHERS, TemplateQuery()),
        lambda template_id: load_template(OTHERS, template_id),
        lambda template_id: create_template(OTHERS, NEWS),
        lambda template_id: save_template(OTHERS, template_id, 1, NEWS),
        lambda template_id: duplicate_template(OTHERS, template_id),
        lambda template_id: delete_template(OTHERS, template_id),
        lambda template_id: render_template(OTHERS, "html", "<p>x</p>"),
    ],
    ids=["list", "load", "create", "save", "duplicate", "delete", "render"],
)
def test_the_right_is_needed_for_each(act: Callable[[int], object]) -> None:
    template_id = make_template()
    with pytest.raises(ForbiddenError):
        act(template_id)
    assert found().total == 1
    assert audit() == []


@pytest.mark.parametrize(
    "act",
    [
        lambda template_id: load_template(EDITOR, template_id),
        lambda template_id: save_template(EDITOR, template_id, 1, NEWS),
        lambda template_id: duplicate_template(EDITOR, template_id),
        lambda template_id: delete_template(EDITOR, template_id),
    ],
    ids=["load", "save", "duplicate", "delete"],
)
@pytest.mark.parametrize("which", ["deleted", "none"])
def test_a_template_that_is_gone(act: Callable[[int], object], which: str) -> None:
    with pytest.raises(NotFoundError):
        act(make_template(deleted_at=clock.now()) if which == "deleted" else 4_711)


def test_a_copy_is_a_template_of_its_own() -> None:
    template_id = create_template(EDITOR, replace(NEWS, name="N" * 118))
    copy_id = duplicate_template(EDITOR, template_id, name="Copie de {name}")
    copy, version = load_template(EDITOR, copy_id)
    assert copy == replace(NEWS, name=f"Copie de {'N' * 111}")
    assert version == 1
    assert stored(copy_id).html == stored(template_id).html
    assert [row.id for row in found("copie").rows] == [copy_id]
    assert [action for action, *_ in audit()] == ["create", "duplicate"]


def test_a_deleted_template_leaves_the_list_and_campaigns_keep_it() -> None:
    template_id = create_template(EDITOR, NEWS)
    use(template_id)
    delete_template(EDITOR, template_id)
    assert found().total == 0
    with reading() as session:
        assert session.scalars(select(col(Campaign.template_id))).all() == [template_id]
        assert session.get(Template, template_id) is not None


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("ete", ["Été"]),
        ("ÉTÉ", ["Été"]),
        ("lettre été", ["Été"]),
        ("été hiver", []),
        ("שלום", ["Hiver"]),
        ("100%", ["100%"]),
        ("100_", []),
        ("\\", []),
        ("", ["100%", "Hiver", "Été"]),
    ],
)
def test_the_search_reads_names_and_subjects_without_accents(search: str, expected: list[str]) -> None:
    for name, subject in (("Été", "La lettre"), ("Hiver", "שָׁלוֹם"), ("100%", "1000")):
        create_template(EDITOR, replace(NEWS, name=name, subject=subject))
    assert names(search) == expected
    assert found(search).total == len(expected)


def test_campaigns_are_counted_in_one_statement() -> None:
    first, second, third = (make_template(name=name) for name in "abc")
    use(first, 3)
    use(second)
    use(second, deleted_at=clock.now())
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith("SELECT"):
            statements.append(statement)

    event.listen(get_engine(), "before_cursor_execute", note)
    try:
        counted = {row.id: row.uses for row in found().rows}
    finally:
        event.remove(get_engine(), "before_cursor_execute", note)
    assert counted == {first: 3, second: 1, third: 0}
    assert len(statements) == 2


def test_counting_stops_somewhere() -> None:
    use(make_template(), 1_010)
    assert found().rows[0].uses == 1_000


def test_pages_and_their_order() -> None:
    for number in range(PAGE_SIZE + 2):
        make_template(name=f"t{number}")
    oldest = found(page=2).rows[-1]
    assert [row.name for row in found(page=2).rows] == ["t1", "t0"]
    assert found(page=99).page == 2
    save_template(EDITOR, oldest.id, 1, NEWS)
    assert found().rows[0].id == oldest.id, "those saved last come first"


def test_the_card_is_drawn_from_the_email() -> None:
    create_template(EDITOR, TemplateInput("N", "S", "mjml", MJML))
    outline = found().rows[0].outline
    assert outline.accent == "#3358d4"
    assert outline.shapes[0] is Shape.HEADING


def test_the_preview_is_the_email_of_an_invented_contact() -> None:
    page = render_template(EDITOR, "mjml", MJML.replace("first_name", "full_name"))
    assert "Shalom Ruth Azoulay" in page
    assert "{{" not in page.partition("</style>")[2]
    assert 'href="#"' in page, "the link to unsubscribe leads nowhere"
    with reading() as session:
        assert organisations.get(session).name in page
    assert found().total == 0


def test_a_campaign_sends_the_layout_it_was_written_with() -> None:
    template_id = create_template(
        EDITOR,
        TemplateInput("N", "The news", "mjml", MJML.replace("</mj-text>", "<script>alert(1)</script></mj-text>")),
    )
    own = stored(template_id).html
    with unit_of_work() as session:
        template = session.get(Template, template_id)
        assert template is not None
        template.html = "<p>Changed meanwhile</p>"
        campaign = Campaign(title="C", channel=Channel.EMAIL, template_id=template_id, email_html=own)
        content = prepare(campaign, template, organisations.get(session))
    batch = compose(get_settings(), content, Medium.EMAIL, [Claim(1, 2, "ruth@example.org", {"first_name": "Ruth"})])
    assert batch.email is not None
    assert batch.email.subject == "The news"
    assert "background-color:#3358d4" in batch.email.html
    assert "Shalom %%h:first_name%%" in batch.email.html
    assert "alert" not in batch.email.html
    assert 'class="sheet"' not in batch.email.html
    assert "Shalom %%t:first_name%%" in batch.email.text
    assert batch.messages[0].substitutions["%%h:first_name%%"] == "Ruth"


def test_a_copy_of_a_campaign_keeps_what_it_was_written_with() -> None:
    template_id = make_template(html="<p>New words</p>")
    original = make_draft(Channel.EMAIL, template_id=template_id)
    with unit_of_work() as session:
        campaign = session.get(Campaign, original)
        assert campaign is not None
        campaign.email_html = "<p>Old words</p>"
    delete_template(OPERATOR, template_id)
    copy_id = duplicate_campaign(OPERATOR, original)
    with reading() as session:
        copy = session.get(Campaign, copy_id)
        assert copy is not None
        assert (copy.template_id, copy.email_html) == (None, "<p>Old words</p>")
