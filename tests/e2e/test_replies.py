"""What a contact answers, beside the list of recipients."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import uuid
from urllib.request import Request, urlopen

import pytest
from dotenv import dotenv_values
from playwright.sync_api import Locator, Page, expect

from backend.settings import running_environment_file
from tests.e2e.checks import broken_rules, sideways_px, too_small_for_fingers
from tests.e2e.conftest import Contexts, Product
from tests.e2e.steps import PHONE, make_draft

DETAIL = "/app/messages/detail"


@pytest.fixture
def address(product: Product) -> tuple[str, str]:
    """Where a recipient of a new campaign is shown, and the mobile it has."""
    campaign_id = make_draft(product, f"word{uuid.uuid4().hex[:10]}", category="Board", at="2036-01-07T10:00")
    product.unisoft("campaign", "validate", str(campaign_id), "--yes")
    asked = "SELECT id, address FROM recipient WHERE campaign_id = ? AND status = 'pending' ORDER BY id LIMIT 1"
    with contextlib.closing(sqlite3.connect(product.data_dir / "unisoft.db", timeout=30)) as database:
        recipient_id, mobile = database.execute(asked, [campaign_id]).fetchone()
    return f"{product.url}{DETAIL}?id={campaign_id}&recipient={recipient_id}", mobile


def answer(product: Product, mobile: str, body: str, **values: str | bool) -> None:
    """From the pretend phone."""
    origin = dotenv_values(running_environment_file(product.data_dir))["TWILIO_API_URL"]
    told = json.dumps({"from": mobile, "body": body, **values}).encode()
    with urlopen(Request(f"{origin}/simulator/inbound", told, {"Content-Type": "application/json"}), timeout=60) as met:
        assert json.load(met)["status"] in {200, 204}


def replies(page: Page) -> Locator:
    return page.get_by_role("dialog").get_by_test_id("reply")


def test_replies_come_while_one_looks(signed_in_page: Page, product: Product, address: tuple[str, str]) -> None:
    page, (place, mobile) = signed_in_page, address
    page.goto(place)
    expect(page.get_by_role("dialog").get_by_role("heading", name="Replies")).to_be_visible()
    before = replies(page).count()
    answer(product, mobile, "מתי מתחילים?", medium="whatsapp", through="gateway")
    expect(replies(page)).to_have_count(before + 1)
    expect(replies(page).first).to_contain_text("WhatsApp")
    question = replies(page).first.get_by_text("מתי מתחילים?")
    expect(question).to_have_css("direction", "rtl")
    answer(product, mobile, "Arrêt", medium="whatsapp", through="gateway", hidden=True)
    expect(replies(page).first).to_contain_text("Asked to stop")
    answer(product, mobile, "Reprendre", medium="whatsapp")
    expect(replies(page).first).to_contain_text("Asked to receive again")
    expect(replies(page)).to_have_count(before + 3)
    assert broken_rules(page) == []


def test_a_phone_shows_long_replies(contexts: Contexts, product: Product, address: tuple[str, str]) -> None:
    page, (place, mobile) = contexts.get(**PHONE, color_scheme="dark").new_page(), address
    answer(product, mobile, "x" * 300 + "\nà demain")
    page.goto(place)
    expect(replies(page).first).to_contain_text("à demain")
    replies(page).first.scroll_into_view_if_needed()
    assert sideways_px(page) <= 0
    assert page.locator(".drawer-body").evaluate("it => it.scrollWidth - it.clientWidth") <= 0
    assert too_small_for_fingers(page) == []
    assert broken_rules(page) == []
