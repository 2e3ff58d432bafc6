"""The page of one campaign, as a user meets it."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e import steps
from tests.e2e.checks import broken_rules_by_day_and_night, sideways_px, too_small_for_fingers
from tests.e2e.conftest import Contexts, Product
from tests.e2e.steps import LIST, NARROW, PHONE

DETAIL = "/app/messages/detail"
LATER = "2036-01-07T10:00"
PAGE_SIZE = 25


@pytest.fixture
def word() -> str:
    return f"word{uuid.uuid4().hex[:10]}"


def make(product: Product, title: str, **options: str) -> int:
    given = {"channel": "SMS", "title": title, "text": f"Shalom {title}", "category": "Board", **options}
    arguments = [part for name, value in given.items() for part in (f"--{name}", value)]
    return int(product.unisoft("campaign", "create", *arguments))


def validate(product: Product, campaign_id: int) -> None:
    product.unisoft("campaign", "validate", str(campaign_id), "--yes")


def run_state(product: Product, campaign_id: int) -> str:
    found = re.search(r'"run_state": "(\w+)"', product.unisoft("campaign", "status", str(campaign_id), "--json"))
    return found[1] if found else ""


def open_details(page: Page, product: Product, campaign_id: int, more: str = "") -> None:
    page.goto(f"{product.url}{DETAIL}?id={campaign_id}{more}")
    expect(page.get_by_role("region", name="Progress")).to_be_visible()


def state(page: Page) -> Locator:
    return page.get_by_role("region", name="Progress")


def card(page: Page, label: str) -> Locator:
    return page.locator(".stat-card").filter(has=page.get_by_text(label, exact=True)).locator(".stat-value")


def rows(page: Page) -> Locator:
    return page.get_by_test_id("recipient-row")


def names(page: Page) -> list[str]:
    return page.locator(".recipient-name").all_inner_texts()


def total(page: Page) -> int:
    tab = page.get_by_role("tab", name=re.compile("^All"))
    expect(tab).to_have_text(re.compile(r"\(\d"))
    return int(re.sub(r"\D", "", tab.inner_text()))


@pytest.fixture
def large(signed_in_page: Page, product: Product, word: str) -> int:
    """A scheduled campaign of more recipients than a page holds."""
    campaign_id = make(product, word, category="Youth", at=LATER, channel="Email", subject=word)
    validate(product, campaign_id)
    return campaign_id


def test_the_list_leads_here_and_the_numbers_are_the_same(signed_in_page: Page, product: Product, word: str) -> None:
    page, campaign_id = signed_in_page, make(product, word)
    validate(product, campaign_id)
    open_details(page, product, campaign_id)
    expect(state(page)).to_contain_text("Done", timeout=60_000)
    expect(card(page, "Pending")).to_have_text("0", timeout=60_000)
    expect(page.get_by_test_id("processed")).to_have_text(re.compile(r"^Processed:(\d+) of \1$"))
    page.get_by_role("link", name="Back to Message Campaigns").click()
    expect(page).to_have_url(re.compile(f"{LIST}$"))
    bar = page.get_by_test_id("campaign-row").filter(has_text=word).get_by_role("progressbar")
    details = page.context.new_page()
    open_details(details, product, campaign_id)
    # What is delivered is told after what was sent: both pages follow, one a little before the other.
    steps.eventually(page, lambda: bar.get_attribute("aria-valuetext") == outcome(details), "the numbers are the same")


def outcome(page: Page) -> str:
    success, failed = re.findall(r"(\d+)%", page.get_by_test_id("outcome").inner_text())[:2]
    return f"{success}% sent successfully, {failed}% in error"


def test_the_page_follows_what_happens_elsewhere(signed_in_page: Page, product: Product, word: str) -> None:
    page, campaign_id = signed_in_page, make(product, word, at=LATER)
    validate(product, campaign_id)
    open_details(page, product, campaign_id)
    expect(state(page)).to_contain_text("Scheduled for")
    expect(card(page, "Pending")).not_to_have_text("0")
    waiting = int(card(page, "Pending").inner_text())
    processed, total = map(int, re.findall(r"\d+", page.get_by_test_id("processed").inner_text()))
    assert total - processed == waiting
    product.unisoft("campaign", "cancel", str(campaign_id))
    expect(state(page)).to_contain_text("Cancelled")
    expect(card(page, "Pending")).to_have_text("0")
    expect(page.get_by_role("button", name="Cancel sending")).to_have_count(0)


def test_a_run_is_paused_resumed_and_cancelled(signed_in_page: Page, product: Product, word: str) -> None:
    page, campaign_id = signed_in_page, make(product, word, at=LATER)
    validate(product, campaign_id)
    open_details(page, product, campaign_id)
    page.get_by_role("button", name="Pause").press("Enter")
    expect(page.get_by_text("No message leaves while the campaign is paused.")).to_be_visible()
    resume = page.get_by_role("button", name="Resume")
    expect(resume).to_be_focused()
    resume.press("Enter")
    expect(state(page)).to_contain_text("Scheduled for")
    cancel = page.get_by_role("button", name="Cancel sending")
    cancel.click()
    page.get_by_role("alertdialog").get_by_role("button", name="Keep sending").click()
    expect(page.get_by_role("alertdialog")).to_have_count(0)
    expect(cancel).to_be_focused()
    cancel.click()
    page.get_by_role("alertdialog").get_by_role("button", name="Cancel sending").click()
    expect(state(page)).to_contain_text("Cancelled")
    assert run_state(product, campaign_id) == "cancelled"


def test_a_scheduled_campaign_goes_back_to_draft(signed_in_page: Page, product: Product, word: str) -> None:
    page, campaign_id = signed_in_page, make(product, word, at=LATER)
    validate(product, campaign_id)
    open_details(page, product, campaign_id)
    page.get_by_role("button", name="Back to draft").click()
    expect(page.get_by_text("This campaign is a draft: nothing has been sent.")).to_be_visible()
    expect(rows(page)).to_have_count(0)
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_label("Title", exact=True)).to_have_value(word)


def test_pages_go_on_and_back_and_the_address_holds_the_place(
    signed_in_page: Page, product: Product, large: int
) -> None:
    page = signed_in_page
    open_details(page, product, large)
    expect(rows(page)).to_have_count(PAGE_SIZE)
    assert total(page) > PAGE_SIZE
    first = names(page)
    expect(page.get_by_role("button", name="Previous")).to_be_disabled()
    page.get_by_role("button", name="Next").click()
    expect(page).to_have_url(re.compile(r"&after=\d+$"))
    expect(page.get_by_role("button", name="Previous")).to_be_enabled()
    second = names(page)
    assert set(first).isdisjoint(second) or first != second
    page.reload()
    steps.eventually(page, lambda: names(page) == second, "the same page again")
    page.get_by_role("button", name="Previous").click()
    expect(page).to_have_url(re.compile(r"&before=\d+$"))
    expect(page.locator(".recipient-name").first).to_have_text(first[0].replace("\n", ""))
    page.go_back()
    expect(page).to_have_url(re.compile(r"&after=\d+$"))
    expect(page.locator(".recipient-name").first).to_have_text(second[0].replace("\n", ""))
    page.go_back()
    expect(page.get_by_role("button", name="Previous")).to_be_disabled()


def test_tabs_hold_what_they_count(signed_in_page: Page, product: Product, large: int) -> None:
    page = signed_in_page
    open_details(page, product, large)
    page.get_by_role("tab", name=re.compile("^Sent")).click()
    expect(page.get_by_text("No recipient here")).to_be_visible()
    page.get_by_role("tab", name=re.compile("^Pending")).click()
    expect(page).to_have_url(re.compile("&tab=pending$"))
    expect(rows(page).first).to_contain_text("Pending")
    counts = [int(re.sub(r"\D", "", text)) for text in page.get_by_role("tab").all_inner_texts()]
    assert counts[0] == sum(counts[1:])


def test_a_search_finds_names_and_addresses_and_leads_back(signed_in_page: Page, product: Product, large: int) -> None:
    page = signed_in_page
    open_details(page, product, large)
    expect(rows(page)).to_have_count(PAGE_SIZE)
    address = page.locator("td.cell-address").first.inner_text()
    page.get_by_label("Search a recipient").fill(address.upper())
    expect(rows(page)).to_have_count(1)
    expect(rows(page).first).to_contain_text(address)
    page.get_by_label("Search a recipient").fill("nobody at all")
    expect(page.get_by_text("No recipient matches “nobody at all”")).to_be_visible()
    page.get_by_role("button", name="Clear search").click()
    expect(rows(page)).to_have_count(PAGE_SIZE)
    expect(page.get_by_label("Search a recipient")).to_have_value("")


def test_failures_are_told_in_words_with_the_code_of_the_provider(signed_in_page: Page, product: Product) -> None:
    page = signed_in_page
    page.goto(f"{product.url}{LIST}?search=Anciens")
    halted = page.get_by_test_id("campaign-row").filter(has_text="Halted")
    expect(halted).to_have_count(1)
    halted.get_by_role("link", name="View send details").click()
    expect(page.get_by_text("Stopped: too many addresses were refused.")).to_be_visible()
    reasons = page.get_by_role("region", name="Failure reasons")
    expect(reasons).to_contain_text("Not a phone number")
    expect(reasons).to_contain_text("code 21211")
    page.get_by_role("tab", name=re.compile("^Failed")).click()
    expect(rows(page).first).to_contain_text("Failed")
    page.get_by_label("Search a recipient").fill("not a phone number")
    expect(rows(page).first).to_contain_text("code 21211")


def test_a_campaign_that_does_not_exist_leads_back(signed_in_page: Page, product: Product) -> None:
    page = signed_in_page
    for address in ("?id=999999", "?id=x", "", "?id=-1"):
        page.goto(f"{product.url}{DETAIL}{address}")
        expect(page.get_by_role("heading", name="This campaign was not found")).to_be_visible()
        page.get_by_role("main").get_by_role("link", name="Back to Message Campaigns").click()
        expect(page.get_by_test_id("campaign-row").first).to_be_visible()


def test_no_accessibility_rule_is_broken(signed_in_page: Page, product: Product, large: int) -> None:
    page = signed_in_page
    open_details(page, product, large)
    expect(rows(page).first).to_be_visible()
    assert broken_rules_by_day_and_night(page) == []
    page.get_by_role("tab", name=re.compile("^Sent")).click()
    expect(page.get_by_text("No recipient here")).to_be_visible()
    assert broken_rules_by_day_and_night(page) == []


def test_a_phone_shows_cards_that_fingers_hit(contexts: Contexts, product: Product, large: int) -> None:
    page = contexts.get(**PHONE).new_page()
    open_details(page, product, large)
    expect(rows(page).first).to_be_visible()
    for size in (PHONE, NARROW):
        page.set_viewport_size(size["viewport"])
        assert sideways_px(page) <= 0
        assert too_small_for_fingers(page) == []
        assert broken_rules_by_day_and_night(page) == []
    page.get_by_role("button", name="Pause").tap()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
