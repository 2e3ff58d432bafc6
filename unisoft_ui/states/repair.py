"""The form that corrects the addresses of a failed recipient's contact."""

from __future__ import annotations

from typing import Any

import reflex as rx

from backend.errors import AppError, InvalidInputError
from backend.services.recipient_actions import recipient_actions_for
from backend.services.repairing import repair_address
from unisoft_ui import bridge
from unisoft_ui.states.failures import explained
from unisoft_ui.states.focus import focus_first
from unisoft_ui.texts import retry as texts
from unisoft_ui.view_models.addresses import id_of, valid_id
from unisoft_ui.view_models.retry import field_errors, refusal

BUTTON_ID = "edit-contact"


class RepairState(rx.State):
    """The browser keeps what is typed; `email` and `mobile` are what it begins with, and `form_key` begins it anew."""

    is_open: bool = False
    running: bool = False
    name: str = ""
    email: str = ""
    mobile: str = ""
    form_key: int = 0
    errors: dict[str, str] = {}
    _campaign_id: int = 0
    _recipient_id: int = 0

    @rx.event(background=True)
    async def open(self, recipient_id: int):
        """Read the contact as it is now, then show the form."""
        async with self:
            campaign_id = id_of(self.router.url.query_parameters.get("id", ""))
        wanted = valid_id(recipient_id)
        if not wanted:
            return None
        try:
            found = await bridge.call(self, recipient_actions_for, campaign_id, wanted)
        except bridge.SessionEndedError:
            raise
        except AppError as error:
            return bridge.error_toast(error)
        if not found.may_repair:
            return bridge.lasting_toast(texts.ERRORS["not_failed"])
        async with self:
            self._campaign_id, self._recipient_id = campaign_id, wanted
            self.name, self.email, self.mobile = found.name, found.email, found.mobile
            self.errors, self.running, self.is_open = {}, False, True
            self.form_key += 1
        return None

    @rx.event(background=True)
    async def save(self, values: dict[str, Any]):
        """Correct the contact, or say what is wrong with an address."""
        async with self:
            if not self.is_open or self.running:
                return []
            self.running, self.errors = True, {}
            campaign_id, recipient_id = self._campaign_id, self._recipient_id
        email, mobile = (str(values.get(name) or "") for name in ("repair-email", "repair-mobile"))
        errors: dict[str, str] = {}
        try:
            await bridge.call(self, repair_address, campaign_id, recipient_id, email=email, mobile=mobile)
        except InvalidInputError as refused:
            errors = field_errors(refused.code, refused.details) or {"form": refusal(refused)}
        except Exception as failure:  # noqa: BLE001 - whatever it was, the button comes back
            errors = {"form": explained(failure, refusal)}
        async with self:
            self.running, self.errors, self.is_open = False, errors, bool(errors)
        if errors:
            return [rx.set_focus(f"repair-{name}") for name in errors if name != "form"]
        return [rx.toast.success(texts.REPAIRED), focus_first(f"{BUTTON_ID}-{recipient_id}")]

    @rx.event
    def set_open(self, value: bool):
        """Escape and the close buttons."""
        if value is True or self.running:
            return None
        self.is_open = False
        return focus_first(f"{BUTTON_ID}-{self._recipient_id}")

    @rx.event
    def forget(self):
        """A page appeared: the form of the one before is over."""
        self.is_open = False
