"""The list of templates, as it is shown; and what went wrong with one."""

from __future__ import annotations

from dataclasses import dataclass, field

from backend.domain.templates import PAGE_SIZE, TemplatePage, TemplateQuery, TemplateRow
from backend.errors import InvalidInputError
from unisoft_ui import routes
from unisoft_ui.texts import error_sentence
from unisoft_ui.texts import templates as texts
from unisoft_ui.view_models.pagination import Pagination, pagination


@dataclass(frozen=True)
class TemplateLine:
    """One card. `shapes` and `accent` draw it: see `domain.template_outlines`."""

    id: int
    name: str
    subject: str
    format: str
    uses: str
    shapes: list[str]
    accent: str
    edit_href: str
    menu_label: str
    menu_id: str
    delete_text: str


@dataclass(frozen=True)
class TemplateList:
    """Everything of the page that comes from the database. `status`: loading, ready, empty, no_result."""

    lines: list[TemplateLine] = field(default_factory=list)
    pagination: Pagination = field(default_factory=Pagination)
    status: str = "loading"


def template_list(page: TemplatePage, query: TemplateQuery) -> TemplateList:
    nothing = "no_result" if query.search else "empty"
    return TemplateList(
        lines=[_line(row) for row in page.rows],
        pagination=pagination(page.page, PAGE_SIZE, page.total),
        status="ready" if page.rows else nothing,
    )


def template_problem(error: InvalidInputError) -> tuple[str, str]:
    """The field an error belongs to, "" for none, and its sentence."""
    name = str(error.details.get("field", ""))
    sentence = texts.ERRORS.get((error.code, name)) or texts.ERROR_CODES.get(error.code)
    return name, sentence.format_map(error.details) if sentence else error_sentence(error)


def _line(row: TemplateRow) -> TemplateLine:
    return TemplateLine(
        id=row.id,
        name=row.name,
        subject=row.subject,
        format=texts.FORMATS[row.format],
        uses=texts.uses(row.uses),
        shapes=[shape.value for shape in row.outline.shapes],
        accent=row.outline.accent,
        edit_href=routes.template_edit(row.id),
        menu_label=texts.actions_for(row.name),
        menu_id=f"template-menu-{row.id}",
        delete_text=texts.delete_consequence(row.name, row.uses),
    )
