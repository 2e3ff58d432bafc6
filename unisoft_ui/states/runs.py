"""Steer a run from its row: pause, resume, cancel."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx

from backend.errors import AppError
from backend.services.acting import ActingUser
from backend.services.runs import cancel_campaign, pause_campaign, resume_campaign
from unisoft_ui import bridge
from unisoft_ui.states.focus import focus_first
from unisoft_ui.texts import campaigns as texts
from unisoft_ui.view_models.addresses import valid_id


class RunsState(rx.State):
    """Only the question before a cancellation has something to show."""

    cancel_id: int = 0

    @rx.event(background=True)
    async def pause(self, campaign_id: int):
        return await _steer(self, pause_campaign, campaign_id, texts.PAUSED)

    @rx.event(background=True)
    async def resume(self, campaign_id: int):
        return await _steer(self, resume_campaign, campaign_id, texts.RESUMED)

    @rx.event
    def ask_cancel(self, campaign_id: int):
        """Ask before stopping for good."""
        self.cancel_id = valid_id(campaign_id)

    @rx.event
    def keep_sending(self, open_: bool = False):
        """The question was closed: back to the menu it came from, which was gone when it opened."""
        menu, self.cancel_id = f"menu-{self.cancel_id}", 0
        return focus_first(menu)

    @rx.event
    def forget(self):
        """A page appeared: the question of the one before is over."""
        self.cancel_id = 0

    @rx.event(background=True)
    async def cancel(self):
        """Stop for good what was asked about."""
        async with self:
            campaign_id, self.cancel_id = self.cancel_id, 0
        if campaign_id:
            return await _steer(self, cancel_campaign, campaign_id, texts.CANCELLED)
        return None


async def _steer(
    state: rx.State, act: Callable[[ActingUser, int], object], campaign_id: int, done: str
) -> rx.event.EventSpec | None:
    if not valid_id(campaign_id):
        return None
    try:
        await bridge.call(state, act, campaign_id)
    except bridge.SessionEndedError:
        raise
    except AppError as error:
        return bridge.error_toast(error)
    return rx.toast.success(done)
