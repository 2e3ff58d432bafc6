"""The page a buyer comes back to. It credits nothing: it shows what the provider confirmed, as it comes."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import reflex as rx

from backend.errors import NotFoundError
from backend.services.purchasing import OrderView, show_order
from unisoft_ui import bridge, live, routes
from unisoft_ui.states.failures import explained
from unisoft_ui.texts import LANGUAGE
from unisoft_ui.texts import credit as texts
from unisoft_ui.view_models.addresses import place_of
from unisoft_ui.view_models.payments import Payment, payment


class PaymentState(rx.State):
    """`status`: as in `Payment`, or loading, of the order that `place` names."""

    status: str = "loading"
    place: str = ""
    title: str = ""
    text: str = ""
    can_pay: bool = False
    receipt: str = ""
    _url: str = ""

    @rx.event(background=True, supersedes=True)
    async def watch(self):
        """Follow the order that the address names."""
        async with self:
            given = parse_qs(str(self.router.url.query))
            self.status, self.can_pay, self._url, self.receipt = "loading", False, "", ""
            self.place = reference = place_of(given.get("order", [""])[-1])
        came_back = given.get("back") == ["1"]
        last: OrderView | None = None

        async def turn(_signal: int) -> None:
            nonlocal last
            order = await bridge.call(self, show_order, reference)
            if order != last:
                async with self:
                    self._show(payment(order, came_back=came_back), order.checkout_url)
                    self.receipt = routes.receipt(order.receipt_number, LANGUAGE) if order.receipt_number else ""
                last = order

        try:
            await live.follow(turn, live.CREDIT_TOPIC, min_interval_s=0.5, heartbeat_s=5.0)
        except NotFoundError:
            async with self:
                self._show(Payment("missing", *texts.PAYMENT_STATES["missing"]), "")
        except Exception as error:  # noqa: BLE001 - whatever it was, the page says so
            sentence = explained(error)
            async with self:
                self._show(Payment("error", texts.PAYMENT_STATES["error"][0], sentence), "")

    @rx.event
    def pay(self):
        """Go on to the provider's page, which is still open."""
        return rx.call_script(f"window.location.assign({json.dumps(self._url)})") if self._url else None

    def _show(self, shown: Payment, url: str) -> None:
        self.status, self.title, self.text = shown.status, shown.title, shown.text
        self._url, self.can_pay = url, bool(url) and shown.status == "abandoned"
