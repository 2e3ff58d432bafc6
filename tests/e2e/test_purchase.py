"""Credits bought with the pretend card, and everything that is no purchase."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import uuid
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.checks import broken_rules, broken_rules_by_day_and_night, sideways_px, too_small_for_fingers
from tests.e2e.conftest import Contexts, Product, sign_in
from tests.e2e.steps import PHONE
from tests.e2e.test_credit_window import open_movements, open_window

CAMPAIGNS = "/app/messages/campagnes"


def open_checkout(page: Page, product: Product, pack: str = "500 SMS") -> None:
    """Choose a pack in the window and go to its card page."""
    page.goto(product.url + CAMPAIGNS)
    dialog = open_window(page)
    choose(dialog, pack)
    dialog.get_by_role("button", name=f"Buy {pack}").click()
    expect(page.get_by_role("heading", name="Simulated payment")).to_be_visible()


def choose(dialog: Locator, pack: str) -> None:
    dialog.get_by_role("radio", name=re.compile(f"^(Most chosen)?{pack}")).check()
    expect(dialog.get_by_role("button", name=f"Buy {pack}")).to_be_enabled()


def entered(page: Page) -> Locator:
    """The movements of the order that the page is about."""
    [reference] = re.findall(r"order=([\w-]+)", page.url)
    page.goto(page.url)
    return open_movements(open_window(page)).get_by_role("row").filter(has_text=reference)


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desktop", "phone"])
def test_what_is_paid_is_added_and_shown_as_it_comes(
    contexts: Contexts, product: Product, screen: dict[str, Any]
) -> None:
    page = contexts.get(**screen).new_page()
    open_checkout(page, product)
    page.get_by_role("button", name="Pay, and report it five seconds late").click()
    expect(page.get_by_role("heading", name="Payment received")).to_be_visible()
    expect(page.get_by_role("heading", name="500 SMS were added")).to_be_visible()
    assert broken_rules(page) == []
    assert sideways_px(page) <= 0
    with page.expect_download() as receipt:
        page.get_by_role("link", name="Download the receipt").click()
    assert receipt.value.path().read_bytes().startswith(b"%PDF-")
    expect(entered(page)).to_have_count(1)


def test_a_card_that_is_declined_and_a_buyer_who_comes_back(signed_in_page: Page, product: Product) -> None:
    page = signed_in_page
    open_checkout(page, product)
    page.get_by_label("Card number").fill("4000 0000 0000 0002")
    page.get_by_role("button", name="Pay", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("declined")
    page.get_by_role("button", name="Back without paying").click()
    expect(page.get_by_role("heading", name="Not paid")).to_be_visible()
    page.get_by_role("button", name="Continue to payment").click()
    expect(page.get_by_label("Card number")).to_be_visible()
    page.get_by_role("button", name="Pay, and report it twice").click()
    expect(page.get_by_role("heading", name="500 SMS were added")).to_be_visible()
    expect(entered(page)).to_have_count(1)


def test_packs_are_chosen_by_keyboard_and_a_text_is_counted(signed_in_page: Page, product: Product) -> None:
    page = signed_in_page
    page.goto(product.url + CAMPAIGNS)
    dialog = open_window(page)
    sums = dialog.get_by_test_id("pack-sums")
    expect(sums).to_contain_text("€74.40")
    dialog.get_by_role("radio", checked=True).focus()
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("button", name="Buy 5,000 SMS")).to_be_visible()
    expect(sums).to_contain_text("€324.00")
    dialog.get_by_label("How many parts is your text?").fill("שלום " * 20)
    expect(dialog.get_by_text("2 parts (UCS-2, 100 characters)")).to_be_visible()


@pytest.fixture(scope="module")
def viewer_state(browser: Browser, product: Product) -> Any:
    """The cookies of a user who may only look at campaigns."""
    email = f"{uuid.uuid4().hex[:8]}@example.org"
    told = product.unisoft("user", "create", "--email", email, "--role", "secondary")
    with contextlib.closing(sqlite3.connect(product.data_dir / "unisoft.db", timeout=30)) as database, database:
        (user_id,) = database.execute("SELECT id FROM user_account WHERE email = ?", [email]).fetchone()
        database.execute("INSERT INTO user_right (user_id, right) VALUES (?, 'campaigns.view')", [user_id])
    context = browser.new_context()
    sign_in(context.new_page(), product, email=email, password=told.rpartition(" ")[2])
    state = context.storage_state()
    context.close()
    return state


def test_who_may_not_buy_sees_the_balance_and_no_button(
    browser: Browser, viewer_state: Any, browser_context_args: dict[str, Any], product: Product
) -> None:
    context = browser.new_context(**browser_context_args, storage_state=viewer_state)
    page = context.new_page()
    page.goto(product.url + CAMPAIGNS)
    dialog = open_window(page)
    expect(dialog.get_by_test_id("window-available")).to_be_visible()
    expect(dialog.get_by_text("Ask an administrator")).to_be_visible()
    expect(dialog.get_by_role("button", name=re.compile("^Buy"))).to_have_count(0)
    expect(dialog.get_by_role("button", name="Recent movements")).to_have_count(0)
    context.close()


def test_the_ledger_is_filtered_exported_and_adjusted(signed_in_page: Page, product: Product) -> None:
    page = signed_in_page
    page.goto(product.url + CAMPAIGNS)
    dialog = open_window(page)
    open_movements(dialog)
    dialog.get_by_role("link", name="Full ledger").click()
    lines = page.get_by_test_id("ledger-row")
    expect(lines.filter(has_text="Reserved").first).to_be_visible()
    page.get_by_label("Movement", exact=True).select_option("purchase")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(re.compile("kind=purchase"))
    expect(lines.filter(has_text="Reserved")).to_have_count(0)
    with page.expect_download() as exported:
        page.get_by_role("link", name="Export CSV").click()
    assert ",purchase," in exported.value.path().read_text(encoding="utf-8")
    page.get_by_role("link", name="Show all").click()
    expect(lines.filter(has_text="Reserved").first).to_be_visible()
    reason = f"Bank transfer {uuid.uuid4().hex[:8]}"
    page.get_by_role("button", name="Adjust", exact=True).click()
    form = page.get_by_role("dialog", name="Adjust the SMS credit")
    form.get_by_label("Number of SMS").fill("25")
    form.get_by_role("button", name="Adjust the credit").click()
    expect(form.get_by_text("Say why")).to_be_visible()
    form.get_by_label("Reason").fill(reason)
    form.get_by_role("button", name="Adjust the credit").click()
    expect(form).to_be_hidden()
    expect(lines.filter(has_text=reason)).to_contain_text("+25")


def test_the_ledger_breaks_no_accessibility_rule(contexts: Contexts, product: Product) -> None:
    page = contexts.get(**PHONE).new_page()
    page.goto(f"{product.url}/app/settings/credits")
    expect(page.get_by_test_id("ledger-row").first).to_be_visible()
    assert broken_rules_by_day_and_night(page) == []
    assert sideways_px(page) <= 0
    assert too_small_for_fingers(page) == []
