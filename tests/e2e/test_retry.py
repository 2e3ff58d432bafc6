"""Retrying, settling lost answers and correcting an address, as a user meets them."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.checks import broken_rules, sideways_px, too_small_for_fingers
from tests.e2e.conftest import Product
from tests.e2e.steps import PHONE
from tests.e2e.test_details import LIST, card, make, open_details, rows, state, validate, word

__all__ = ["word"]

_OUT_OF_REACH, _NOT_IN_SERVICE, _NEVER_LEFT, _REACHED = "0009", "0002", "0011", "4321"  # for the simulator

SendTo = Callable[[str], int]


@pytest.fixture
def send_to(product: Product, word: str, tmp_path: Path) -> SendTo:
    """Send a campaign to new people whose numbers end so; gives its id."""

    def send(*endings: str) -> int:
        file = tmp_path / "people.csv"
        lines = [f"Noa,{word}{i},{_number(ending)},{word}" for i, ending in enumerate(endings)]
        file.write_text("\n".join(["first name,last name,mobile,category", *lines]))
        product.unisoft("contacts", "import", str(file))
        campaign_id = make(product, word, category=word)
        validate(product, campaign_id)
        return campaign_id

    return send


def _number(ending: str) -> str:
    return f"+3361{random.randint(0, 999):03d}{ending}"


def dialog(page: Page) -> Locator:
    return page.get_by_role("alertdialog")


def retry(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^Retry failed"))


def test_failed_recipients_are_tried_again(signed_in_page: Page, product: Product, send_to: Any) -> None:
    page, campaign_id = signed_in_page, send_to(_OUT_OF_REACH, _NOT_IN_SERVICE, _REACHED)
    open_details(page, product, campaign_id)
    expect(card(page, "Failed")).to_have_text("2")
    expect(retry(page)).to_have_text("Retry failed (1)")
    retry(page).click()
    plan = dialog(page).get_by_test_id("retry-plan")
    expect(plan).to_contain_text("Tried again")
    expect(plan).to_contain_text("correct the contact first")
    assert broken_rules(page) == []
    dialog(page).get_by_role("button", name="Back").click()
    expect(dialog(page)).to_have_count(0)
    expect(retry(page)).to_be_focused()
    retry(page).click()
    dialog(page).get_by_role("button", name="Retry (1)").click()
    expect(page.get_by_text("1 recipient is tried again.")).to_be_visible()
    expect(dialog(page)).to_have_count(0)
    expect(state(page)).to_contain_text("Done")
    expect(card(page, "Failed")).to_have_text("2")
    expect(card(page, "Sent")).to_have_text("1")
    # It failed again, and was charged again: the first time, the second, and the one that arrived.
    expect(card(page, "SMS credits")).to_have_text("4")
    assert "The ledger adds up" in product.unisoft("credits", "audit")


def test_what_the_provider_did_not_bill_is_given_back(signed_in_page: Page, product: Product, send_to: Any) -> None:
    page, campaign_id = signed_in_page, send_to(_NEVER_LEFT, _OUT_OF_REACH, _REACHED)
    open_details(page, product, campaign_id)
    expect(page.get_by_text("spent, 1 given back")).to_be_visible()  # by itself, while the page is open
    expect(card(page, "SMS credits")).to_have_text("2")
    page.goto(f"{product.url}/app/settings/credits?kind=refund&campaign={campaign_id}")
    expect(page.get_by_test_id("ledger-row")).to_have_count(1)
    expect(page.get_by_test_id("ledger-row")).to_contain_text("Given back")
    assert "The ledger adds up" in product.unisoft("credits", "audit")


def test_nothing_to_retry_shows_no_button(signed_in_page: Page, product: Product, send_to: Any) -> None:
    page, campaign_id = signed_in_page, send_to(_NOT_IN_SERVICE)
    open_details(page, product, campaign_id)
    expect(card(page, "Failed")).to_have_text("1")
    expect(rows(page).first).to_contain_text("Failed")
    expect(retry(page)).to_have_count(0)


def test_lost_answers_are_asked_about_and_settled(signed_in_page: Page, product: Product) -> None:
    page = signed_in_page
    page.goto(f"{product.url}{LIST}?search=exceptionally")
    page.get_by_test_id("campaign-row").first.get_by_role("link", name="View send details").click()
    panel = page.get_by_role("region", name="Needs attention")
    expect(panel).to_contain_text("the answer was lost")
    assert broken_rules(page) == []
    panel.get_by_role("button", name="Ask the provider again").click()
    expect(page.get_by_text(re.compile("The provider is asked about"))).to_be_visible()
    panel.get_by_role("button", name="Send again").click()
    expect(dialog(page)).to_contain_text("gets it twice")
    expect(dialog(page).get_by_test_id("retry-plan")).to_be_visible()
    dialog(page).get_by_role("button", name="Back").click()
    expect(dialog(page)).to_have_count(0)
    panel.get_by_role("button", name="Assume delivered").click()
    expect(dialog(page)).to_contain_text("Assume that these messages were delivered?")
    dialog(page).get_by_role("button", name="Assume delivered").click()
    expect(page.get_by_text("messages count as delivered.")).to_be_visible()
    expect(panel).to_have_count(0)
    assert "The ledger adds up" in product.unisoft("credits", "audit")


def test_an_address_is_corrected_and_tried(signed_in_page: Page, product: Product, send_to: Any) -> None:
    page, campaign_id = signed_in_page, send_to(_NOT_IN_SERVICE)
    open_details(page, product, campaign_id)
    expect(card(page, "Failed")).to_have_text("1")
    rows(page).first.get_by_role("button").first.click()
    acts = page.get_by_test_id("recipient-actions")
    expect(acts).to_contain_text("correct the contact first")
    expect(acts.get_by_role("button", name="Retry")).to_have_count(0)
    assert broken_rules(page) == []
    acts.get_by_role("button", name="Edit contact").click()
    form = page.get_by_role("dialog", name="Correct the contact's addresses")
    mobile = form.get_by_label("Mobile")
    expect(mobile).to_have_value(re.compile(f"{_NOT_IN_SERVICE}$"))
    mobile.fill("01 42 68 53 00")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_text("This is a landline: no SMS reaches it.")).to_be_visible()
    assert broken_rules(page) == []
    mobile.fill(_number(_REACHED))
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The contact is corrected.")).to_be_visible()
    expect(form).to_have_count(0)
    acts.get_by_role("button", name="Retry").click()
    dialog(page).get_by_role("button", name="Retry (1)").click()
    expect(dialog(page)).to_have_count(0)
    expect(page.get_by_role("dialog").get_by_text("Delivered").first).to_be_visible()
    expect(acts).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_retries_from_below(
    browser: Browser, signed_in_state: Any, product: Product, send_to: Any, scheme: Any
) -> None:
    campaign_id = send_to(_OUT_OF_REACH)
    context = browser.new_context(**PHONE, color_scheme=scheme, storage_state=signed_in_state, reduced_motion="reduce")
    page = context.new_page()
    open_details(page, product, campaign_id)
    expect(retry(page)).to_be_visible()
    assert sideways_px(page) <= 0
    assert too_small_for_fingers(page) == []
    retry(page).tap()
    expect(dialog(page).get_by_test_id("retry-plan")).to_be_visible()
    assert sideways_px(page) <= 0
    assert broken_rules(page) == []
    context.close()
