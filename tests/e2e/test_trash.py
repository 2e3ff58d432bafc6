"""The trash of campaigns."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e import steps
from tests.e2e.checks import broken_rules_by_day_and_night
from tests.e2e.conftest import Contexts, Product
from tests.e2e.steps import LIST, TRASH, row, rows, search


@pytest.fixture
def page(signed_in_page: Page, product: Product) -> Page:
    signed_in_page.goto(product.url + LIST)
    expect(rows(signed_in_page).first).to_be_visible()
    return signed_in_page


@pytest.fixture
def word() -> str:
    return f"word{uuid.uuid4().hex[:10]}"


def trash_row(page: Page, words: str) -> Locator:
    return page.get_by_test_id("trash-row").filter(has_text=words)


def delete_all(page: Page, word: str, count: int) -> None:
    """Delete what a word finds, in the list."""
    search(page, word)
    expect(rows(page)).to_have_count(count)
    page.get_by_role("checkbox", name="Select all campaigns on this page").click()
    page.get_by_role("button", name=f"Delete ({count})").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text(re.compile(rf"^{count} campaigns? deleted\.$"))).to_be_visible()
    expect(rows(page)).to_have_count(0)


def test_a_draft_comes_back_as_it_was(page: Page, product: Product, word: str) -> None:
    campaign_id = steps.make_draft(product, word)
    delete_all(page, word, 1)
    page.goto(product.url + LIST)
    page.get_by_role("link", name="Trash").click()
    for text in ("Draft", "ilana@example.org", "30 days", "SMS"):
        expect(trash_row(page, word).get_by_text(text, exact=True)).to_be_visible()
    trash_row(page, word).get_by_role("button", name=f"Restore {word}").click()
    expect(page.get_by_text("1 campaign restored.")).to_be_visible()
    expect(trash_row(page, word)).to_have_count(0)
    assert steps.status(product, campaign_id)["status"] == "INIT"
    page.get_by_role("link", name="Back to Message Campaigns").first.click()
    expect(row(page, word)).to_be_visible()


def test_what_was_stopped_comes_back_cancelled(page: Page, product: Product, word: str) -> None:
    campaign_id = steps.make_scheduled(product, word)
    delete_all(page, word, 1)
    page.goto(product.url + TRASH)
    expect(trash_row(page, word).get_by_text("Scheduled")).to_be_visible()
    expect(trash_row(page, word).get_by_text("comes back as cancelled")).to_be_visible()
    trash_row(page, word).get_by_role("button", name=f"Restore {word}").click()
    expect(trash_row(page, word)).to_have_count(0)
    assert steps.status(product, campaign_id)["run_state"] == "cancelled"


def test_several_are_restored_together(page: Page, product: Product, word: str) -> None:
    steps.make_drafts(product, f"{word} 0", f"{word} 1")
    delete_all(page, word, 2)
    page.goto(product.url + TRASH)
    expect(page.get_by_role("button", name="Restore", exact=True)).to_be_disabled()
    for number in range(2):
        trash_row(page, f"{word} {number}").get_by_role("checkbox").check()
        expect(page.get_by_role("button", name=f"Restore ({number + 1})")).to_be_enabled()
    page.get_by_role("button", name="Restore (2)").click()
    expect(page.get_by_text("2 campaigns restored.")).to_be_visible()
    expect(trash_row(page, word)).to_have_count(0)


def test_what_somebody_else_restored_meanwhile_goes_by_itself(page: Page, product: Product, word: str) -> None:
    steps.make_draft(product, word)
    delete_all(page, word, 1)
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto(product.url + TRASH)
        expect(trash_row(tab, word)).to_be_visible()
    trash_row(other, word).get_by_role("button", name=f"Restore {word}").click()
    expect(trash_row(page, word)).to_have_count(0)


def test_an_empty_trash_says_so(page: Page, product: Product, word: str) -> None:
    steps.make_draft(product, word)
    delete_all(page, word, 1)
    page.goto(f"{product.url}{TRASH}?page=zebra")
    expect(trash_row(page, word)).to_be_visible()
    while page.get_by_test_id("trash-row").count():
        page.get_by_role("checkbox", name="Select all on this page").click()
        first = page.get_by_test_id("trash-row").first.get_by_role("checkbox").get_attribute("aria-label")
        page.get_by_role("button", name=re.compile(r"^Restore \(\d+\)$")).click()
        expect(page.get_by_role("checkbox", name=first or "", exact=True)).to_have_count(0)
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Back to Message Campaigns").last.click()
    expect(rows(page).first).to_be_visible()


def test_no_accessibility_rule_is_broken(page: Page, contexts: Contexts, product: Product, word: str) -> None:
    steps.make_scheduled(product, word)
    delete_all(page, word, 1)
    phone = contexts.get(**steps.NARROW).new_page()
    for trash in (page, phone):
        trash.goto(product.url + TRASH)
        trash_row(trash, word).get_by_role("checkbox").check()
        expect(trash.get_by_role("button", name=re.compile(r"^Restore \(1\)$"))).to_be_enabled()
        assert broken_rules_by_day_and_night(trash) == []
        assert not steps.scrolls_sideways(trash)
    assert steps.too_small(phone, "main button, .check-target") == []
