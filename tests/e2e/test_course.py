"""How a run goes, on the page of its campaign: chart, clicks, and what can be done with it."""

from __future__ import annotations

import re
import sqlite3
import uuid
from contextlib import closing
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from backend.domain.additional_content import short_url
from backend.domain.short_links import ItemKind, ShortLink, code_of
from tests.e2e import steps
from tests.e2e.checks import broken_rules_by_day_and_night, sideways_px, too_small_for_fingers
from tests.e2e.conftest import Contexts, Product
from tests.e2e.steps import LIST, PHONE

DETAIL = "/app/messages/detail"


@dataclass(frozen=True)
class Linked:
    """A campaign of the demonstration with a link, and the short link of a recipient who has not clicked."""

    campaign_id: int
    short_url: str


@pytest.fixture
def with_link(product: Product) -> Linked:
    wanted = """SELECT campaign.id, campaign_link.id, recipient.id FROM campaign
        JOIN campaign_link ON campaign_link.campaign_id = campaign.id
        JOIN recipient ON recipient.campaign_id = campaign.id
        WHERE campaign.title = 'Fin du jeûne, horaires' AND recipient.status = 'delivered' AND recipient.clicks = 0
        ORDER BY recipient.id LIMIT 1"""
    with closing(sqlite3.connect(f"file:{product.data_dir}/unisoft.db?mode=ro", uri=True)) as data:
        campaign_id, link_id, recipient_id = data.execute(wanted).fetchone()
    key = (product.data_dir / "secret_key").read_text().strip()
    return Linked(campaign_id, short_url(product.url, code_of(ShortLink(ItemKind.LINK, link_id, recipient_id), key)))


@pytest.fixture
def scheduled(product: Product) -> int:
    return steps.make_scheduled(product, f"word{uuid.uuid4().hex[:10]}")


def open_details(page: Page, product: Product, campaign_id: int) -> None:
    page.goto(f"{product.url}{DETAIL}?id={campaign_id}")
    # A tab that showed another campaign shows it for a moment more.
    expect(page.locator(f".details-menu[id$='-{campaign_id}']")).to_be_visible()
    expect(page.get_by_role("region", name="Progress")).to_be_visible()
    expect(page.get_by_test_id("sms-credit")).to_be_visible()


def card(page: Page, label: str) -> Locator:
    return page.locator(".stat-card").filter(has=page.get_by_text(label, exact=True)).locator(".stat-value")


def choose(page: Page, label: str) -> None:
    """An act from the menu of the bar."""
    page.locator(".details-menu").click()
    item = page.get_by_role("menuitem", name=label)
    expect(item).to_be_visible()
    item.click()
    expect(item).to_have_count(0)


def test_the_chart_is_drawn_and_told_and_a_click_moves_its_card_at_once(
    signed_in_page: Page, product: Product, with_link: Linked
) -> None:
    page = signed_in_page
    open_details(page, product, with_link.campaign_id)
    timeline = page.get_by_role("region", name="Timeline")
    expect(timeline.get_by_test_id("timeline-summary")).to_contain_text("sent, of which")
    expect(timeline.locator("svg.recharts-surface")).to_be_visible()
    expect(page.get_by_role("region", name="Outcome per medium")).to_contain_text("WhatsApp")
    before = int(card(page, "Clicked").inner_text())
    links = page.get_by_role("region", name="Clicks per link")
    expect(links).to_contain_text("Horaires")
    for agent in ("WhatsApp/2.23", "Mozilla/5.0 (iPhone)"):
        answer = page.request.get(with_link.short_url, max_redirects=0, headers={"user-agent": agent})
        assert answer.status == 302
    expect(card(page, "Clicked")).to_have_text(str(before + 1))
    expect(links.locator("li").first).to_contain_text(re.compile(rf"{before + 1} (person|people)"))
    assert broken_rules_by_day_and_night(page) == []


def test_a_campaign_is_duplicated_and_deleted_from_its_own_page(
    signed_in_page: Page, product: Product, scheduled: int
) -> None:
    page = signed_in_page
    open_details(page, product, scheduled)
    title = page.get_by_role("heading", level=1).inner_text()
    choose(page, "Duplicate")
    expect(page.get_by_text("Copied as a new draft. Nothing is sent yet.")).to_be_visible()
    choose(page, "Delete")
    dialog = page.get_by_role("alertdialog")
    expect(dialog.get_by_role("button", name="Delete")).to_be_enabled()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("button", name="View trash")).to_be_visible()
    expect(page).to_have_url(re.compile(f"{LIST}$"))
    page.goto(f"{product.url}{LIST}?search={title}")
    expect(steps.rows(page)).to_have_count(1)
    expect(steps.rows(page)).to_contain_text("Draft")


def test_cancelling_says_what_it_stops(signed_in_page: Page, product: Product, scheduled: int) -> None:
    page = signed_in_page
    open_details(page, product, scheduled)
    waiting = card(page, "Pending").inner_text()
    page.get_by_role("button", name="Cancel sending").click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text(f"{waiting} will be stopped, and their credit is released.")
    dialog.get_by_role("button", name="Keep sending").click()
    expect(dialog).to_have_count(0)


def test_a_phone_holds_the_rest_in_a_menu(
    contexts: Contexts, product: Product, with_link: Linked, scheduled: int
) -> None:
    page = contexts.get(**PHONE).new_page()
    open_details(page, product, with_link.campaign_id)
    expect(page.get_by_role("region", name="Timeline").locator("svg.recharts-surface")).to_be_visible()
    assert sideways_px(page) <= 0
    assert too_small_for_fingers(page) == []
    open_details(page, product, scheduled)
    expect(page.get_by_role("button", name="Cancel sending")).to_have_count(0)
    choose(page, "Cancel sending")
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("will be stopped")
    dialog.get_by_role("button", name="Cancel sending").tap()
    expect(page.get_by_role("region", name="Progress")).to_contain_text("Cancelled")
