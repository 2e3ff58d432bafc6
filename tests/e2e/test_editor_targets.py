"""Choosing who receives a campaign, as a user does it."""

from __future__ import annotations

import contextlib
import re
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.checks import broken_rules, sideways_px
from tests.e2e.conftest import Contexts, Product
from tests.e2e.steps import LIST, NARROW, PHONE, row, search, too_small

NEW = f"{LIST}/new"
NUMBER = re.compile(r"^[\d,]+$")


@pytest.fixture
def page(signed_in_page: Page, product: Product) -> Page:
    return opened(signed_in_page, product)


def opened(page: Page, product: Product) -> Page:
    page.goto(product.url + NEW)
    page.get_by_role("radio", name="SMS / Email", exact=True).check()
    expect(page.get_by_test_id("step-summary-1")).to_have_text("SMS / Email")
    return page


def field(page: Page, name: str) -> Locator:
    return page.get_by_role("combobox", name=name)


def chips(page: Page, name: str) -> Locator:
    return page.get_by_role("list", name=name).get_by_role("listitem")


def add(page: Page, name: str, text: str, option: str | re.Pattern[str]) -> None:
    """Type a few letters and press what is found."""
    before = chips(page, name).count()
    field(page, name).fill(text)
    page.locator("#campaign-form").get_by_role("option", name=option).first.click()
    expect(chips(page, name)).to_have_count(before + 1)
    expect(page.locator("#campaign-form").get_by_role("option")).to_have_count(0)


def reach(page: Page) -> Locator:
    return page.get_by_test_id("reach")


def total(page: Page) -> int:
    """The number of the panel, once it has been counted."""
    expect(reach(page)).to_have_attribute("aria-busy", "false")
    return int(reach(page).locator(".reach-total").inner_text().replace(",", ""))


def reason(page: Page, name: str) -> Locator:
    return reach(page).get_by_role("button", name=re.compile(f"^{name}: .* See the list$"))


@contextlib.contextmanager
def recounting(page: Page) -> Iterator[None]:
    """What is done inside has the number of the panel counted again; afterwards it is the new one."""
    page.evaluate(
        """() => {
          window.recounts = 0;
          new MutationObserver(changes => changes.forEach(({ target }) => {
            if (target.dataset.testid === "reach" && target.getAttribute("aria-busy") === "false") window.recounts += 1;
          })).observe(document.body, { subtree: true, attributeFilter: ["aria-busy"] });
        }"""
    )
    yield
    page.wait_for_function("window.recounts > 0")


def follows(page: Page, before: int) -> int:
    """The next number."""
    expect(reach(page).locator(".reach-total")).not_to_have_text(f"{before:,}")
    return total(page)


def test_categories_in_any_or_in_all_of_them(page: Page) -> None:
    expect(reach(page)).to_contain_text("Choose who receives the campaign")
    add(page, "Categories", "memb", "Members")
    expect(reach(page).locator(".reach-total")).to_have_text(NUMBER)
    one = total(page)
    expect(page.get_by_role("radio", name="In all of them")).to_be_hidden()
    add(page, "Categories", "board", "Board")
    expect(chips(page, "Categories")).to_have_count(2)
    expect(reach(page)).to_contain_text(re.compile(r"selected, \d+ duplicates, 0 excluded"))
    page.get_by_role("radio", name="In all of them").check()
    expect(page.get_by_test_id("step-summary-2")).to_have_text(re.compile(r"^\d recipients$"))
    assert total(page) < one
    page.get_by_role("button", name="Remove Members").click()
    expect(chips(page, "Categories")).to_have_count(1)
    page.get_by_role("radio", name="Send to all my contacts").check()
    expect(field(page, "Categories")).to_be_hidden()
    expect(page.get_by_test_id("step-summary-2")).to_have_text(re.compile(r"^1,\d+ recipients$"))


def test_a_contact_is_found_by_typing_and_by_keys(page: Page) -> None:
    box = field(page, "Individual contacts")
    box.fill("LEVY")
    options = page.locator("#campaign-form").get_by_role("option")
    expect(options.nth(1)).to_be_visible()
    expect(options.nth(0)).to_contain_text("Lévy")
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("ArrowDown")
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    box.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", options.nth(1).get_attribute("id") or "")
    box.press("Enter")
    expect(chips(page, "Individual contacts")).to_have_count(1)
    expect(box).to_be_focused()
    expect(box).to_have_value("")
    expect(reach(page).locator(".reach-total")).to_have_text("1")
    box.fill("co")
    expect(options.first).to_be_visible()
    box.press("Escape")
    expect(options).to_have_count(0)
    expect(box).to_have_value("")
    box.fill("zzzzzz")
    expect(page.get_by_text("Nothing found").first).to_be_visible()
    box.fill("")
    expect(page.get_by_text("Nothing found")).to_have_count(0)
    box.press("Backspace")
    expect(chips(page, "Individual contacts")).to_have_count(0)


