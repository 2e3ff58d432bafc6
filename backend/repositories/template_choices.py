"""The templates an email can be made of."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlmodel import Session

from backend.models import Template, table_of

_template = table_of(Template)


class TemplateChoice(NamedTuple):
    """A template as a list shows it. A deleted one is shown to the drafts that have it."""

    id: int
    name: str
    subject: str
    is_deleted: bool


def list_choices(session: Session, most: int, chosen_id: int | None) -> list[TemplateChoice]:
    """By name, at most so many; `chosen_id` first among them, even if it was deleted."""
    is_chosen = _template.c.id == (chosen_id or 0)
    query = (
        select(_template.c.id, _template.c.name, _template.c.subject, _template.c.deleted_at.is_not(None))
        .where(or_(_template.c.deleted_at.is_(None), is_chosen))
        .order_by(is_chosen.desc(), func.lower(_template.c.name), _template.c.id)
        .limit(most)
    )
    return [TemplateChoice(*row) for row in session.execute(query)]


def find_html(session: Session, template_id: int) -> str:
    """The body of a template that is not deleted; "" without one."""
    query = select(_template.c.html).where(_template.c.id == template_id, _template.c.deleted_at.is_(None))
    return session.execute(query).scalar() or ""
