"""One recipient beside the list, the orders of the list, and the list as a file."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.checks import broken_rules, sideways_px, too_small_for_fingers
from tests.e2e.conftest import Product
from tests.e2e.steps import PHONE, eventually, make_draft

DETAIL = "/app/messages/detail"
DESCRIPTION = "What was sent to this contact, and what came of it"


def open_details(page: Page, product: Product, campaign_id: int, more: str = "") -> None:
    page.goto(f"{product.url}{DETAIL}?id={campaign_id}{more}")
    expect(rows(page).first).to_be_visible()


def rows(page: Page) -> Locator:
    return page.get_by_test_id("recipient-row")


def drawer(page: Page) -> Locator:
    return page.get_by_role("dialog")


def steps(page: Page) -> Locator:
    return drawer(page).get_by_test_id("step")


@pytest.fixture
def sent(product: Product) -> int:
    """A campaign whose messages arrived, and were reported."""
    title = f"word{uuid.uuid4().hex[:10]}"
    campaign_id = make_draft(product, title, category="Board")
    product.unisoft("campaign", "validate", str(campaign_id), "--yes")
    return campaign_id


def test_the_keyboard_opens_a_recipient_and_going_back_closes_it(
    signed_in_page: Page, product: Product, sent: int
) -> None:
    page = signed_in_page
    open_details(page, product, sent)
    button = rows(page).first.get_by_role("button")
    button.focus()
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(steps(page).first).to_be_visible()
    expect(page).to_have_url(re.compile(r"[?&]recipient=\d+"))
    expect(drawer(page).get_by_test_id("prepared")).to_contain_text("Shalom word")
    expect(steps(page).last).to_contain_text("Added to the targets")
    assert broken_rules(page) == []
    page.reload()
    expect(steps(page).first).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer(page)).to_have_count(0)
    expect(page).not_to_have_url(re.compile("recipient="))
    # Asked of the page, not of the window: another tab of the browser may be in front.
    opener = rows(page).first.get_by_role("button")
    eventually(page, lambda: opener.evaluate("it => document.activeElement === it"), "the focus is given back")
    rows(page).nth(1).click()
    expect(steps(page).first).to_be_visible()
    page.go_back()
    expect(drawer(page)).to_have_count(0)
    expect(rows(page).first).to_be_visible()


def test_what_the_provider_sent_is_for_administrators(
    signed_in_page: Page, viewer: Page, product: Product, sent: int
) -> None:
    page = signed_in_page
    open_details(page, product, sent)
    delivered = rows(page).filter(has_text="Delivered").first
    expect(delivered).to_be_visible()
    delivered.click()
    show = drawer(page).get_by_role("button", name="Show what the provider sent")
    expect(show.first).to_be_visible()
    show.first.click()
    expect(drawer(page).get_by_test_id("raw-event")).to_contain_text("MessageStatus")
    drawer(page).get_by_role("button", name="Hide what the provider sent").click()
    expect(drawer(page).get_by_test_id("raw-event")).to_have_count(0)

    viewer.goto(page.url)
    expect(steps(viewer).first).to_be_visible()
    expect(drawer(viewer).get_by_text(re.compile("^The provider reported")).first).to_be_visible()
    expect(drawer(viewer).get_by_role("button", name="Show what the provider sent")).to_have_count(0)


def test_the_list_has_its_orders_in_the_address(signed_in_page: Page, product: Product) -> None:
    page = signed_in_page
    title = f"word{uuid.uuid4().hex[:10]}"
    campaign_id = make_draft(product, title, category="Youth", channel="Email", subject=title, at="2036-01-07T10:00")
    product.unisoft("campaign", "validate", str(campaign_id), "--yes")
    open_details(page, product, campaign_id)
    head = page.get_by_role("columnheader", name="Recipient")
    head.get_by_role("button").click()
    expect(page).to_have_url(re.compile("sort=name"))
    expect(head).to_have_attribute("aria-sort", "ascending")
    first = rows(page).first.inner_text()
    page.get_by_role("button", name="Next").click()
    expect(page).to_have_url(re.compile("after="))
    expect(rows(page).first).not_to_have_text(first)
    page.get_by_role("button", name="First page").click()
    expect(page).not_to_have_url(re.compile("after="))
    expect(rows(page).first).to_contain_text(first.split("\n")[1])
    page.get_by_label("Order of the recipients").click()
    page.get_by_role("option", name="Last change first").click()
    expect(page).to_have_url(re.compile("sort=updated&order=desc"))
    expect(page.get_by_role("columnheader", name="Updated")).to_have_attribute("aria-sort", "descending")
    expect(head).to_have_attribute("aria-sort", "none")


def test_what_is_shown_can_be_had_as_a_file(signed_in_page: Page, product: Product, sent: int) -> None:
    page = signed_in_page
    open_details(page, product, sent, "&sort=name")
    names = page.locator(".recipient-name > :first-child").all_inner_texts()
    page.get_by_role("button", name="Export the recipients").click()
    item = page.get_by_role("menuitem", name="CSV for Excel in French (;)")
    expect(item).to_be_visible()
    with page.expect_download() as download:
        item.click()
    content = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert content[0].split(";")[0] == "Recipient"
    assert [line.split(";")[0] for line in content[1 : len(names) + 1]] == names
    assert download.value.suggested_filename.endswith(".csv")


def test_a_phone_shows_a_recipient_on_the_whole_screen(
    browser: Browser, signed_in_state: Any, product: Product, sent: int
) -> None:
    context = browser.new_context(**PHONE, storage_state=signed_in_state, reduced_motion="reduce", color_scheme="dark")
    page = context.new_page()
    open_details(page, product, sent)
    rows(page).first.tap()
    expect(steps(page).first).to_be_visible()
    box = page.locator(".drawer").bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (390, 844)
    assert sideways_px(page) <= 0
    assert too_small_for_fingers(page) == []
    assert broken_rules(page) == []
    drawer(page).get_by_role("button", name="Close").tap()
    expect(drawer(page)).to_have_count(0)
    context.close()
