"""Templates: list them, write them, keep them apart from the campaigns that were written with them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from sqlmodel import Session

from backend import clock
from backend.database import reading, unit_of_work
from backend.domain.personal_fields import UNSUBSCRIBE, render_html, unknown_fields, values_for
from backend.domain.rights import Right
from backend.domain.search import fold
from backend.domain.template_outlines import outline_of
from backend.domain.templates import (
    NAME_LENGTH,
    PAGE_SIZE,
    SOURCE_LENGTH,
    SUBJECT_LENGTH,
    TemplateFormat,
    TemplatePage,
    TemplateQuery,
    TemplateRow,
)
from backend.errors import ConflictError, InvalidInputError
from backend.models import Template
from backend.repositories import audit, organisations, templates
from backend.services.acting import ActingUser
from backend.services.compiling import compile_template
from backend.services.email_frames import framed

_SEARCH_LENGTH = 400  # folding makes several characters of some: "…" becomes "..."
_RIGHT = Right.TEMPLATES_EDIT
EXAMPLE = {**values_for("Ruth", "Azoulay", "רות"), UNSUBSCRIBE: "#"}
"""Whom a preview is filled in for."""


@dataclass(frozen=True, slots=True)
class TemplateInput:
    """What the author entered. `format` may be any text: an unknown one is refused."""

    name: str
    subject: str
    format: str
    source: str


def list_templates(actor: ActingUser, query: TemplateQuery) -> TemplatePage:
    """One page of the templates, those saved last first. Two statements.

    Raises:
        ForbiddenError: without the right `templates.edit`; so for all of these.
    """
    actor.require(_RIGHT)
    with reading() as session:
        total = templates.count(session, query.search)
        page = min(query.page, max(-(-total // PAGE_SIZE), 1))
        found = templates.list_page(session, query.search, page) if total else []
    rows = [
        TemplateRow(row.id, row.name, row.subject, row.format, row.uses, outline_of(row.beginning)) for row in found
    ]
    return TemplatePage(rows, total, page)


def load_template(actor: ActingUser, template_id: int) -> tuple[TemplateInput, int]:
    """What was entered for a template, and its version.

    Raises:
        NotFoundError: there is no such template, or it is deleted.
    """
    actor.require(_RIGHT)
    with reading() as session:
        found = templates.get(session, template_id)
        return TemplateInput(found.name, found.subject, found.format, found.source), found.version


def create_template(actor: ActingUser, given: TemplateInput) -> int:
    """Save a new template; gives its id.

    Raises:
        InvalidInputError: `details["field"]` names the field, `code` the reason.
        ConflictError: `busy`: too many are compiled at the moment.
    """
    actor.require(_RIGHT)
    template = new_template(given)
    with unit_of_work() as session:
        return _add(session, actor, template, "create")


def new_template(given: TemplateInput) -> Template:
    """The row of a new template, compiled; errors as `create_template`."""
    form, html = _checked(given)
    template = Template(name="", html="")
    _fill(template, given, form, html)
    return template


def save_template(actor: ActingUser, template_id: int, version: int, given: TemplateInput) -> int:
    """Save a template again; gives the new version. Campaigns keep the version they were written with.

    Raises:
        ConflictError: `changed_meanwhile`: somebody saved it since `version` was read; and as `create_template`.
        NotFoundError: it was deleted meanwhile.
    """
    actor.require(_RIGHT)
    form, html = _checked(given)
    with unit_of_work() as session:
        template = templates.get(session, template_id, for_update=True)
        if template.version != version:
            raise ConflictError(code="changed_meanwhile")
        _fill(template, given, form, html)
        template.version += 1
        template.updated_at = clock.now()
        audit.record(session, "save", "template", template_id, user_id=actor.id, actor=actor.email)
        return template.version


def duplicate_template(actor: ActingUser, template_id: int, *, name: str = "Copy of {name}") -> int:
    """Save a copy of a template; gives its id. `{name}` in `name` stands for the old one; cut where it is too long.

    Raises:
        NotFoundError: there is no such template, or it is deleted.
    """
    actor.require(_RIGHT)
    with unit_of_work() as session:
        original = templates.get(session, template_id)
        copy = Template(
            name=name.replace("{name}", original.name)[:NAME_LENGTH].strip(),
            subject=original.subject,
            format=original.format,
            source=original.source,
            html=original.html,
        )
        copy.search_text = _search_text(copy)
        return _add(session, actor, copy, "duplicate", original=template_id)


def delete_template(actor: ActingUser, template_id: int) -> None:
    """Take a template out of the list. Campaigns that were written with it keep what they hold.

    Raises:
        NotFoundError: there is no such template, or it is deleted already.
    """
    actor.require(_RIGHT)
    with unit_of_work() as session:
        template = templates.get(session, template_id, for_update=True)
        template.deleted_at = clock.now()
        audit.record(session, "delete", "template", template_id, user_id=actor.id, actor=actor.email)


def render_template(actor: ActingUser, format: str, source: str) -> str:  # noqa: A002 - the noun of the product
    """The whole page that `EXAMPLE` would get, for the preview. Nothing is stored.

    Raises:
        InvalidInputError: as `create_template`, for the fields `format` and `source`.
        ConflictError: `busy`.
    """
    actor.require(_RIGHT)
    form = _check_source(format, source)
    html = compile_template(form, source)
    with reading() as session:
        organisation = organisations.get(session)
    return render_html(framed(html, organisation, with_layout=True), EXAMPLE)


def _checked(given: TemplateInput) -> tuple[TemplateFormat, str]:
    _check_line(given.name, "name", NAME_LENGTH)
    _check_line(given.subject, "subject", SUBJECT_LENGTH)
    _check_fields(given.subject, "subject")
    form = _check_source(given.format, given.source)
    return form, compile_template(form, given.source)


def _check_line(text: str, field: str, longest: int) -> None:
    if not text.strip():
        raise InvalidInputError(code="required", field=field)
    if len(text) > longest:
        raise InvalidInputError(code="too_long", field=field, longest=longest)
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        raise InvalidInputError(code="control_characters", field=field)


def _check_source(form: str, source: str) -> TemplateFormat:
    if form not in set(TemplateFormat):
        raise InvalidInputError(code="unknown_format", field="format")
    if not source.strip():
        raise InvalidInputError(code="required", field="source")
    if len(source) > SOURCE_LENGTH:
        raise InvalidInputError(code="too_long", field="source", longest=SOURCE_LENGTH)
    if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\r\t" for c in source):
        raise InvalidInputError(code="control_characters", field="source")
    _check_fields(source, "source")
    return TemplateFormat(form)


def _check_fields(text: str, field: str) -> None:
    if unknown := unknown_fields(text, email=True):
        raise InvalidInputError(code="unknown_field", field=field, names=", ".join(unknown))


def _fill(template: Template, given: TemplateInput, form: TemplateFormat, html: str) -> None:
    template.name, template.subject = given.name.strip(), given.subject.strip()
    template.format, template.source, template.html = form, given.source, html
    template.search_text = _search_text(template)


def _search_text(template: Template) -> str:
    return fold(f"{template.name} {template.subject}")[:_SEARCH_LENGTH]


def _add(session: Session, actor: ActingUser, template: Template, action: str, **details: int) -> int:
    session.add(template)
    session.flush()
    audit.record(session, action, "template", template.id, user_id=actor.id, actor=actor.email, **details)
    return template.id or 0
