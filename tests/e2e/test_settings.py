"""The settings: how they are found, and how WhatsApp stands, in every tab."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.e2e.checks import broken_rules_by_day_and_night, sideways_px, too_small_for_fingers
from tests.e2e.conftest import Contexts, Product
from tests.e2e.test_pairing import MOVE_WITHIN_MS, Phone, phone, window

__all__ = ["phone"]

WHATSAPP = "/app/settings/whatsapp"
NUMBER = "+33 1 42 00 18 36"


def test_whatsapp_is_disconnected_and_connected_again_in_every_tab(
    signed_in_page: Page, contexts: Contexts, product: Product, phone: Phone
) -> None:
    phone.connect()
    page, narrow = signed_in_page, contexts.get(**steps.NARROW).new_page()
    page.goto(product.url + steps.LIST)
    page.get_by_role("navigation", name="Settings").get_by_role("link", name="Settings").click()
    expect(page.get_by_role("heading", name="SMS credits")).to_be_visible()
    assert broken_rules_by_day_and_night(page) == []
    page.get_by_role("main").get_by_role("link", name="WhatsApp").click()
    state = page.get_by_test_id("whatsapp-state")
    expect(state).to_have_text("Connected", timeout=MOVE_WITHIN_MS)
    expect(page.get_by_text(NUMBER)).to_be_visible()
    expect(page.get_by_text("WhatsApp may ban the number")).to_be_visible()
    expect(page.get_by_test_id("whatsapp-care")).to_contain_text("Most a day")
    expect(page.get_by_test_id("whatsapp-care")).to_contain_text(re.compile(r"\d messages? sent today"))
    narrow.goto(product.url + steps.LIST + "/new")
    narrow.locator("input[name=channel][value=whatsapp]").check()
    expect(narrow.get_by_text(f"Connected as {NUMBER}")).to_have_count(1)
    expect(narrow.get_by_test_id("whatsapp-not-connected")).to_have_count(0)

    page.get_by_role("button", name="Disconnect").click()
    question = page.get_by_role("alertdialog", name="Disconnect WhatsApp")
    expect(question.get_by_role("button", name="Keep connected")).to_be_focused()
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    expect(page.get_by_role("button", name="Disconnect")).to_be_focused()
    page.get_by_role("button", name="Disconnect").click()
    question.get_by_role("button", name="Disconnect").click()
    expect(state).to_have_text("Not connected", timeout=MOVE_WITHIN_MS)
    expect(page.get_by_text(NUMBER)).to_have_count(0)

    told = narrow.get_by_test_id("whatsapp-not-connected")
    expect(told).to_be_visible()
    expect(narrow.locator("label").filter(has_text="Not connected: its messages wait.")).to_have_count(3)
    told.get_by_role("button", name="Connect WhatsApp").click()
    expect(window(narrow).get_by_role("img", name="QR code")).to_be_visible(timeout=MOVE_WITHIN_MS)
    phone.do("scan")
    expect(window(narrow).get_by_role("heading", name="WhatsApp is connected")).to_be_visible(timeout=MOVE_WITHIN_MS)
    expect(told).to_have_count(0)
    expect(state).to_have_text("Connected", timeout=MOVE_WITHIN_MS)
    expect(page.get_by_text(NUMBER)).to_be_visible()


def test_on_a_phone_the_settings_are_in_the_account(contexts: Contexts, product: Product, phone: Phone) -> None:
    page = contexts.get(**steps.NARROW).new_page()
    page.goto(product.url + steps.LIST)
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("dialog", name="Your account").get_by_role("link", name="Settings").click()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    assert (sideways_px(page) <= 0, too_small_for_fingers(page)) == (True, [])
    page.get_by_role("main").get_by_role("link", name="WhatsApp").click()
    expect(page).to_have_url(re.compile(re.escape(WHATSAPP)))
    expect(page.get_by_test_id("whatsapp-state")).to_have_text("Not connected", timeout=MOVE_WITHIN_MS)
    expect(page.get_by_role("button", name="Connect WhatsApp")).to_be_visible()
    assert (sideways_px(page) <= 0, too_small_for_fingers(page)) == (True, [])
    assert broken_rules_by_day_and_night(page) == []


def test_who_neither_sends_nor_edits_settings_finds_none(viewer: Page, product: Product) -> None:
    viewer.goto(product.url + WHATSAPP)
    expect(viewer.get_by_role("alert").filter(has_text="You do not have the right")).to_be_visible()
    expect(viewer.get_by_test_id("whatsapp-state")).to_have_count(0)
    expect(viewer.get_by_role("button", name="Your account")).to_contain_text("Vera")
    expect(viewer.get_by_role("link", name="Settings", exact=True)).to_have_count(0)
