"""What a row of the list does to its campaign: pause, resume, cancel, back to draft, duplicate."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx
from reflex.event import EventSpec
from reflex_components_sonner.toast import ToastAction

from backend.errors import AppError
from backend.services.acting import ActingUser
from backend.services.duplicating import duplicate_campaign
from backend.services.runs import (
    back_to_draft,
    cancel_campaign,
    describe_cancelling,
    pause_campaign,
    resume_campaign,
)
from unisoft_ui import bridge, routes
from unisoft_ui.states.campaigns import CampaignsState
from unisoft_ui.states.focus import focus_first
from unisoft_ui.texts import campaigns as texts
from unisoft_ui.view_models.addresses import valid_id


class RunsState(rx.State):
    """Only the question before a cancellation has something to show: what it will stop, and what it cannot."""

    cancel_id: int = 0
    cancel_text: str = texts.CANCEL_TEXT

    @rx.event(background=True)
    async def pause(self, campaign_id: int):
        return await _steer(self, pause_campaign, campaign_id, texts.PAUSED)

    @rx.event(background=True)
    async def resume(self, campaign_id: int):
        return await _steer(self, resume_campaign, campaign_id, texts.RESUMED)

    @rx.event(background=True)
    async def back_to_draft(self, campaign_id: int):
        return await _steer(self, back_to_draft, campaign_id, texts.UNSCHEDULED)

    @rx.event(background=True)
    async def duplicate(self, campaign_id: int):
        """Copy it into a new draft, and offer to edit that."""
        if not valid_id(campaign_id):
            return None
        try:
            copy_id = await bridge.call(self, duplicate_campaign, campaign_id, title=texts.COPY_TITLE)
        except bridge.SessionEndedError:
            raise
        except AppError as error:
            return await _refused(self, error)
        return rx.toast.success(
            texts.DUPLICATED, action=ToastAction(texts.EDIT, rx.redirect(routes.campaign_edit(copy_id)))
        )

    @rx.event(background=True)
    async def ask_cancel(self, campaign_id: int):
        """Ask before stopping for good; then say how many that stops, and how many not any more."""
        campaign_id = valid_id(campaign_id)
        async with self:
            self.cancel_id, self.cancel_text = campaign_id, texts.CANCEL_TEXT
        if not campaign_id:
            return
        try:
            told = await bridge.call(self, describe_cancelling, campaign_id)
        except bridge.SessionEndedError:
            raise
        except AppError:
            return  # whoever confirms is told
        async with self:
            if self.cancel_id == campaign_id:
                self.cancel_text = texts.cancel_text(told.left, told.stopped)

    @rx.event
    def keep_sending(self, open_: bool = False):
        """The question was closed: back to its button, or to the menu it came from, which was gone when it opened."""
        asked, self.cancel_id = self.cancel_id, 0
        return focus_first(f"cancel-{asked}", f"menu-{asked}")

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
) -> EventSpec | list[EventSpec] | None:
    if not valid_id(campaign_id):
        return None
    try:
        await bridge.call(state, act, campaign_id)
    except bridge.SessionEndedError:
        raise
    except AppError as error:
        return await _refused(state, error)
    return rx.toast.success(done)


async def _refused(state: rx.State, error: AppError) -> list[EventSpec]:
    """Say why. Mostly somebody else was faster: the list is read again, so that it shows what they did."""
    async with state:
        at_list = state.router.url.path == routes.CAMPAIGNS
    refresh = [CampaignsState.watch] if at_list else []
    return [bridge.error_toast(error), *refresh]  # pyright: ignore[reportReturnType]
