"""The list of templates: what it shows, and where in it the user is. The address bar holds the place."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.event import EventSpec

from backend.domain.templates import TemplateQuery
from backend.errors import AppError, ForbiddenError
from backend.services.templates import delete_template, duplicate_template, list_templates
from unisoft_ui import bridge, routes
from unisoft_ui.states.failures import explained, reference_of
from unisoft_ui.states.focus import focus_first
from unisoft_ui.texts import error_sentence
from unisoft_ui.texts import templates as texts
from unisoft_ui.view_models.addresses import valid_id
from unisoft_ui.view_models.pagination import Pagination
from unisoft_ui.view_models.templates import TemplateLine, TemplateList, template_list


class TemplatesState(rx.State):
    """One page of the list. `status`: as in `TemplateList`, or error. `asked` is the card that would be deleted."""

    status: str = "loading"
    busy: bool = False
    may_create: bool = True
    lines: list[TemplateLine] = []
    pagination: Pagination = Pagination()
    search: str = ""
    # The search field keeps what is typed by itself; a new key gives it `search` again.
    search_key: int = 0
    no_result: str = ""
    error: str = ""
    reference: str = ""

    is_asking: bool = False
    asked_text: str = ""
    asked_error: str = ""
    running: bool = False
    _asked: int = 0

    @rx.event(background=True, supersedes=True)
    async def load(self):
        """Show the page the address asks for."""
        async with self:
            query = self._query()
            if self.search != query.search:
                self.search = query.search
                self.search_key += 1
        error, reference, found, may_create = "", "", TemplateList(status="error"), True
        try:
            found = template_list(await bridge.call(self, list_templates, query), query)
        except bridge.SessionEndedError:
            raise
        except AppError as failure:
            error, may_create = error_sentence(failure), not isinstance(failure, ForbiddenError)
        except Exception as failure:  # noqa: BLE001 - whatever it was, the page says so
            error = texts.ERROR_TEXT
            reference = texts.error_reference(reference_of("template_list_failed", failure))
        async with self:
            self._show(found, query)
            self.error, self.reference, self.may_create = error, reference, may_create

    @rx.event
    def retry(self):
        """Read again after an error."""
        self.status = "loading"
        return TemplatesState.load

    @rx.event
    def search_for(self, search: str):
        """Look for words; the browser's history keeps one step."""
        wanted = TemplateQuery(search=search)
        self.search = wanted.search
        return self._go(wanted, keep_history=bool(self._query().search))

    @rx.event
    def clear_search(self):
        self.search_key += 1
        self.search = ""
        return self._go(TemplateQuery())

    @rx.event
    def open_page(self, page: int):
        return self._go(TemplateQuery(self._query().search, page))

    @rx.event(background=True)
    async def duplicate(self, template_id: int):
        """Make a copy, which comes first in the list."""
        await bridge.call(self, duplicate_template, valid_id(template_id), name=texts.COPY_OF)
        return [rx.toast.success(texts.DUPLICATED), TemplatesState.load]

    @rx.event
    def ask(self, template_id: int):
        """Open the question whether to delete one."""
        line = next((line for line in self.lines if line.id == valid_id(template_id)), None)
        if line is None:
            return
        self._asked, self.asked_text, self.asked_error = line.id, line.delete_text, ""
        self.is_asking, self.running = True, False

    @rx.event
    def set_asking(self, value: bool):
        """Escape and the button that changes nothing; while it is being done the dialog stays."""
        if value or self.running:
            return None
        self.is_asking = False
        return focus_first(f"template-menu-{self._asked}")

    @rx.event
    def forget(self):
        """The page appeared: whatever was being asked before is over."""
        self.is_asking = False

    @rx.event(background=True)
    async def delete(self):
        """Delete the one that was asked about. A second click does nothing."""
        async with self:
            if not self.is_asking or self.running:
                return []
            self.running, self.asked_error = True, ""
            asked = self._asked
        try:
            await bridge.call(self, delete_template, asked)
        except Exception as failure:  # noqa: BLE001 - whatever it was, the button comes back
            sentence = explained(failure)
            async with self:
                self.running, self.asked_error = False, sentence
            return []
        async with self:
            self.is_asking, self.running = False, False
        return [rx.toast.success(texts.DELETED), TemplatesState.load, focus_first()]

    def _query(self) -> TemplateQuery:
        parameters = self.router.url.query_parameters
        page: Any = parameters.get("page", "")
        return TemplateQuery(parameters.get("search", ""), page)

    def _go(self, wanted: TemplateQuery, *, keep_history: bool = False) -> EventSpec | None:
        """Change the address; the page it leads to is shown by `load`."""
        # Typed words arrive a moment late: by then the user may have gone to another page.
        if wanted == self._query() or self.router.url.path != routes.TEMPLATES:
            return None
        self.busy = True
        return rx.redirect(routes.templates(wanted.search, wanted.page), replace=keep_history)

    def _show(self, found: TemplateList, query: TemplateQuery) -> None:
        self.status, self.lines, self.pagination = found.status, found.lines, found.pagination
        self.no_result = texts.no_result(query.search) if query.search else ""
        self.busy = False
