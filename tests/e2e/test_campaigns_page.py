"""The list of campaigns and the form that makes one, as a user meets them."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.checks import broken_rules_by_day_and_night
from tests.e2e.conftest import Contexts, Product
from tests.e2e.steps import LIST, PHONE, SEARCH, choose, make_draft, row, rows, search, status

COLUMNS = ("Date", "Channel", "Targets", "Deliverability", "Categories", "Preview", "Attachments", "Actions")
# A text of its own words in each test, so that tests find what they made.


@pytest.fixture
def page(signed_in_page: Page, product: Product) -> Page:
    signed_in_page.goto(product.url + LIST)
    expect(rows(signed_in_page).first).to_be_visible()
    return signed_in_page


@pytest.fixture
def word() -> str:
    return f"word{uuid.uuid4().hex[:10]}"


def id_in(link: Locator) -> int:
    return int((link.get_attribute("href") or "").rpartition("=")[2])


def fill_form(page: Page, title: str, text: str) -> None:
    page.get_by_label("Title", exact=True).fill(title)
    page.get_by_role("radio", name="SMS", exact=True).check()
    expect(page.get_by_test_id("step-summary-1")).to_have_text("SMS")
    page.get_by_role("combobox", name="Categories").fill("youth")
    page.get_by_role("option", name="Youth").click()
    expect(page.get_by_role("button", name="Remove Youth")).to_be_attached()
    expect(page.locator("#campaign-form").get_by_role("option")).to_have_count(0)
    if not page.get_by_label("SMS text").is_visible():
        open_part(page, "Message")
    page.get_by_label("SMS text").fill(text)


def open_part(page: Page, title: str) -> None:
    """A part of the form that is closed."""
    page.locator("summary").filter(has_text=title).click()


def test_every_column_is_there(page: Page) -> None:
    for name in COLUMNS:
        expect(page.get_by_role("columnheader", name=name)).to_be_visible()
    expect(page).to_have_title(re.compile("^Message Campaigns"))
    expect(rows(page)).to_have_count(10)
    expect(page.get_by_text(re.compile(r"^1–10 of \d+$"))).to_be_visible()


def test_the_address_holds_the_place(page: Page) -> None:
    page.get_by_role("tab", name=re.compile("^Validated")).click()
    expect(page).to_have_url(re.compile(r"\?tab=validated$"))
    expect(rows(page).get_by_role("button", name="Validate and send")).to_have_count(0)
    page.get_by_role("button", name="Targets").click()
    expect(page.get_by_role("columnheader", name="Targets")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("button", name="Next page").click()
    expect(page.get_by_text(re.compile("^11–"))).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?tab=validated&sort=targets&page=2$"))
    page.reload()
    expect(page.get_by_text(re.compile("^11–"))).to_be_visible()
    expect(page.get_by_role("tab", name=re.compile("^Validated"))).to_have_attribute("aria-selected", "true")
    page.go_back()
    expect(page.get_by_text(re.compile("^1–10"))).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile(r"\?tab=validated$"))
    expect(page.get_by_role("columnheader", name="Targets")).to_have_attribute("aria-sort", "none")
    page.go_back()
    expect(page.get_by_role("tab", name=re.compile("^All"))).to_have_attribute("aria-selected", "true")


def test_search_follows_the_typing_and_the_back_button(page: Page, product: Product, word: str) -> None:
    make_draft(product, f"Fête {word}")
    search(page, f"FETE {word}")
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_role("tab", name="All (1)")).to_be_visible()
    expect(page.get_by_role("tab", name="Draft (1)")).to_be_visible()
    expect(page.get_by_role("tab", name="Validated (0)")).to_be_visible()
    page.go_back()
    expect(rows(page)).to_have_count(10)
    expect(page.get_by_label(SEARCH)).to_have_value("")


def test_words_still_in_the_air_do_not_pull_back_from_another_page(page: Page, product: Product, word: str) -> None:
    make_draft(product, word)
    edit, title = row(page, word).get_by_role("link", name="Edit"), page.get_by_label("Title", exact=True)
    expect(edit).to_be_visible()
    page.clock.install()
    page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=10))  # the words leave the page when time goes on
    page.get_by_label(SEARCH).fill(word[:6])
    edit.click()
    expect(title).to_have_value(word)
    page.clock.resume()
    page.clock.fast_forward(1_000)
    title.press("End")
    title.press_sequentially(" and on the ground", delay=40)
    expect(title).to_have_value(f"{word} and on the ground")
    expect(page).to_have_url(re.compile("/edit"))


def test_nothing_found_leads_back(page: Page) -> None:
    search(page, "no such words")
    expect(page.get_by_role("heading", name="No campaign matches “no such words”")).to_be_visible()
    page.get_by_role("button", name="Clear search").click()
    expect(rows(page)).to_have_count(10)
    expect(page.get_by_label(SEARCH)).to_have_value("")


def test_a_page_beyond_the_end_is_the_last(page: Page, product: Product) -> None:
    page.goto(f"{product.url}{LIST}?page=9999")
    expect(rows(page).first).to_be_visible()
    expect(page.get_by_role("button", name="Next page")).to_be_disabled()


def test_more_categories_are_told_to_the_keyboard(page: Page, product: Product) -> None:
    other = page.context.new_page()  # which shows nothing of another search first
    other.goto(f"{product.url}{LIST}?search=yom+kippur")
    more = rows(other).first.get_by_role("button", name=re.compile(r"^\+\d"))
    more.focus()
    expect(other.get_by_role("tooltip")).to_contain_text("Also: ")


def test_create_validate_and_watch_it_arrive_in_two_tabs(page: Page, product: Product, word: str) -> None:
    other = page.context.new_page()
    other.goto(f"{product.url}{LIST}?search={word}")
    expect(other.get_by_text("No campaign matches")).to_be_visible()

    page.get_by_role("link", name="Create a Campaign").click()
    fill_form(page, f"Kol Nidre {word}", "Shalom, Kol Nidre is at 7:15 PM.")
    expect(page.get_by_test_id("reach")).to_contain_text("recipients")
    expect(page.get_by_test_id("sms-meter")).to_contain_text("1 SMS")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Draft saved. Nothing has been sent.")).to_be_visible()
    expect(row(other, word).get_by_text("—").first).to_be_visible()

    campaign_id = id_in(row(page, word).get_by_role("link", name="Edit"))
    assert status(product, campaign_id)["status"] == "INIT"
    row(page, word).get_by_role("button", name="Validate and send").click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog.get_by_text("Sends immediately")).to_be_visible()
    dialog.get_by_role("button", name="Validate and send").dblclick()
    expect(page.get_by_text("Campaign validated. The sending has started.")).to_have_count(1)
    for tab in (page, other):
        bar = row(tab, word).get_by_role("progressbar")
        expect(bar).to_have_attribute("aria-valuenow", re.compile("^([5-9].|100)$"), timeout=60_000)
        expect(row(tab, word).get_by_role("button", name="Validate and send")).to_have_count(0)
    assert status(product, campaign_id)["status"] == "VALIDATE"


def test_closing_the_question_changes_nothing(page: Page, product: Product, word: str) -> None:
    campaign_id = make_draft(product, word)
    search(page, word)
    button = row(page, word).get_by_role("button", name="Validate and send")
    button.click()
    dialog = page.get_by_role("alertdialog", name="Validate and send this campaign?")
    expect(dialog.get_by_role("button", name="Back")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()
    assert status(product, campaign_id)["status"] == "INIT"


def test_a_campaign_validated_meanwhile_is_not_sent_twice(page: Page, product: Product, word: str) -> None:
    campaign_id = make_draft(product, word)
    search(page, word)
    row(page, word).get_by_role("button", name="Validate and send").click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog.get_by_text("Sends immediately")).to_be_visible()
    product.unisoft("campaign", "validate", str(campaign_id), "--yes")
    dialog.get_by_role("button", name="Validate and send").click()
    expect(dialog.get_by_text("Somebody has validated this campaign meanwhile.")).to_be_visible()


def test_a_moment_that_has_passed_is_asked_about(page: Page, product: Product, word: str) -> None:
    campaign_id = make_draft(product, word, at="2036-01-07T10:00")
    with contextlib.closing(sqlite3.connect(product.data_dir / "unisoft.db", timeout=30)) as database, database:
        database.execute("UPDATE campaign SET scheduled_at = '2026-01-07 09:00:00.000000' WHERE id = ?", [campaign_id])
    search(page, word)
    row(page, word).get_by_role("button", name="Validate and send").click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog.get_by_text("The planned moment has passed.")).to_be_visible()
    dialog.get_by_role("button", name="Change the date").click()
    expect(page.get_by_label("Date and time")).to_have_value("2026-01-07T10:00")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("This moment has passed. Choose a later one.")).to_be_visible()
    page.go_back()
    row(page, word).get_by_role("button", name="Validate and send").click()
    dialog.get_by_role("button", name="Send now").click()
    expect(page.get_by_text("Campaign validated. The sending has started.")).to_be_visible()
    assert status(product, campaign_id)["status"] == "VALIDATE"


def test_missing_credit_is_said_and_keeps_the_button_off(page: Page, product: Product, word: str) -> None:
    make_draft(product, word, category="Members", text=f"{word} " + "long " * 200)
    search(page, word)
    row(page, word).get_by_role("button", name="Validate and send").click()
    dialog = page.get_by_role("alertdialog")
    expect(
        dialog.get_by_text(re.compile(r"^Not enough credit to validate this campaign: [\d,]+ more SMS"))
    ).to_be_visible()
    expect(dialog.get_by_role("button", name="Validate and send")).to_be_disabled()
    dialog.get_by_role("button", name="SMS pricing and credit").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("dialog")).to_contain_text("SMS credit")


def test_pause_resume_and_cancel(page: Page, product: Product, word: str) -> None:
    campaign_id = make_draft(product, word, at="2036-01-07T10:00")
    product.unisoft("campaign", "validate", str(campaign_id), "--yes")
    search(page, word)
    note = row(page, word).get_by_test_id("run-note")
    expect(note).to_have_text("Scheduled 7 Jan 2036")
    choose(page, word, "Pause")
    expect(note).to_have_text("Paused")
    choose(page, word, "Resume")
    expect(note).to_have_text("Scheduled 7 Jan 2036")
    choose(page, word, "Cancel sending")
    page.get_by_role("alertdialog").get_by_role("button", name="Keep sending").click()
    expect(page.get_by_role("alertdialog")).to_have_count(0)
    expect(row(page, word).get_by_role("button", name="More actions")).to_be_focused()
    choose(page, word, "Cancel sending")
    page.get_by_role("alertdialog").get_by_role("button", name="Cancel sending").click()
    expect(note).to_have_text("Cancelled")
    assert status(product, campaign_id)["run_state"] == "cancelled"


def test_the_form_names_all_that_is_missing_and_loses_nothing(page: Page, product: Product, word: str) -> None:
    page.goto(f"{product.url}{LIST}/new")
    page.get_by_role("button", name="Validate and send").click()
    for sentence in (
        "Give the campaign a title.",
        "Choose a channel.",
        "Choose categories or contacts, or all your contacts.",
    ):
        expect(page.get_by_text(sentence)).to_be_visible()
    expect(page.get_by_label("Title", exact=True)).to_be_focused()
    fill_form(page, word, "Shalom {{first_nme}}")
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator("#sms_text-error")).to_have_text("Unknown personal field: first_nme.")
    expect(page.get_by_label("SMS text")).to_be_focused()
    expect(page.get_by_label("Title", exact=True)).to_have_value(word)
    expect(page.get_by_label("SMS text")).to_have_value("Shalom {{first_nme}}")
    expect(page.get_by_role("radio", name="SMS", exact=True)).to_be_checked()
    page.get_by_label("SMS text").fill("Shalom {{first_name}}")
    page.get_by_role("button", name="Save draft").click()
    expect(row(page, word)).to_be_visible()


def test_a_draft_is_opened_again_changed_and_validated(page: Page, product: Product, word: str) -> None:
    campaign_id = make_draft(product, word)
    search(page, word)
    row(page, word).get_by_role("link", name="Edit").click()
    expect(page).to_have_url(re.compile(rf"/edit\?id={campaign_id}$"))
    expect(page.get_by_label("Title", exact=True)).to_have_value(word)
    expect(page.get_by_label("SMS text")).to_have_value(f"Shalom {word}")
    open_part(page, "Targets")
    expect(page.get_by_role("button", name="Remove Board")).to_be_attached()
    page.get_by_label("SMS text").fill("שבת שלום")
    expect(page.get_by_test_id("sms-meter")).to_contain_text("UCS-2")
    open_part(page, "Schedule")
    page.get_by_text("At a date").click()
    page.get_by_label("Date and time").fill("2036-01-07T10:00")
    expect(page.get_by_label("Date and time")).to_have_value("2036-01-07T10:00")
    page.get_by_role("button", name="Validate and send").click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog.get_by_text("Monday 7 January 2036, 10:00")).to_be_visible()
    dialog.get_by_role("button", name="Back to editing").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_label("SMS text")).to_have_value("שבת שלום")
    page.get_by_role("button", name="Validate and send").click()
    dialog.get_by_role("button", name="Validate and send").click()
    expect(page.get_by_text("It will be sent on Monday 7 January 2036, 10:00.")).to_be_visible()
    expect(page).to_have_url(re.compile(f"{LIST}$"))
    assert status(product, campaign_id)["run_state"] == "scheduled"


def test_two_clicks_on_save_make_one_draft(page: Page, product: Product, word: str) -> None:
    page.goto(f"{product.url}{LIST}/new")
    fill_form(page, word, "Shalom")
    page.get_by_role("button", name="Save draft").dblclick()
    expect(page).to_have_url(re.compile(f"{LIST}$"))
    search(page, word)
    expect(page.get_by_role("tab", name="All (1)")).to_be_visible()


def test_a_draft_that_does_not_exist_leads_back(page: Page, product: Product) -> None:
    for path in ("/edit?id=999999", "/edit", "/edit?id=x"):
        page.goto(f"{product.url}{LIST}{path}")
        expect(page.get_by_text("This no longer exists.")).to_be_visible()
        page.get_by_role("main").get_by_role("link", name="Back to Message Campaigns").click()
        expect(rows(page).first).to_be_visible()


def test_no_accessibility_rule_is_broken(page: Page, product: Product, word: str) -> None:
    make_draft(product, word)
    assert broken_rules_by_day_and_night(page) == []
    search(page, word)
    row(page, word).get_by_role("button", name="Validate and send").click()
    expect(page.get_by_role("alertdialog").get_by_text("Sends immediately")).to_be_visible()
    assert broken_rules_by_day_and_night(page) == []
    page.goto(f"{product.url}{LIST}/new")
    page.get_by_role("radio", name="WhatsApp / SMS / Email").check()
    open_part(page, "Schedule")
    page.get_by_text("At a date").click()
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Give the campaign a title.")).to_be_visible()
    assert broken_rules_by_day_and_night(page) == []


@pytest.fixture
def phone(contexts: Contexts, product: Product) -> Page:
    page = contexts.get(**PHONE).new_page()
    page.goto(product.url + LIST)
    expect(rows(page).first).to_be_visible()
    return page


TARGETS = ":is(main, .topbar-start) :is(button, a[href], [role=tab], input, textarea):visible"
# The smallest side of what can be touched; labels are what is touched of their inputs, `::after` widens small buttons.
SMALL = """elements => elements
  .map(e => e.closest('label, .rt-TextFieldRoot') ?? e)
  .filter(e => !e.classList.contains('more-button'))
  .map(e => [e.getBoundingClientRect(), e.textContent.trim() || e.getAttribute('aria-label')])
  .filter(([box]) => box.height > 1 && Math.min(box.width, box.height) < 43.5)
  .map(([box, name]) => `${name} ${box.width}x${box.height}`)"""


@pytest.mark.parametrize("path", ["", "/new"], ids=["list", "form"])
def test_a_phone_never_scrolls_sideways_and_fingers_hit(phone: Page, product: Product, path: str) -> None:
    if path:
        phone.goto(product.url + LIST + path)
        expect(phone.get_by_label("Title", exact=True)).to_be_visible()
    for width in (390, 320):
        phone.set_viewport_size({"width": width, "height": 700})
        assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert phone.locator(TARGETS).evaluate_all(SMALL) == []


def test_a_phone_creates_from_the_floating_button(phone: Page, word: str) -> None:
    phone.get_by_role("link", name="Create a Campaign").tap()
    fill_form(phone, word, "Shalom")
    phone.get_by_role("button", name="Save draft").tap()
    expect(row(phone, word)).to_be_visible()
    row(phone, word).get_by_role("button", name="Validate and send").tap()
    expect(phone.get_by_role("alertdialog").get_by_text("Sends immediately")).to_be_visible()
    for width in (390, 320):
        phone.set_viewport_size({"width": width, "height": 700})
        assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
