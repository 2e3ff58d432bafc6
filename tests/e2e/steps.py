"""What tests of the list of campaigns do and look for."""

from __future__ import annotations

import functools
import json
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote_plus

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Product

LIST = "/app/messages/campagnes"
TRASH = "/app/messages/trash"
SEARCH = "Search a campaign by title or subject"
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
NARROW: dict[str, Any] = {**PHONE, "viewport": {"width": 360, "height": 700}}
# The smallest side of what fingers touch: of an input that is its label.
_WITHIN_S = 30.0
_LOOK_AGAIN_MS = 50
_TOO_SMALL = """elements => elements
  .map(e => e.closest('label') ?? e)
  .map(e => [e.getBoundingClientRect(), e.textContent.trim() || e.getAttribute('aria-label')])
  .filter(([box]) => box.height > 1 && Math.min(box.width, box.height) < 43.5)
  .map(([box, name]) => `${name} ${box.width}x${box.height}`)"""


def rows(page: Page) -> Locator:
    return page.get_by_test_id("campaign-row")


def row(page: Page, words: str) -> Locator:
    return rows(page).filter(has_text=words)


def fixed_rows(page: Page, number: int) -> list[Locator]:
    """The first rows as they are now, which stay these when others come above them."""
    menus = rows(page).locator("[id^=menu-]")
    expect(menus.nth(number - 1)).to_be_visible()
    ids: list[str] = menus.evaluate_all("menus => menus.map(menu => menu.id)")
    return [rows(page).filter(has=page.locator(f"#{each}")) for each in ids[:number]]


def search(page: Page, words: str) -> None:
    """Look for words, and wait until the list shows what they find: what is ticked before that is not kept."""
    page.get_by_label(SEARCH).fill(words)
    expect(page).to_have_url(re.compile(rf"[?&]search={re.escape(quote_plus(words))}(&|$)"))
    expect(page.locator("table[aria-busy=true]")).to_have_count(0)


def tick(page: Page, words: str) -> None:
    """Tick a row, and wait until the server knows."""
    row(page, words).get_by_role("checkbox").check()
    expect(page.get_by_test_id("selection-spoken")).to_have_text(re.compile(r"^\d+ selected$"))


def choose(page: Page, words: str, action: str) -> None:
    """An action out of a row's menu."""
    row(page, words).get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name=action).click()
    expect(page.get_by_role("menu")).to_have_count(0)


def eventually(page: Page, is_so: Callable[[], bool], what: str) -> None:
    """For what no `expect` can ask. The page goes on meanwhile."""
    deadline_s = time.monotonic() + _WITHIN_S
    while not is_so():
        assert time.monotonic() < deadline_s, f"not so: {what}"
        page.wait_for_timeout(_LOOK_AGAIN_MS)


def make_draft(product: Product, title: str, **options: str) -> int:
    given = {"channel": "SMS", "title": title, "text": f"Shalom {title}", "category": "Board", **options}
    arguments = [part for name, value in given.items() for part in (f"--{name}", value)]
    return int(product.unisoft("campaign", "create", *arguments))


def make_drafts(product: Product, *titles: str) -> list[int]:
    """Several at a time: most of what each takes is the start of the command."""
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(functools.partial(make_draft, product), titles))


def make_scheduled(product: Product, title: str) -> int:
    campaign_id = make_draft(product, title, at="2036-01-07T10:00")
    product.unisoft("campaign", "validate", str(campaign_id), "--yes")
    return campaign_id


def status(product: Product, campaign_id: int) -> dict[str, Any]:
    return json.loads(product.unisoft("campaign", "status", str(campaign_id), "--json"))


def scrolls_sideways(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


def too_small(page: Page, selector: str) -> list[str]:
    """Visible targets of the selector that a finger misses, under 44 px."""
    return page.locator(f"{selector}:visible").evaluate_all(_TOO_SMALL)
