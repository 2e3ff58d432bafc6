"""What the three fields of the targets offer while something is typed."""

from __future__ import annotations

import asyncio

import reflex as rx

from backend.services.contact_search import search_contacts
from unisoft_ui import bridge
from unisoft_ui.states.targets import TargetsState
from unisoft_ui.texts import targets as texts
from unisoft_ui.view_models.target_tokens import CATEGORY, CONTACT, FIELDS, Hit, category_hits, contact_hit

_PAUSE_IN_TYPING_S = 0.15
_LONGEST = 100


class TargetSearchState(rx.State):
    """`field`: whose list is open, "" for none. `found` tells how many there are, for those who do not see it."""

    field: str = ""
    hits: list[Hit] = []
    found: str = ""

    _turn: int = 0  # a search that is not the last thing asked for shows nothing any more
    _asked: tuple[str, str] = ("", "")

    @rx.event
    def search(self, field: str, text: str):
        """Take a turn, in the order of the typing; background handlers may begin in another."""
        if field not in FIELDS or not isinstance(text, str):
            return None
        self._turn += 1
        self._asked = field, text[:_LONGEST].strip()
        return TargetSearchState.look

    @rx.event(background=True, supersedes=True)
    async def look(self):
        """Find categories and contacts for what was asked last; a newer search cancels an older one."""
        async with self:
            turn, (field, typed) = self._turn, self._asked
        if not field:
            return
        if typed:
            await asyncio.sleep(_PAUSE_IN_TYPING_S)
        async with self:
            targets = await self.get_state(TargetsState)
            draft, categories = targets._entered(), targets._known_categories()  # noqa: SLF001 - of the same form
        hits: list[Hit] = []
        if field != CONTACT:
            without = draft.category_ids if field == CATEGORY else draft.excluded_category_ids
            hits += category_hits(categories, typed, without)
        if field != CATEGORY and typed:
            without = draft.contact_ids if field == CONTACT else draft.excluded_contact_ids
            hits += map(contact_hit, await bridge.call(self, search_contacts, typed, without))
        async with self:
            if self._turn == turn:
                self.hits, self.field = hits, field if hits or typed else ""
                self.found = texts.found(len(hits)) if self.field else ""

    @rx.event
    def close(self):
        """Nothing is looked for any more."""
        self._forget()

    @rx.event
    def choose(self, field: str, kind: str, item_id: str):
        """Add a hit to its field."""
        self._forget()
        return TargetsState.choose(field, kind, item_id)

    def _forget(self) -> None:
        self._turn += 1
        self._asked = "", ""
        self.field, self.hits, self.found = "", [], ""
