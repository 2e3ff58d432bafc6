"""The page that writes a template.

The browser keeps what is typed, as in the form of a campaign; the source is sent while it is written, for the preview.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import Any

import reflex as rx
from reflex.event import EventSpec
from reflex_base.utils.form import FormData

from backend.domain.templates import SOURCE_LENGTH, TemplateFormat
from backend.services.templates import TemplateInput, create_template, load_template, render_template, save_template
from unisoft_ui import bridge, routes
from unisoft_ui.states.failures import explained, problem_of, sentence_of_form
from unisoft_ui.texts import templates as texts
from unisoft_ui.view_models.addresses import id_of, place_of
from unisoft_ui.view_models.templates import template_problem

FORM = "template-form"
_NONE = -1  # the id of no template
_sentence = partial(sentence_of_form, texts.ERROR_CODES)
_NEW = TemplateInput("", "", TemplateFormat.MJML, texts.STARTERS["mjml"])


@dataclass(frozen=True)
class TemplateValues:
    """What the fields hold when the form opens."""

    name: str = ""
    subject: str = ""
    format: str = "mjml"
    source: str = ""


class TemplateEditorState(rx.State):
    """`status`: loading, ready or missing, of the template that the page calls `place`. `errors` by field; "form" for
    the whole.

    `preview` is the page of the last source that could be read; `preview_error` what is wrong with a newer one.
    """

    status: str = "loading"
    place: str = ""
    form_key: int = 0
    values: TemplateValues = TemplateValues()
    errors: dict[str, str] = {}
    missing: str = ""
    saving: bool = False
    preview: str = ""
    preview_error: str = ""
    rendering: bool = False

    _template_id: int = 0
    _version: int = 0
    _format: str = "mjml"
    _source: str = ""

    @rx.event(background=True)
    async def open(self, template_id: str):
        """Begin anew: an empty form for "", or a stored template. Called when the page appears.

        The page says which: when this arrives, the address the state knows can still be that of the page before.
        """
        wanted = (id_of(template_id) or _NONE) if template_id else 0
        async with self:
            self.status, self.preview, self.preview_error, self.place = "loading", "", "", place_of(template_id)
        try:
            given, version = await bridge.call(self, load_template, wanted) if wanted else (_NEW, 0)
        except Exception as error:  # noqa: BLE001 - whatever it was, the page says so
            sentence = explained(error)
            async with self:
                self.status, self.missing = "missing", sentence
            return None
        async with self:
            self._template_id, self._version = wanted, version
            self._format, self._source = given.format, given.source
            self.values = TemplateValues(given.name, given.subject, given.format, given.source)
            self.errors, self.saving, self.status = {}, False, "ready"
            self.form_key += 1
        return TemplateEditorState.render

    @rx.event
    def choose_format(self, code: str):
        """Read the source as HTML or as MJML. What a new template begins with changes along, if nobody touched it."""
        if code not in texts.STARTERS:
            return []
        other = texts.STARTERS[self._format]
        self._format = code
        if self._source != other:
            return [TemplateEditorState.render]
        self._source = texts.STARTERS[code]
        return [_exchange_source(other, self._source), TemplateEditorState.render]

    @rx.event
    def show(self, source: str):
        """Preview what is written."""
        if not isinstance(source, str):
            return None
        self._source = source[: SOURCE_LENGTH + 1]
        return TemplateEditorState.render

    @rx.event(background=True, supersedes=True)
    async def render(self):
        """Bring the preview up to date; a newer text cancels an older one."""
        async with self:
            form, source = self._format, self._source
            self.rendering = True
        error, page = "", ""
        try:
            page = await bridge.call(self, render_template, form, source)
        except Exception as failure:  # noqa: BLE001 - whatever it was, the preview says so
            error = next(iter(problem_of(failure, template_problem, _sentence).values()))
        async with self:
            self.rendering, self.preview_error = False, error
            if page:
                self.preview = page

    @rx.event(background=True)
    async def save(self, form: FormData[str, Any]):
        """Save, then back to the list. A second click does nothing."""
        async with self:
            if self.saving or self.status != "ready":
                return []
            self.saving, self.errors = True, {}
            template_id, version = self._template_id, self._version
        given = _read_form(form)
        errors = _incomplete(given)
        try:
            if not errors:
                await _store(self, given, template_id, version)
        except Exception as error:  # noqa: BLE001 - whatever it was, nothing typed is lost
            errors = problem_of(error, template_problem, _sentence)
        async with self:
            self.saving, self.errors = False, errors
        if errors:
            return [_focus(next(iter(errors)))]
        return [_mark_saved(), rx.redirect(routes.TEMPLATES), rx.toast.success(texts.SAVED)]


async def _store(state: rx.State, given: TemplateInput, template_id: int, version: int) -> None:
    if template_id:
        await bridge.call(state, save_template, template_id, version, given)
    else:
        await bridge.call(state, create_template, given)


def _read_form(form: FormData[str, Any]) -> TemplateInput:
    """Every value comes from outside: nothing is taken for granted. Browsers send lines that end with CR and LF."""
    name, subject, code, source = (_text(form.get(field)) for field in ("name", "subject", "format", "source"))
    return TemplateInput(name, subject, code, source.replace("\r\n", "\n"))


def _text(value: Any) -> str:
    return value[: SOURCE_LENGTH * 2] if isinstance(value, str) else ""


def _incomplete(given: TemplateInput) -> dict[str, str]:
    """Every field that is empty, with its sentence: the service names one thing at a time."""
    needed = {"name": given.name, "subject": given.subject, "source": given.source}
    return {name: texts.ERRORS["required", name] for name, value in needed.items() if not value.strip()}


def _focus(name: str) -> EventSpec:
    """Bring the first error into view. `name` is one of ours, never the browser's."""
    field = name if name.isidentifier() else "form"
    return rx.call_script(f"document.querySelector('[data-error-for={field}]')?.focus()")


def _exchange_source(old: str, new: str) -> EventSpec:
    """Put `new` in the place of `old`, unless somebody has begun to type."""
    area = "document.getElementById('source')"
    return rx.call_script(f"if ({area}?.value === {json.dumps(old)}) {area}.value = {json.dumps(new)}")


def _mark_saved() -> EventSpec:
    """Nothing is lost by leaving now: see `components.templates.leaving`."""
    return rx.call_script(f"document.getElementById('{FORM}')?.setAttribute('data-saved', 'yes')")
