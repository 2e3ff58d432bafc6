"""Links and files in the editor. The form's own fields are what is saved; this state draws them.

Rows are bounded, and what the browser says about a file is a name only: the upload is read again, as its user's.
"""

from __future__ import annotations

from dataclasses import replace

import reflex as rx

from backend.domain.additional_content import AdditionalContent
from backend.errors import InvalidInputError
from backend.services.additional_content import (
    LONGEST_TITLE,
    LONGEST_URL,
    MOST_FILES,
    MOST_LINKS,
    LinkInput,
    check_links,
)
from backend.services.uploads import find_upload
from backend.settings import get_settings
from unisoft_ui import bridge
from unisoft_ui.states.focus import focus_first
from unisoft_ui.texts import content as texts
from unisoft_ui.texts import error_sentence
from unisoft_ui.view_models.content import FileLine, LinkLine, file_line, link_line, stored_link_line

_ADD_LINK = "add-link"


class ContentState(rx.State):
    """`notice`: why something could not be added, "" for nothing. `*_mb`: the largest file of a kind, 0 if not known.

    These come from the server and not with the page, which may have been built where other limits hold.
    """

    links: list[LinkLine] = []
    files: list[FileLine] = []
    notice: str = ""
    document_mb: int = 0
    video_mb: int = 0

    _last_key: int = 0

    @rx.var
    def summary(self) -> str:
        """As "1 web link, 2 documents and videos"."""
        return texts.summary(len(self.links), len(self.files))

    @rx.event
    def add_link(self):
        """A new row, ready to be written in."""
        if len(self.links) >= MOST_LINKS:
            self.notice = texts.ERRORS["too_many_links"].format(most=MOST_LINKS)
            return None
        self._last_key += 1
        key = str(self._last_key)
        self.links, self.notice = [*self.links, LinkLine(key, editing=True)], ""
        return focus_first(f"link-url-{key}")

    @rx.event
    def edit_link(self, key: str):
        """Show the fields of a row."""
        self._change(key, editing=True)
        return focus_first(f"link-url-{_known(self.links, key)}")

    @rx.event
    def write_link(self, key: str, name: str, value: str):
        """What a field holds when it is left; `name`: "url" or "title"."""
        longest = {"url": LONGEST_URL, "title": LONGEST_TITLE}.get(name if isinstance(name, str) else "")
        if longest and isinstance(value, str):
            text = value[:longest].encode(errors="ignore").decode()  # half a character cannot be sent back
            self._change(key, **{name: text})

    @rx.event
    def finish_link(self, key: str):
        """Check a row and show it as it will be read; an empty one goes."""
        line = next((line for line in self.links if line.key == key), None)
        if line is None:
            return None
        place = self.links.index(line)
        try:
            # As many empty ones before it as there are: the sentence names the right one.
            checked = check_links([LinkInput("")] * place + [LinkInput(line.url, line.title)])
        except InvalidInputError as error:
            self._change(key, error=error_sentence(error))
            return focus_first(f"link-url-{line.key}")
        if not checked:
            return ContentState.remove_link(key)
        self.links = [link_line(key, checked[0].url, checked[0].title) if line.key == key else line
                      for line in self.links]  # fmt: skip
        return focus_first(f"link-edit-{line.key}")

    @rx.event
    def remove_link(self, key: str):
        self.links, self.notice = [line for line in self.links if line.key != key], ""
        return focus_first(_ADD_LINK)

    @rx.event
    def remove_file(self, ref: str):
        """Take a file off the form; what is saved goes with the next save."""
        self.files, self.notice = [line for line in self.files if line.ref != ref], ""
        return focus_first("add-document")

    @rx.event(background=True)
    async def uploaded(self, ref: str):
        """A file has arrived on the server. What it is, is read there."""
        if not isinstance(ref, str) or not ref:
            return
        found = await bridge.call(self, find_upload, ref)
        async with self:
            if found is None or any(line.ref == ref for line in self.files):
                return
            if len(self.files) >= MOST_FILES:
                self.notice = texts.ERRORS["too_many_files"].format(most=MOST_FILES)
                return
            self.files, self.notice = [*self.files, file_line(found)], ""

    def _change(self, key: str, **values: object) -> None:
        changes = {"error": "", **values}
        self.links = [replace(line, **changes) if line.key == key else line for line in self.links]

    def _show(self, content: AdditionalContent) -> None:
        first = self._last_key + 1
        self._last_key += len(content.links)
        self.links = [stored_link_line(str(first + place), link) for place, link in enumerate(content.links)]
        self.files = [file_line(file) for file in content.files]
        self.notice = ""
        settings = get_settings()
        self.document_mb, self.video_mb = settings.document_max_mb, settings.video_max_mb


def show(state: ContentState, content: AdditionalContent) -> None:
    """Show what a draft holds; for the editor, inside its lock. No handler: a browser cannot call it."""
    state._show(content)  # noqa: SLF001 - a public method would be a handler


def _known(lines: list[LinkLine], key: str) -> str:
    """The key, if it is one of ours: it becomes part of a script."""
    return next((line.key for line in lines if line.key == key), "")
