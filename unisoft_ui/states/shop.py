"""What the credit window sells, and the way to the page where it is paid."""

from __future__ import annotations

import json

import reflex as rx

from backend.domain.segments import count_segments
from backend.services.credit_view import CreditView
from backend.services.purchasing import begin_purchase
from unisoft_ui import bridge
from unisoft_ui.states.failures import explained
from unisoft_ui.states.focus import focus_first
from unisoft_ui.texts import credit as texts
from unisoft_ui.view_models.shop import PackCard, chosen_card, shop_view

_MOST_COUNTED = 2_000


class ShopState(rx.State):
    """`mode` as in `ShopView`; `view`: packs or movements."""

    view: str = "packs"
    mode: str = "ask"
    note: str = ""
    cards: list[PackCard] = []
    chosen: PackCard = PackCard()
    subtitle: str = ""
    movements_of: str = ""
    parts: str = texts.NO_PARTS
    buying: bool = False
    problem: str = ""

    @rx.event
    def show_movements(self):
        """The second view of the window."""
        self.view = "movements"
        return focus_first("credit-back")

    @rx.event
    def show_packs(self):
        """Back to the first."""
        self.view = "packs"
        return focus_first("credit-movements")

    @rx.event
    def choose(self, value: str):
        """A pack was chosen; the browser has shown that already."""
        self.chosen, self.problem = chosen_card(self.cards, value if isinstance(value, str) else ""), ""

    @rx.event
    def count(self, text: str):
        """How many parts a text takes."""
        counted = count_segments(text[:_MOST_COUNTED]) if isinstance(text, str) else None
        self.parts = (
            texts.parts(counted.segments, counted.encoding.value, counted.units)
            if counted and counted.segments
            else texts.NO_PARTS
        )

    @rx.event(background=True)
    async def buy(self):
        """Order what is chosen, and go to the page where it is paid. The service checks the right and the price."""
        async with self:
            value = self.chosen.value
            if self.buying or not value:
                return None
            self.buying, self.problem, total = True, "", self.chosen.total_minor
        try:
            url = await bridge.call(self, begin_purchase, int(value), total)
        except Exception as error:  # noqa: BLE001 - whatever it was, it is said in the window
            sentence = explained(error)
            async with self:
                self.buying, self.problem = False, sentence
            return None
        async with self:
            self.buying = False
        return rx.call_script(f"window.location.assign({json.dumps(url)})")


def begin(shop: ShopState) -> None:
    """The window opens: nothing of the last time is in it."""
    shop.view, shop.problem, shop.buying, shop.parts = "packs", "", False, texts.NO_PARTS


def show(shop: ShopState, view: CreditView) -> None:
    """What the service tells, in the window."""
    found = shop_view(view)
    shop.mode, shop.note, shop.cards = found.mode, found.note, found.cards
    shop.chosen = chosen_card(found.cards, shop.chosen.value)
    shop.subtitle = texts.EXPLAINED.format(organisation=view.organisation)
    shop.movements_of = texts.MOVEMENTS_OF.format(organisation=view.organisation)
