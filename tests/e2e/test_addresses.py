"""A page by id never shows, under one address, what belongs to another: not even until its server has answered."""

from __future__ import annotations

import contextlib
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from tests.e2e import steps
from tests.e2e.conftest import Product
from tests.e2e.test_details import make, open_details, validate

TEMPLATES = "/app/messages/templates"
# Every title that is drawn, in a heading or a field, with the id that the address had at that moment.
_RECORD = """
  window.drawn = [];
  new MutationObserver(() => {
    const id = new URLSearchParams(location.search).get("id");
    const titles = [...document.querySelectorAll("h1"), ...document.querySelectorAll("[name=title], [name=name]")];
    for (const each of titles) window.drawn.push([id, each.value || each.textContent]);
    if (document.querySelector("[aria-label=Progress]")) window.drawn.push([id, "numbers of " + titles[0].textContent]);
  }).observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
"""


@pytest.fixture
def page(signed_in_page: Page) -> Page:
    signed_in_page.add_init_script(_RECORD)
    return signed_in_page


@pytest.fixture
def words() -> tuple[str, str]:
    return f"first{uuid.uuid4().hex[:10]}", f"second{uuid.uuid4().hex[:10]}"


def drawn(page: Page, *titles: str) -> set[tuple[int, str]]:
    """Which of these titles was drawn under which id, since the page was loaded."""
    seen: list[list[Any]] = page.evaluate("window.drawn")
    return {(int(under), title) for under, text in seen if under for title in titles if title in text}


class SlowServer:
    """What the server tells a page, which can be kept back."""

    def __init__(self, page: Page) -> None:
        self._kept: list[tuple[WebSocketRoute, str | bytes]] | None = None
        page.route_web_socket(re.compile("/_event"), self._connect)

    def _connect(self, route: WebSocketRoute) -> None:
        route.connect_to_server().on_message(lambda message: self._tell(route, message))

    def _tell(self, route: WebSocketRoute, message: str | bytes) -> None:
        if self._kept is None:
            route.send(message)
        else:
            self._kept.append((route, message))

    @contextlib.contextmanager
    def silent(self) -> Iterator[None]:
        self._kept = []
        yield
        kept, self._kept = self._kept, None
        for route, message in kept:
            route.send(message)


def shows_nothing(page: Page, campaign_id: int) -> None:
    expect(page).to_have_url(re.compile(f"[?&]id={campaign_id}(&|$)"))
    expect(page.get_by_role("heading", name="Send details")).to_be_attached()
    expect(page.get_by_role("region", name="Progress")).to_have_count(0)


def title_field(page: Page) -> Locator:
    return page.get_by_label("Title", exact=True)


def test_the_details_of_another_campaign(page: Page, product: Product, words: tuple[str, str]) -> None:
    first, second = (make(product, title) for title in words)
    for campaign_id in (first, second):
        validate(product, campaign_id)
    open_details(page, product, first)
    expect(page.get_by_role("heading", name=words[0])).to_be_visible()
    open_details(page, product, second)
    expect(page.get_by_role("heading", name=words[1])).to_be_visible()
    assert drawn(page, *words, "numbers of Send") == {(second, words[1])}
    page.go_back()
    expect(page.get_by_role("heading", name=words[0])).to_be_visible()
    assert drawn(page, *words, "numbers of Send") == {(first, words[0])}


def test_a_link_from_one_campaign_to_another(page: Page, product: Product, words: tuple[str, str]) -> None:
    server = SlowServer(page)
    first, second = (make(product, title) for title in words)
    for campaign_id in (first, second):
        validate(product, campaign_id)
    open_details(page, product, first)
    page.get_by_test_id("recipient-row").first.get_by_role("button").first.click()
    link = page.get_by_role("dialog").get_by_role("link", name=words[1])
    expect(link).to_be_visible()
    with server.silent():
        link.click()
        shows_nothing(page, second)
    expect(page.get_by_role("heading", name=words[1])).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    with server.silent():
        page.go_back()
        shows_nothing(page, first)
    expect(link).to_be_visible()


def test_the_draft_of_another_campaign(page: Page, product: Product, words: tuple[str, str]) -> None:
    first, second = (steps.make_draft(product, title) for title in words)
    for campaign_id, title in ((first, words[0]), (second, words[1])):
        page.goto(f"{product.url}{steps.LIST}/edit?id={campaign_id}")
        expect(title_field(page)).to_have_value(title)
    assert drawn(page, *words) == {(second, words[1])}
    page.go_back()
    expect(title_field(page)).to_have_value(words[0])
    assert drawn(page, *words) == {(first, words[0])}
    page.goto(f"{product.url}{steps.LIST}/new")
    expect(title_field(page)).to_have_value("")
    assert not any(words[0] in text for _, text in page.evaluate("window.drawn"))


def test_another_template(page: Page, product: Product) -> None:
    server, name = SlowServer(page), page.get_by_label("Name", exact=True)
    page.goto(product.url + TEMPLATES)
    cards = page.get_by_test_id("template-card").get_by_role("link")
    cards.nth(0).click()
    expect(name).not_to_have_value("")
    of_the_first = name.input_value()
    page.get_by_role("link", name="Back to Templates").click()
    expect(cards.nth(1)).to_be_visible()
    with server.silent():
        cards.nth(1).click()
        expect(page.get_by_role("heading", name="Edit the template")).to_be_visible()
        expect(name).to_have_count(0)
    expect(name).not_to_have_value("")
    assert name.input_value() != of_the_first
