"""Who receives the campaign that is being written, and how many that are."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import reflex as rx

from backend.domain.channels import Channel
from backend.domain.editor_options import CategoryChoice, EditorOptions
from backend.services.contact_search import name_contacts
from backend.services.draft_input import DraftInput
from backend.services.targets import count_targets
from unisoft_ui import bridge
from unisoft_ui.states.failures import explained
from unisoft_ui.texts import targets as texts
from unisoft_ui.view_models.addresses import id_of
from unisoft_ui.view_models.reach import Reach, reach
from unisoft_ui.view_models.target_tokens import (
    CATEGORY,
    CONTACT,
    FIELDS,
    Token,
    category_token,
    contact_name,
    contact_token,
    unnamed_token,
)

_PAUSE_IN_CHOOSING_S = 0.25
_MOST = 2_000
_EXCLUDED = "excluded"


class TargetsState(rx.State):
    """What is chosen is in the form as well: the form is what is saved, this is what is counted.

    `chosen`, `contacts` and `excluded` are the chips of the three fields. Their names come from the database.
    """

    chosen: list[Token] = []
    contacts: list[Token] = []
    excluded: list[Token] = []
    has_categories: bool = True
    everyone: bool = False
    match: str = "any"
    one_per_household: bool = False
    reach: Reach = Reach()
    counting: bool = False

    _channel: str = ""
    _categories: dict[int, CategoryChoice] = {}

    @rx.event
    def channel_chosen(self, code: str):
        """Another channel reaches others."""
        self._channel = code if isinstance(code, str) and code in set(Channel) else ""
        return TargetsState.recount

    @rx.event
    def choose_targets(self, who: str):
        self.everyone = who == "everyone"
        return TargetsState.recount

    @rx.event
    def choose_match(self, match: str):
        self.match = "all" if match == "all" else "any"
        return TargetsState.recount

    @rx.event
    def toggle_household(self, chosen: bool):
        self.one_per_household = chosen is True
        return TargetsState.recount

    @rx.event(background=True)
    async def choose(self, field: str, kind: str, item_id: str):
        """Add what the search found to a field. Whatever is excluded is not chosen, and the other way round."""
        wanted, contact_names = id_of(item_id), {}
        if field not in FIELDS or not wanted or kind not in {CATEGORY, CONTACT}:
            return None
        if kind == CONTACT:
            contact_names = {one.id: contact_name(one) for one in await bridge.call(self, name_contacts, [wanted])}
        async with self:
            token = self._token(field, kind, wanted, contact_names)
            if token is None:
                return None
            if len(self._of(field)) >= _MOST:
                return bridge.lasting_toast(texts.FULL)
            for other in FIELDS:
                self._remove(other, kind, item_id)
            self._set(field, [*self._of(field), token])
        return TargetsState.recount

    @rx.event
    def remove(self, field: str, kind: str, item_id: str):
        """Take a chip out of its field."""
        if field not in FIELDS:
            return None
        self._remove(field, kind, item_id)
        return TargetsState.recount

    @rx.event(background=True)
    async def name_chosen(self):
        """Read the names of the contacts of a draft that was opened."""
        async with self:
            ids = [*_ids(self.contacts, CONTACT), *_ids(self.excluded, CONTACT)]
        if not ids:
            return
        names = {one.id: contact_name(one) for one in await bridge.call(self, name_contacts, ids)}
        async with self:
            self.contacts = [_named(token, names, CONTACT) for token in self.contacts]
            self.excluded = [_named(token, names, _EXCLUDED) for token in self.excluded]

    @rx.event(background=True, supersedes=True)
    async def recount(self):
        """Count whom the choice reaches; a newer choice cancels an older count."""
        async with self:
            draft = self._entered()
            if hint := _hint(draft):
                self.reach, self.counting = Reach(hint=hint), False
                return
            self.counting = True
        await asyncio.sleep(_PAUSE_IN_CHOOSING_S)
        try:
            counted = reach(Channel(draft.channel), await bridge.call(self, count_targets, draft))
        except Exception as error:  # noqa: BLE001 - whatever it was, the panel says so
            counted = Reach(hint=explained(error), is_error=True)
        async with self:
            self.reach, self.counting = counted, False

    def _show(self, draft: DraftInput, options: EditorOptions) -> None:
        """A draft was opened. The names of its contacts come later, `name_chosen`; their ids are there at once."""
        self._categories = {choice.id: choice for choice in options.categories}
        self.has_categories = bool(options.categories)
        self.everyone, self.one_per_household, self.match = draft.everyone, draft.one_per_household, draft.match
        self._channel = draft.channel
        self.chosen = self._category_tokens(draft.category_ids, CATEGORY)
        self.contacts = [unnamed_token(one, CONTACT) for one in draft.contact_ids]
        self.excluded = [
            *self._category_tokens(draft.excluded_category_ids, _EXCLUDED),
            *(unnamed_token(one, _EXCLUDED) for one in draft.excluded_contact_ids),
        ]

    def _entered(self) -> DraftInput:
        """The targets as a draft."""
        return DraftInput(
            title="",
            channel=self._channel,
            everyone=self.everyone,
            match=self.match,
            category_ids=_ids(self.chosen, CATEGORY),
            contact_ids=_ids(self.contacts, CONTACT),
            excluded_category_ids=_ids(self.excluded, CATEGORY),
            excluded_contact_ids=_ids(self.excluded, CONTACT),
            one_per_household=self.one_per_household,
        )

    def _known_categories(self) -> list[CategoryChoice]:
        """What can be chosen, by name."""
        return list(self._categories.values())

    def _category_tokens(self, ids: Collection[int], field: str) -> list[Token]:
        return [category_token(self._categories[one], field) for one in ids if one in self._categories]

    def _token(self, field: str, kind: str, wanted: int, names: dict[int, str]) -> Token | None:
        """The chip for what was found; None for what is not there, or does not belong into the field."""
        if field not in {kind, _EXCLUDED}:
            return None
        if kind == CATEGORY:
            return next(iter(self._category_tokens([wanted], field)), None)
        return contact_token(wanted, names[wanted], field) if wanted in names else None

    def _of(self, field: str) -> list[Token]:
        return {CATEGORY: self.chosen, CONTACT: self.contacts}.get(field, self.excluded)

    def _set(self, field: str, tokens: list[Token]) -> None:
        setattr(self, {CATEGORY: "chosen", CONTACT: "contacts"}.get(field, "excluded"), tokens)

    def _remove(self, field: str, kind: str, item_id: str) -> None:
        kept = [token for token in self._of(field) if (token.kind, token.id) != (kind, item_id)]
        if len(kept) < len(self._of(field)):
            self._set(field, kept)


def _ids(tokens: list[Token], kind: str) -> tuple[int, ...]:
    return tuple(int(token.id) for token in tokens if token.kind == kind)


def _named(token: Token, names: dict[int, str], field: str) -> Token:
    if token.kind != CONTACT:
        return token
    return contact_token(int(token.id), names.get(int(token.id), texts.GONE), field)


def _hint(draft: DraftInput) -> str:
    if not draft.channel:
        return texts.CHOOSE_CHANNEL
    return "" if draft.everyone or draft.category_ids or draft.contact_ids else texts.CHOOSE_TARGETS