def test_exclusions_lower_the_count_also_of_everybody(page: Page) -> None:
    page.get_by_role("radio", name="Send to all my contacts").check()
    expect(reach(page).locator(".reach-total")).to_have_text(NUMBER)
    everybody = total(page)
    add(page, "Exclude", "memb", "Members")
    fewer = follows(page, everybody)
    assert fewer < everybody
    with recounting(page):
        add(page, "Exclude", "lev", re.compile("Lévy"))
    expect(chips(page, "Exclude")).to_have_count(2)
    expect(reason(page, "Excluded by you")).to_be_visible()
    with recounting(page):
        page.get_by_role("button", name="Remove Members").click()
    assert fewer < total(page) < everybody


def test_behind_a_number_is_its_list_and_the_focus_comes_back(page: Page) -> None:
    add(page, "Categories", "memb", "Members")
    button = reason(page, "No mobile number")
    expect(reach(page)).to_have_attribute("aria-busy", "false")
    number = int(re.findall(r"\d+", button.get_attribute("aria-label") or "")[0])
    button.focus()
    button.press("Enter")
    dialog = page.get_by_role("dialog", name=f"No mobile number ({number})")
    expect(dialog.get_by_role("listitem")).to_have_count(min(number, 50))
    expect(dialog.get_by_role("listitem").first).to_contain_text("No mobile number")
    assert broken_rules(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()


def test_everything_is_there_again_after_saving(page: Page) -> None:
    word = f"word{uuid.uuid4().hex[:10]}"
    page.get_by_label("Title", exact=True).fill(word)
    add(page, "Categories", "memb", "Members")
    add(page, "Categories", "board", "Board")
    page.get_by_role("radio", name="In all of them").check()
    add(page, "Individual contacts", "levy", re.compile("Lévy"))
    add(page, "Exclude", "youth", "Youth")
    add(page, "Exclude", "cohen", re.compile("Cohen"))
    with recounting(page):
        page.get_by_role("checkbox", name="One message per household").check()
    expect(chips(page, "Exclude")).to_have_count(2)
    before = {name: chips(page, name).all_inner_texts() for name in ("Categories", "Individual contacts", "Exclude")}
    expect(reach(page).locator(".reach-total")).to_have_text(NUMBER)
    counted = total(page)
    page.get_by_role("button", name="Save draft").click()
    expect(page).to_have_url(re.compile(f"{LIST}$"))
    search(page, word)
    row(page, word).get_by_role("link", name="Edit").click()
    expect(page.get_by_label("Title", exact=True)).to_have_value(word)
    page.get_by_role("heading", name="Targets").click()
    expect(chips(page, "Individual contacts")).to_contain_text(["Lévy"])
    for name, texts in before.items():
        expect(chips(page, name)).to_have_count(len(texts))
        assert sorted(chips(page, name).all_inner_texts()) == sorted(texts)
    expect(page.get_by_role("radio", name="In all of them")).to_be_checked()
    expect(page.get_by_role("checkbox", name="One message per household")).to_be_checked()
    expect(reach(page).locator(".reach-total")).to_have_text(f"{counted:,}")


def test_the_block_is_accessible(page: Page) -> None:
    add(page, "Categories", "memb", "Members")
    add(page, "Individual contacts", "levy", re.compile("Lévy"))
    field(page, "Exclude").fill("a")
    expect(page.locator("#campaign-form").get_by_role("option").first).to_be_visible()
    expect(reach(page).locator(".reach-total")).to_have_text(NUMBER)
    assert broken_rules(page) == []


def test_on_a_phone(contexts: Contexts, product: Product) -> None:
    phone = opened(contexts.get(**PHONE).new_page(), product)
    add(phone, "Categories", "memb", "Members")
    add(phone, "Individual contacts", "levy", re.compile("Lévy"))
    add(phone, "Exclude", "board", "Board")
    expect(reach(phone).locator(".reach-total")).to_have_text(NUMBER)
    for size in (PHONE, NARROW):
        phone.set_viewport_size(size["viewport"])
        assert sideways_px(phone) <= 0
        assert too_small(phone, ".targets :is(button, input:not([type=hidden]))") == []
    field(phone, "Categories").click()
    expect(phone.get_by_role("option").first).to_be_visible()
    field(phone, "Categories").press("Escape")
    expect(phone.locator("#campaign-form").get_by_role("option")).to_have_count(0)
    field(phone, "Exclude").click()
    expect(phone.get_by_role("option").first).to_be_visible()
    assert too_small(phone, "[role=option]") == []
    assert broken_rules(phone) == []
    phone.get_by_role("option").first.click()
    expect(chips(phone, "Exclude")).to_have_count(2)
    reason(phone, "No mobile number").click()
    expect(phone.get_by_role("dialog").get_by_role("listitem").first).to_be_visible()
    for size in (NARROW, PHONE):
        phone.set_viewport_size(size["viewport"])
        assert sideways_px(phone) <= 0
    phone.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(phone.get_by_role("dialog")).to_have_count(0)
