"""What the buttons and the menu of a row do."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import uuid

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e import steps
from tests.e2e.conftest import Product
from tests.e2e.steps import LIST, choose, row, rows, search


@pytest.fixture
def page(signed_in_page: Page, product: Product) -> Page:
    signed_in_page.goto(product.url + LIST)
    expect(rows(signed_in_page).first).to_be_visible()
    return signed_in_page


@pytest.fixture
def word() -> str:
    return f"word{uuid.uuid4().hex[:10]}"


class Updates:
    """What the server tells a page, held back while a test wants it to know nothing. Made before the page loads."""

    def __init__(self, page: Page) -> None:
        self._held: list[tuple[WebSocketRoute, str | bytes]] | None = None
        page.route_web_socket(re.compile("/_event"), self._connect)

    def hold(self) -> None:
        self._held = []

    def release(self) -> None:
        held, self._held = self._held or [], None
        for socket, message in held:
            socket.send(message)

    def _connect(self, socket: WebSocketRoute) -> None:
        socket.connect_to_server().on_message(lambda message: self._pass_on(socket, message))

    def _pass_on(self, socket: WebSocketRoute, message: str | bytes) -> None:
        if self._held is None:
            socket.send(message)
        else:
            self._held.append((socket, message))


def change_behind_its_back(product: Product, statement: str, *values: object) -> None:
    """Write into the database without telling anybody, as between two signals."""
    with contextlib.closing(sqlite3.connect(product.data_dir / "unisoft.db", timeout=30)) as database, database:
        database.execute(statement, values)


def test_a_validated_campaign_leads_to_its_details(page: Page, product: Product, word: str) -> None:
    campaign_id = steps.make_scheduled(product, word)
    search(page, word)
    link = row(page, word).get_by_role("link", name="View send details")
    expect(link).to_have_attribute("href", f"/app/messages/detail?id={campaign_id}")
    expect(row(page, word).get_by_role("link", name="Edit")).to_have_count(0)


def test_a_draft_has_no_details(page: Page, product: Product, word: str) -> None:
    steps.make_draft(product, word)
    search(page, word)
    expect(row(page, word).get_by_role("link", name="Edit")).to_be_visible()
    expect(row(page, word).get_by_role("link", name="View send details")).to_have_count(0)
    row(page, word).get_by_role("button", name="More actions").click()
    expect(page.get_by_role("menuitem").first).to_be_visible()
    expect(page.get_by_role("menuitem")).to_have_text(["Duplicate", "Delete"])


def test_a_copy_is_a_draft_and_can_be_edited_at_once(page: Page, product: Product, word: str) -> None:
    campaign_id = steps.make_scheduled(product, word)
    search(page, word)
    choose(page, word, "Duplicate")
    expect(rows(page)).to_have_count(2)
    expect(row(page, f"Copy of {word}").get_by_role("button", name="Validate and send")).to_be_visible()
    page.get_by_role("button", name="Edit", exact=True).click()
    expect(page.get_by_label("Title", exact=True)).to_have_value(f"Copy of {word}")
    assert steps.status(product, campaign_id)["run_state"] == "scheduled"


def test_a_scheduled_campaign_goes_back_to_draft(page: Page, product: Product, word: str) -> None:
    campaign_id = steps.make_scheduled(product, word)
    search(page, word)
    choose(page, word, "Back to draft")
    expect(page.get_by_text("Back to draft: nothing is sent, and its credit is released.")).to_be_visible()
    expect(row(page, word).get_by_role("link", name="Edit")).to_be_visible()
    assert steps.status(product, campaign_id)["status"] == "INIT"


def test_the_menu_deletes_its_row_only_and_gets_the_focus_back(page: Page, product: Product, word: str) -> None:
    steps.make_drafts(product, f"{word} first", f"{word} second")
    search(page, word)
    expect(rows(page)).to_have_count(2)
    steps.tick(page, "first")
    choose(page, "second", "Delete")
    dialog = page.get_by_role("alertdialog")
    expect(dialog.get_by_role("heading", name="Delete 1 campaign")).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    expect(row(page, "second").get_by_role("button", name="More actions")).to_be_focused()
    expect(row(page, "first").get_by_role("checkbox")).to_be_checked()
    choose(page, "second", "Delete")
    dialog.get_by_role("button", name="Delete").click()
    expect(row(page, "second")).to_have_count(0)
    expect(page.get_by_role("button", name="Delete (1)")).to_be_visible()
    expect(row(page, "first").get_by_role("checkbox")).to_be_checked()


def test_the_menu_is_used_by_keyboard(page: Page, product: Product, word: str) -> None:
    steps.make_draft(product, word)
    search(page, word)
    row(page, word).get_by_role("button", name="More actions").press("Enter")
    expect(page.get_by_role("menuitem", name="Duplicate")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Delete")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alertdialog", name="Delete 1 campaign")).to_be_visible()


def test_what_somebody_else_did_is_said_and_shown(page: Page, product: Product, word: str) -> None:
    campaign_id = steps.make_scheduled(product, word)
    updates = Updates(page)
    page.goto(f"{product.url}{LIST}?search={word}")
    expect(row(page, word).get_by_test_id("run-note")).to_have_text(re.compile("^Scheduled"))
    updates.hold()
    change_behind_its_back(product, "UPDATE campaign SET run_state = 'done' WHERE id = ?", campaign_id)
    choose(page, word, "Pause")
    updates.release()
    expect(page.get_by_text("This campaign has ended, or it has not begun: nothing was changed.")).to_be_visible()
    expect(row(page, word).get_by_test_id("run-note")).to_have_count(0)


def test_what_somebody_else_deleted_is_said_and_leaves_the_list(page: Page, product: Product, word: str) -> None:
    campaign_id = steps.make_draft(product, word)
    updates = Updates(page)
    page.goto(f"{product.url}{LIST}?search={word}")
    expect(row(page, word)).to_be_visible()
    updates.hold()
    change_behind_its_back(product, "UPDATE campaign SET deleted_at = created_at WHERE id = ?", campaign_id)
    choose(page, word, "Duplicate")
    updates.release()
    expect(page.get_by_text("This no longer exists. It may have been deleted meanwhile.")).to_be_visible()
    expect(row(page, word)).to_have_count(0)
