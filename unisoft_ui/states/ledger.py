"""The ledger page: which part of it is shown, and adjustments by hand."""

from __future__ import annotations

import secrets
from typing import Any

import reflex as rx

from backend.domain.ledger_query import LedgerQuery
from backend.errors import AppError, InsufficientCreditError, InvalidInputError
from backend.services.adjusting import adjust_credits
from backend.services.ledger_view import ledger_page
from unisoft_ui import bridge, live
from unisoft_ui.states.failures import explained
from unisoft_ui.states.focus import focus_first
from unisoft_ui.texts import ledger as texts
from unisoft_ui.texts import number
from unisoft_ui.view_models.ledger import LedgerShown, address, ledger_shown

_LONGEST = 200
_LONGEST_NUMBER = 12


class LedgerState(rx.State):
    """`status`: loading, or as in `LedgerShown`. The browser keeps what is entered; `form` makes it begin anew."""

    status: str = "loading"
    error: str = ""
    shown: LedgerShown = LedgerShown()
    kind: str = ""
    since: str = ""
    until: str = ""
    form: str = ""
    adjusting: bool = False
    running: bool = False
    errors: dict[str, str] = {"amount": "", "reason": "", "form": ""}
    _key: str = ""

    @rx.event(background=True, supersedes=True)
    async def watch(self):
        """Show the page the address asks for, and keep it true while it is open."""
        async with self:
            query = _read(self.router.url.query_parameters)
            self.kind, self.form = query.kind.value if query.kind else "", address(query)
            self.since = query.since.isoformat() if query.since else ""
            self.until = query.until.isoformat() if query.until else ""
            self.adjusting = False
        last: LedgerShown | None = None

        async def turn(_signal: int) -> None:
            nonlocal last
            found = ledger_shown(await bridge.call(self, ledger_page, query), query)
            if found != last:
                async with self:
                    self.shown, self.status, self.error = found, found.status, ""
                last = found

        try:
            await live.follow(turn, live.CREDIT_TOPIC, min_interval_s=0.5)
        except Exception as failure:  # noqa: BLE001 - such as a right that is missing
            sentence = explained(failure)
            async with self:
                self.shown, self.status, self.error = LedgerShown(), "error", sentence

    @rx.event
    def apply(self, form: dict[str, Any]):
        """Show what the form asks for."""
        given = {name: _text(form.get(name), 20) for name in ("kind", "since", "until")}
        return rx.redirect(address(LedgerQuery.read(**given)))

    @rx.event
    def begin_adjusting(self):
        """Show the form; it can be sent once."""
        self.adjusting, self._key, self.errors = True, secrets.token_urlsafe(16), _no_errors()

    @rx.event
    def set_adjusting(self, value: bool):
        """Escape and the buttons that close."""
        if value is True:
            return None
        self.adjusting = False
        return focus_first("adjust")

    @rx.event(background=True)
    async def adjust(self, form: dict[str, Any]):
        """The service checks the right and the numbers."""
        async with self:
            if self.running or not self.adjusting:
                return None
            self.running, self.errors, key = True, _no_errors(), self._key
        amount, reason = _text(form.get("amount"), _LONGEST_NUMBER), _text(form.get("reason"), _LONGEST)
        errors = _no_errors()
        try:
            await bridge.call(self, adjust_credits, _whole(amount), reason, key)
        except AppError as error:
            errors |= _problem(error)
        except Exception as error:  # noqa: BLE001 - whatever it was, it is said in the form
            errors["form"] = explained(error)
        async with self:
            self.running, self.errors, self.adjusting = False, errors, any(errors.values())
        if any(errors.values()):
            return focus_first(*(name for name, said in errors.items() if said))
        return [rx.toast.success(texts.ADJUSTED), focus_first("adjust")]


def _read(parameters: Any) -> LedgerQuery:
    names = ("kind", "since", "until", "campaign", "before", "after")
    return LedgerQuery.read(**{name: _text(parameters.get(name), 20) for name in names})


def _text(value: object, longest: int) -> str:
    return value[:longest].strip() if isinstance(value, str) else ""


def _whole(text: str) -> int:
    digits = text.removeprefix("-").removeprefix("−").removeprefix("+")
    is_negative = text.startswith(("-", "−"))
    return (-1 if is_negative else 1) * int(digits) if digits.isascii() and digits.isdigit() else 0


def _no_errors() -> dict[str, str]:
    return {"amount": "", "reason": "", "form": ""}


def _problem(error: AppError) -> dict[str, str]:
    sentence = texts.ADJUST_ERRORS.get(error.code)
    if sentence is None:
        return {"form": explained(error)}
    if isinstance(error, InsufficientCreditError):
        return {"amount": sentence.format(available=number(int(str(error.details["available"]))))}
    field = error.details.get("field") if isinstance(error, InvalidInputError) else None
    return {str(field) if field in {"amount", "reason"} else "form": sentence}
