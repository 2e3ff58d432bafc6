"""Selecting campaigns in the list, and deleting what is selected."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e import steps
from tests.e2e.checks import broken_rules_by_day_and_night
from tests.e2e.conftest import Contexts, Product
from tests.e2e.steps import LIST, fixed_rows, rows, search, tick

QUESTION = "Are you sure you want to delete these campaigns?"


@pytest.fixture
def page(signed_in_page: Page, product: Product) -> Page:
    signed_in_page.goto(product.url + LIST)
    expect(rows(signed_in_page).first).to_be_visible()
    return signed_in_page


@pytest.fixture
def word() -> str:
    return f"word{uuid.uuid4().hex[:10]}"


def delete_button(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile(r"^Delete( \([\d,]+\))?$"))


def page_box(page: Page) -> Locator:
    return page.get_by_role("checkbox", name="Select all campaigns on this page")


def ask(page: Page) -> Locator:
    """Open the question and wait until it knows what would happen."""
    delete_button(page).click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog.get_by_role("button", name="Delete")).to_be_enabled()
    return dialog


def test_delete_wakes_with_the_selection_and_counts_it(page: Page) -> None:
    expect(delete_button(page)).to_be_disabled()
    first, second = (each.get_by_role("checkbox") for each in fixed_rows(page, 2))
    first.check()
    second.check()
    expect(delete_button(page)).to_have_text("Delete (2)")
    expect(page.get_by_test_id("selection-spoken")).to_have_text("2 selected")
    first.uncheck()
    expect(delete_button(page)).to_have_text("Delete (1)")
    page.get_by_role("button", name="Clear selection").click()
    expect(delete_button(page)).to_have_text("Delete")
    expect(delete_button(page)).to_be_disabled()
    expect(second).not_to_be_checked()


def test_the_head_ticks_the_page_and_knows_something_between(page: Page) -> None:
    expect(page_box(page)).to_have_attribute("aria-checked", "false")
    rows(page).nth(3).get_by_role("checkbox").check()
    expect(page_box(page)).to_have_attribute("aria-checked", "mixed")
    page_box(page).press("Space")
    expect(page_box(page)).to_have_attribute("aria-checked", "true")
    expect(rows(page).get_by_role("checkbox", checked=True)).to_have_count(10)
    page_box(page).press("Space")
    expect(page_box(page)).to_have_attribute("aria-checked", "false")
    expect(rows(page).get_by_role("checkbox", checked=True)).to_have_count(0)


def test_a_selection_goes_along_from_page_to_page_and_ends_with_the_tab(page: Page) -> None:
    first, second = (each.get_by_role("checkbox") for each in fixed_rows(page, 2))
    first.check()
    expect(delete_button(page)).to_have_text("Delete (1)")
    page.get_by_role("button", name="Next page").click()
    expect(page.get_by_text(re.compile("^11–"))).to_be_visible()
    rows(page).nth(0).get_by_role("checkbox").check()
    expect(delete_button(page)).to_have_text("Delete (2)")
    page.get_by_role("button", name="Previous page").click()
    expect(page.get_by_text(re.compile("^1–10"))).to_be_visible()
    expect(first).to_be_checked()
    expect(second).not_to_be_checked()
    page.get_by_role("tab", name=re.compile("^Validated")).click()
    expect(page).to_have_url(re.compile("tab=validated"))
    expect(delete_button(page)).to_be_disabled()
    expect(rows(page).get_by_role("checkbox", checked=True)).to_have_count(0)


def test_a_selection_ends_with_the_search(page: Page, product: Product, word: str) -> None:
    steps.make_draft(product, word)
    tick(page, word)
    expect(delete_button(page)).to_have_text("Delete (1)")
    search(page, word)
    expect(rows(page)).to_have_count(1)
    expect(delete_button(page)).to_be_disabled()
    expect(rows(page).get_by_role("checkbox")).not_to_be_checked()


def test_all_results_are_offered_once_the_page_is_ticked(page: Page) -> None:
    offer = page.get_by_role("button", name=re.compile(r"^Select all \d+ campaigns$"))
    expect(offer).to_have_count(0)
    page_box(page).click()
    offer.click()
    expect(offer).to_have_count(0)
    expect(delete_button(page)).to_have_text(re.compile(r"^Delete \(\d\d+\)$"))
    total = int(re.sub(r"\D", "", delete_button(page).inner_text()))
    assert total > 10
    expect(page.get_by_role("tab", name=f"All ({total})")).to_be_visible()
    page.get_by_role("button", name="Next page").click()
    expect(page.get_by_text(re.compile("^11–"))).to_be_visible()
    expect(rows(page).get_by_role("checkbox", checked=True)).to_have_count(10)
    rows(page).nth(2).get_by_role("checkbox").uncheck()
    expect(delete_button(page)).to_have_text(f"Delete ({total - 1})")
    expect(page_box(page)).to_have_attribute("aria-checked", "mixed")
    dialog = ask(page)
    expect(dialog.get_by_role("heading", name=f"Delete {total - 1} campaigns")).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    expect(delete_button(page)).to_have_text(f"Delete ({total - 1})")


def test_all_results_are_deleted_beyond_the_page_and_the_report_says_what_was_done(
    page: Page, product: Product, word: str
) -> None:
    planned = steps.make_scheduled(product, f"{word} planned")
    other, *_ = steps.make_drafts(product, "Not looked for", *(f"{word} {number}" for number in range(11)))
    search(page, word)
    expect(rows(page)).to_have_count(10)
    page_box(page).click()
    page.get_by_role("button", name="Select all 12 results of this search").click()
    expect(delete_button(page)).to_have_text("Delete (12)")
    dialog = ask(page)
    for sentence in ("11 drafts disappear.", "1 scheduled campaign will not be sent, and its credit is released."):
        expect(dialog.get_by_text(sentence)).to_be_visible()
    late = steps.make_draft(product, f"{word} late")
    dialog.get_by_role("button", name="Delete").dblclick()
    expect(page.get_by_text("12 campaigns deleted.")).to_have_count(1)
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_role("tab", name="All (1)")).to_be_visible()
    expect(delete_button(page)).to_be_disabled()
    assert steps.status(product, late)["status"] == steps.status(product, other)["status"] == "INIT"
    page.get_by_role("button", name="View trash").click()
    deleted = page.get_by_test_id("trash-row").filter(has_text=word)
    expect(deleted).to_have_count(10)
    page.get_by_role("button", name="Next page").click()
    expect(deleted).to_have_count(2)
    page.get_by_role("button", name=f"Restore {word} planned").click()
    expect(page.get_by_text("1 campaign restored.")).to_be_visible()
    assert steps.status(product, planned)["run_state"] == "cancelled"


def test_the_question_says_what_will_happen(page: Page, product: Product, word: str) -> None:
    steps.make_draft(product, f"{word} draft")
    planned = steps.make_scheduled(product, f"{word} planned")
    search(page, word)
    expect(rows(page)).to_have_count(2)
    page_box(page).click()
    dialog = ask(page)
    expect(dialog.get_by_role("heading", name="Delete 2 campaigns")).to_be_visible()
    for sentence in (
        QUESTION,
        "1 draft disappears.",
        "1 scheduled campaign will not be sent, and its credit is released.",
        re.compile("^The trash keeps them for 30 days"),
    ):
        expect(dialog.get_by_text(sentence)).to_be_visible()
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(delete_button(page)).to_be_focused()
    expect(rows(page)).to_have_count(2)
    assert steps.status(product, planned)["run_state"] == "scheduled"


def test_deleted_drafts_can_be_taken_back(page: Page, product: Product, word: str) -> None:
    steps.make_drafts(product, f"{word} 0", f"{word} 1")
    search(page, word)
    expect(rows(page)).to_have_count(2)
    page_box(page).click()
    ask(page).get_by_role("button", name="Delete").dblclick()
    expect(page.get_by_text("2 campaigns deleted.")).to_have_count(1)
    expect(page.get_by_text(f"No campaign matches “{word}”")).to_be_visible()
    expect(delete_button(page)).to_be_disabled()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("2 campaigns restored.")).to_be_visible()
    expect(rows(page)).to_have_count(2)
    expect(rows(page).get_by_role("checkbox", checked=True)).to_have_count(0)


def test_what_was_stopped_leads_to_the_trash_and_offers_no_undo(page: Page, product: Product, word: str) -> None:
    steps.make_scheduled(product, word)
    search(page, word)
    tick(page, word)
    ask(page).get_by_role("button", name="Delete").click()
    expect(page.get_by_text("1 campaign deleted.")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    page.get_by_role("button", name="View trash").click()
    expect(page.get_by_test_id("trash-row").filter(has_text=word)).to_be_visible()


def test_what_somebody_else_deleted_meanwhile_is_said(page: Page, product: Product, word: str) -> None:
    steps.make_draft(product, word)
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto(f"{product.url}{LIST}?search={word}")
        expect(rows(tab)).to_have_count(1)
        tick(tab, word)
    dialog = ask(page)
    ask(other).get_by_role("button", name="Delete").click()
    expect(other.get_by_text("1 campaign deleted.")).to_be_visible()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Somebody has deleted them meanwhile.")).to_be_visible()
    expect(dialog).to_be_hidden()


def test_deleting_the_last_rows_of_the_last_page_moves_back(page: Page, product: Product, word: str) -> None:
    steps.make_drafts(product, *(f"{word} {number}" for number in range(12)))
    page.goto(f"{product.url}{LIST}?search={word}&page=999")
    expect(page.get_by_text("11–12 of 12", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Next page")).to_be_disabled()
    page_box(page).click()
    expect(delete_button(page)).to_have_text("Delete (2)")
    ask(page).get_by_role("button", name="Delete").click()
    expect(page.get_by_text("1–10 of 10", exact=True)).to_be_visible()
    expect(rows(page)).to_have_count(10)


def test_nonsense_in_the_address_shows_the_nearest_page(page: Page, product: Product) -> None:
    for address in ("?page=-3&tab=nothing&sort=zebra&order=7&size=11", "?page=1e9", "?search=%00"):
        tab = page.context.new_page()  # which shows nothing of another address first
        tab.goto(product.url + LIST + address)
        expect(rows(tab)).to_have_count(10)
        expect(tab.get_by_text(re.compile("^1–10 of"))).to_be_visible()
        expect(tab.get_by_role("tab", name=re.compile("^All"))).to_have_attribute("aria-selected", "true")


def test_on_a_small_screen_the_buttons_stay_in_sight(page: Page) -> None:
    page.set_viewport_size({"width": 800, "height": 800})
    page_box(page).click()
    expect(page.get_by_role("button", name="Clear selection")).to_be_in_viewport()
    expect(page.get_by_role("link", name="Create a Campaign")).to_be_in_viewport(ratio=1)
    expect(rows(page).first.get_by_role("button", name="More actions")).to_be_in_viewport(ratio=1)
    assert not steps.scrolls_sideways(page)


@pytest.mark.parametrize("screen", [{}, steps.PHONE], ids=["desktop", "phone"])
def test_no_accessibility_rule_is_broken(contexts: Contexts, product: Product, screen: dict[str, Any]) -> None:
    page = contexts.get(**screen).new_page()
    page.goto(product.url + LIST)
    expect(rows(page).first).to_be_visible()
    page_box(page).click()
    expect(delete_button(page)).to_be_enabled()
    assert broken_rules_by_day_and_night(page) == []
    dialog = ask(page)
    assert broken_rules_by_day_and_night(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(delete_button(page)).to_be_focused()
    rows(page).first.get_by_role("button", name="More actions").click()
    expect(page.get_by_role("menu")).to_be_visible()
    assert broken_rules_by_day_and_night(page) == []


def test_fingers_hit_and_a_phone_never_scrolls_sideways(contexts: Contexts, product: Product) -> None:
    page = contexts.get(**steps.PHONE).new_page()
    page.goto(product.url + LIST)
    expect(rows(page).first).to_be_visible()
    page_box(page).tap()
    expect(delete_button(page)).to_be_enabled()
    expect(page.get_by_role("button", name=re.compile("^Select all [0-9,]+ campaigns$"))).to_be_visible()
    for size in (steps.PHONE, steps.NARROW):
        page.set_viewport_size(size["viewport"])
        assert steps.too_small(page, ".phone-selection button, .check-target") == []
        assert not steps.scrolls_sideways(page)
