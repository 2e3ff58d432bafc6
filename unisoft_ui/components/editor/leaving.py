"""Asks before a draft is left whose last words are not kept yet."""

from __future__ import annotations

from unisoft_ui.components.kit.leaving import LeavingGuard
from unisoft_ui.texts import editor as texts


class DraftGuard(LeavingGuard):
    """The page's script knows what the server has."""

    UNSAVED = "() => Boolean(window.draftForm) && window.draftForm.isDirty()"
    QUESTION = texts.LEAVE
