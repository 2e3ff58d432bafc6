"""The SMS credit, from the top bar of every page."""

from __future__ import annotations

import itertools
import uuid

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.checks import broken_rules_by_day_and_night, sideways_px, too_small_for_fingers
from tests.e2e.conftest import Contexts, Product
from tests.e2e.steps import NARROW, PHONE

PAGES = ("/app/messages/campagnes", "/app/messages/campagnes/new", "/app/messages/detail?id=1")


@pytest.fixture
def title() -> str:
    return f"Credit {uuid.uuid4().hex[:8]}"


def reserve(product: Product, title: str) -> int:
    """A scheduled SMS campaign, which holds credits."""
    given = {"channel": "SMS", "title": title, "text": "Shalom", "category": "Youth", "at": "2036-01-07T10:00"}
    arguments = [part for name, value in given.items() for part in (f"--{name}", value)]
    campaign_id = int(product.unisoft("campaign", "create", *arguments))
    product.unisoft("campaign", "validate", str(campaign_id), "--yes")
    return campaign_id


def open_window(page: Page) -> Locator:
    page.get_by_role("button", name="SMS pricing and credit").click()
    expect(page.get_by_role("dialog", name="SMS credit")).to_be_visible()
    dialog = page.get_by_role("dialog")  # its name follows what it shows
    expect(dialog.get_by_role("radio", checked=True)).to_have_count(1)
    return dialog


def open_movements(dialog: Locator) -> Locator:
    dialog.get_by_role("button", name="Recent movements").click()
    expect(dialog.get_by_role("button", name="Back to packs")).to_be_focused()
    return dialog.get_by_test_id("movements")


def agrees(page: Page) -> None:
    """The window says what the frame of the page says, at one moment: campaigns are sent while this is looked at."""
    page.wait_for_function(
        """() => {
          const shown = name => document.querySelector(`[data-testid=${name}]`)?.textContent.match(/[\\d,]+/)?.[0];
          return shown("window-available") && shown("window-available") === shown("sms-credit");
        }"""
    )


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_it(signed_in_page: Page, product: Product, path: str) -> None:
    page = signed_in_page
    page.goto(product.url + path)
    dialog = open_window(page)
    expect(dialog.get_by_role("heading", name="Reserved by")).to_be_visible()
    expect(dialog.get_by_text("1 SMS part is 160 characters")).to_be_visible()
    agrees(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="SMS pricing and credit")).to_be_focused()


def test_it_says_who_holds_credits_and_follows_while_open(signed_in_page: Page, product: Product, title: str) -> None:
    page = signed_in_page
    page.goto(product.url + PAGES[0])
    dialog = open_window(page)
    campaign_id = reserve(product, title)
    held = dialog.get_by_test_id("held").get_by_role("listitem").filter(has_text=title)
    expect(held).to_be_visible()
    amount = held.locator("bdi").last.inner_text()
    assert int(amount) > 1
    agrees(page)
    movement = open_movements(dialog).get_by_role("row").filter(has_text=title)
    expect(movement.first).to_contain_text("Reserved")
    expect(movement.first).to_contain_text(f"−{amount}")
    product.unisoft("campaign", "cancel", str(campaign_id))
    expect(movement.first).to_contain_text("Released")
    dialog.get_by_role("button", name="Back to packs").click()
    expect(dialog.get_by_role("button", name="Recent movements")).to_be_focused()
    expect(held).to_have_count(0)
    agrees(page)


def test_it_does_not_follow_to_another_page(signed_in_page: Page, product: Product) -> None:
    page = signed_in_page
    page.goto(product.url + PAGES[0])
    open_window(page)
    page.reload()
    expect(page.get_by_test_id("campaign-row").first).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_long_title_fits_on_a_phone_and_the_way_out_stays(contexts: Contexts, product: Product, title: str) -> None:
    campaign_id = reserve(product, f"{title} {'of the whole community ' * 4}")
    page = contexts.get(**NARROW).new_page()
    page.goto(product.url + PAGES[0])
    dialog = open_window(page)
    movements = open_movements(dialog)
    expect(movements).to_contain_text(title)
    assert dialog.evaluate("e => e.getBoundingClientRect().width") <= 360
    movements.get_by_role("row").last.scroll_into_view_if_needed()
    expect(dialog.get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)
    product.unisoft("campaign", "cancel", str(campaign_id))


@pytest.mark.parametrize("path", PAGES[1:])
def test_on_a_phone_it_stands_beside_the_title(contexts: Contexts, product: Product, path: str) -> None:
    page = contexts.get(**PHONE).new_page()
    page.goto(product.url + path)
    expect(page.get_by_test_id("sms-credit")).to_contain_text("SMS available")
    places = (".back-link", ".crumb h1", "[data-testid=sms-credit] b", "[data-testid=sms-credit] button")
    for width in (320, 360, 390):
        page.set_viewport_size({"width": width, "height": 844})
        boxes: list[dict[str, float]] = [
            page.locator(f".topbar {place}").evaluate("e => e.getBoundingClientRect().toJSON()") for place in places
        ]
        assert all(left["right"] <= right["left"] + 6 for left, right in itertools.pairwise(boxes)), boxes
        assert boxes[-1]["right"] <= width
        assert sideways_px(page) <= 0


def test_no_accessibility_rule_is_broken(signed_in_page: Page, product: Product) -> None:
    page = signed_in_page
    page.goto(product.url + PAGES[0])
    dialog = open_window(page)
    assert broken_rules_by_day_and_night(page) == []
    open_movements(dialog)
    assert broken_rules_by_day_and_night(page) == []


def test_no_accessibility_rule_is_broken_on_a_phone(contexts: Contexts, product: Product) -> None:
    page = contexts.get(**NARROW).new_page()
    page.goto(product.url + PAGES[0])
    open_window(page)
    assert broken_rules_by_day_and_night(page) == []
    assert sideways_px(page) <= 0
    assert [small for small in too_small_for_fingers(page) if small.startswith("Close")] == []
