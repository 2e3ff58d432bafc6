"""Templates, and the campaigns that use them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select
from sqlmodel import Session

from backend.domain.search import search_words
from backend.domain.template_outlines import OUTLINED_LENGTH
from backend.domain.templates import MOST_USES, PAGE_SIZE
from backend.errors import NotFoundError
from backend.models import Campaign, Template, table_of

_template = table_of(Template)
_campaign = table_of(Campaign)
_BACKSLASH = "\\"


def get(session: Session, template_id: int, *, for_update: bool = False) -> Template:
    """A template that is not deleted.

    Raises:
        NotFoundError: there is none.
    """
    template = session.get(Template, template_id, with_for_update=for_update)
    if template is None or template.deleted_at is not None:
        raise NotFoundError(template=template_id)
    return template


def count(session: Session, search: str) -> int:
    """How many templates match."""
    return session.scalar(select(func.count()).select_from(_template).where(*_matching(search))) or 0


def list_page(session: Session, search: str, page: int) -> Sequence[Row[Any]]:
    """`id`, `name`, `subject`, `format`, the `beginning` of the HTML, and `uses`; those saved last come first."""
    html = func.substr(_template.c.html, 1, OUTLINED_LENGTH).label("beginning")
    columns = (_template.c.id, _template.c.name, _template.c.subject, _template.c.format, html)
    # The page first: the campaigns of its rows alone are counted, each up to a limit.
    shown = (
        select(*columns, _template.c.updated_at)
        .where(*_matching(search))
        .order_by(_template.c.updated_at.desc(), _template.c.id.desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
        .subquery("shown")
    )
    using = (
        select(_campaign.c.id)
        .where(_campaign.c.template_id == shown.c.id, _campaign.c.deleted_at.is_(None))
        .limit(MOST_USES)
        .correlate(shown)
        .subquery("using")
    )
    uses = select(func.count()).select_from(using).correlate(shown).scalar_subquery().label("uses")
    return session.execute(select(shown, uses).order_by(shown.c.updated_at.desc(), shown.c.id.desc())).all()


def _matching(search: str) -> list[ColumnElement[bool]]:
    """Every word is somewhere in the name or the subject."""
    words = search_words(search)
    found = [_template.c.search_text.contains(word, autoescape=True, escape=_BACKSLASH) for word in words]
    return [_template.c.deleted_at.is_(None), *found]
