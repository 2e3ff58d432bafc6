"""The editor as a whole: what is kept while it is written, the preview beside it, what is asked before it is sent."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import psutil
import pytest
import redis
from playwright.sync_api import Dialog, Page, expect

from tests.e2e import steps
from tests.e2e.checks import broken_rules, broken_rules_by_day_and_night, sideways_px
from tests.e2e.conftest import Contexts, Product
from tests.e2e.steps import LIST, NARROW, PHONE, row, search, too_small

NEW = f"{LIST}/new"
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def word() -> str:
    return f"word{uuid.uuid4().hex[:10]}"


@pytest.fixture
def page(signed_in_page: Page, product: Product) -> Page:
    signed_in_page.goto(product.url + LIST)
    signed_in_page.get_by_role("link", name="Create a Campaign").first.click()
    expect(signed_in_page.get_by_label("Title", exact=True)).to_be_visible()
    return signed_in_page


def part(page: Page, title: str) -> None:
    page.locator("summary").filter(has_text=title).click()


def choose(page: Page, word: str, channel: str = "SMS", text: str = "Shalom {{first_name}}") -> None:
    """A title, a channel, everybody, and an SMS."""
    page.get_by_label("Title", exact=True).fill(word)
    page.get_by_role("radio", name=channel, exact=True).check()
    page.get_by_role("radio", name="Send to all my contacts").check()
    part(page, "Message")
    page.get_by_label("SMS text").fill(text)


def is_kept(page: Page) -> None:
    expect(page.get_by_test_id("kept")).to_have_text(re.compile(r"^Draft saved at \d\d:\d\d$"))


def column(page: Page):
    return page.get_by_role("complementary", name="Preview")


def test_what_is_written_is_kept_and_a_reload_finds_it(page: Page, word: str) -> None:
    choose(page, word)
    is_kept(page)
    expect(page).to_have_url(re.compile(r"/edit\?id=\d+$"))
    expect(page.get_by_test_id("kept")).to_be_visible()
    page.get_by_label("SMS text").fill("Shalom, see you")
    page.wait_for_function("() => !window.draftForm.isDirty()")
    page.reload()
    expect(page.get_by_label("Title", exact=True)).to_have_value(word)
    expect(page.get_by_label("SMS text")).to_have_value("Shalom, see you")
    expect(page.get_by_test_id("step-summary-2")).to_contain_text("recipients")


def test_leaving_with_something_unsaved_asks(page: Page, product: Product, word: str) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.get_by_label("Title", exact=True).fill(word)  # without a channel nothing can be kept
    page.once("dialog", stay)
    with page.expect_event("dialog"):
        page.get_by_role("link", name="Templates").first.click()
    assert asked == ["Some of what you wrote is not saved yet. Leave all the same?"]
    expect(page.get_by_label("Title", exact=True)).to_have_value(word)
    page.once("dialog", stay)
    with page.expect_event("dialog"):
        page.go_back()
    expect(page.get_by_label("Title", exact=True)).to_have_value(word)
    assert len(asked) == 2, "the browser's arrow asks as well"
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="Templates").first.click()
    expect(page).to_have_url(re.compile("/templates$"))


def test_the_second_of_two_tabs_is_told_and_nothing_is_overwritten(page: Page, product: Product, word: str) -> None:
    campaign_id = steps.make_draft(product, word)
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto(f"{product.url}{LIST}/edit?id={campaign_id}")
        expect(tab.get_by_label("Title", exact=True)).to_have_value(word)
    other.get_by_label("Title", exact=True).fill(f"{word} of the other")
    is_kept(other)
    page.get_by_label("Title", exact=True).fill(f"{word} mine")
    expect(page.get_by_text("This draft was saved elsewhere meanwhile")).to_be_visible()
    expect(page.get_by_label("Title", exact=True)).to_have_value(f"{word} mine")
    assert "of the other" in _title(product, campaign_id)
    page.get_by_role("button", name="Save mine over it").click()
    expect(row(page, f"{word} mine").or_(page.get_by_text("Draft saved. Nothing has been sent.")).first).to_be_visible()
    assert "mine" in _title(product, campaign_id)


def _title(product: Product, campaign_id: int) -> str:
    import contextlib
    import sqlite3

    with contextlib.closing(sqlite3.connect(product.data_dir / "unisoft.db", timeout=30)) as database:
        return database.execute("SELECT title FROM campaign WHERE id = ?", [campaign_id]).fetchone()[0]


def test_opening_the_other_version_shows_it(page: Page, product: Product, word: str) -> None:
    campaign_id = steps.make_draft(product, word)
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto(f"{product.url}{LIST}/edit?id={campaign_id}")
        expect(tab.get_by_label("Title", exact=True)).to_have_value(word)
    other.get_by_label("Title", exact=True).fill(f"{word} of the other")
    is_kept(other)
    page.get_by_label("Title", exact=True).fill("mine")
    page.get_by_role("button", name="Open the other one").click()
    expect(page.get_by_label("Title", exact=True)).to_have_value(f"{word} of the other")


def test_the_preview_follows_the_writing_and_the_contact(page: Page, word: str) -> None:
    choose(page, word)
    bubble = column(page).get_by_test_id("bubble")
    expect(bubble).to_have_text(re.compile(r"^Shalom \S+"))
    first = bubble.inner_text()
    column(page).get_by_role("button", name="Next contact").click()
    expect(bubble).not_to_have_text(first)
    column(page).get_by_role("button", name="Previous contact").click()
    expect(bubble).to_have_text(first)
    page.get_by_label("SMS text").fill("שבת שלום")
    expect(bubble).to_have_text("שבת שלום")
    assert bubble.evaluate("element => getComputedStyle(element).direction") == "rtl"


def test_an_email_is_shown_where_nothing_of_it_can_run(page: Page, word: str) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"ran: {dialog.message}"))
    page.get_by_label("Title", exact=True).fill(f"<img src=x onerror=alert(1)>{word}")
    page.get_by_role("radio", name="Email", exact=True).check()
    part(page, "Message")
    page.get_by_label("Subject").fill("<script>alert(2)</script> Times")
    page.locator(".ProseMirror").click()
    page.keyboard.type("Dear friends")
    frame = column(page).get_by_test_id("email-frame")
    expect(column(page).get_by_test_id("email-subject")).to_have_text("<script>alert(2)</script> Times")
    assert frame.get_attribute("sandbox") == ""
    expect(frame.content_frame.get_by_text("Dear friends")).to_be_visible()
    column(page).get_by_role("button", name="Desktop").click()
    expect(column(page).get_by_role("button", name="Desktop")).to_have_attribute("aria-pressed", "true")


def test_a_test_reaches_the_phone_and_is_paid_apart(page: Page, product: Product, word: str) -> None:
    choose(page, word, text=f"Try {word}")
    expect(column(page).get_by_test_id("bubble")).to_have_text(f"Try {word}")
    address = column(page).get_by_label("Mobile number for the test")
    address.fill("01 42 68 53 00")
    column(page).get_by_role("button", name="Send a test").click()
    expect(column(page).get_by_text("This is not a mobile number that messages can reach.")).to_be_visible()
    address.fill("06 39 98 12 34")
    column(page).get_by_role("button", name="Send a test").dblclick()
    expect(column(page).get_by_text("Test sent to +33 6 39 98 12 34. It cost 1 SMS.")).to_be_visible()
    expect(page.get_by_label("SMS text")).to_have_value(f"Try {word}")


def test_links_and_documents_are_added_and_counted(page: Page, product: Product, word: str, tmp_path: Path) -> None:
    choose(page, word)
    part(page, "Additional content")
    page.get_by_role("button", name="Web link").click()
    page.get_by_label("Web address").fill("bethshalom.fr/kolnidre")
    page.get_by_label("Title (optional)").fill("Practical details")
    page.get_by_role("button", name="Done").click()
    good, bad = tmp_path / "times.pdf", tmp_path / "times2.pdf"
    good.write_bytes(PDF)
    bad.write_bytes(b"MZ\x90\x00" + b"\0" * 400)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Document").click()
    chooser.value.set_files([good, bad])
    expect(page.get_by_role("button", name="Remove times.pdf")).to_be_visible()
    expect(page.get_by_text("times2.pdf").first).to_be_visible()
    expect(page.get_by_role("progressbar", name=re.compile("^Uploading"))).to_have_count(0)
    expect(page.get_by_test_id("step-summary-4")).to_have_text("1 web link, 1 document or video")
    page.get_by_role("button", name="Save draft").click()
    search(page, word)
    expect(row(page, word)).to_be_visible()
    row(page, word).get_by_role("link", name="Edit").click()
    expect(page.get_by_test_id("step-summary-4")).to_have_text("1 web link, 1 document or video")


def web_process(product: Product) -> psutil.Process:
    """The process that serves the pages; when it ends, its supervisor starts another one."""
    children = psutil.Process(product.pid).children()
    return next(child for child in children if "unisoft_ui.server" in child.cmdline())


def test_what_is_being_written_outlives_the_process_that_served_the_page(
    page: Page, product: Product, word: str
) -> None:
    choose(page, word)
    is_kept(page)
    page.get_by_label("SMS text").fill("Shalom, see you at nine")
    with page.expect_websocket():  # the page is connected again
        web_process(product).kill()
    page.get_by_label("Title", exact=True).fill(f"{word} changed")
    expect(page.get_by_label("SMS text")).to_have_value("Shalom, see you at nine")
    page.get_by_role("button", name="Save draft").click()
    search(page, f"{word} changed")
    row(page, word).get_by_role("link", name="Edit").click()
    expect(page.get_by_label("SMS text")).to_have_value("Shalom, see you at nine")


def test_a_page_of_which_the_server_has_forgotten_everything_opens_what_was_kept(
    page: Page, product: Product, word: str
) -> None:
    choose(page, word)
    is_kept(page)
    web = web_process(product)
    with redis.Redis.from_url(web.environ()["REDIS_URL"]) as client, page.expect_event("load"):
        client.flushall()
        web.kill()
    expect(page.get_by_label("SMS text")).to_have_value("Shalom {{first_name}}")
    page.get_by_label("SMS text").fill("Shalom, see you")
    is_kept(page)


def test_a_large_campaign_is_confirmed_by_its_number(page: Page, product: Product, word: str) -> None:
    page.get_by_label("Title", exact=True).fill(word)
    page.get_by_role("radio", name="Email", exact=True).check()
    page.get_by_role("radio", name="Send to all my contacts").check()
    part(page, "Message")
    page.get_by_label("Subject").fill(word)
    page.locator(".ProseMirror").click()
    page.keyboard.type("Dear friends")
    page.get_by_role("button", name="Validate and send").click()
    dialog = page.get_by_role("alertdialog")
    typed = dialog.get_by_label(re.compile("^To confirm, type the number of recipients: [\\d,]+$"))
    expect(typed).to_be_visible()
    dialog.get_by_role("button", name="Validate and send").click()
    expect(dialog.get_by_text(re.compile("^Type [\\d,]+ to confirm"))).to_be_visible()
    label = dialog.locator("label[for=typed-total]").inner_text()
    typed.fill(label.rpartition(" ")[2])
    dialog.get_by_role("button", name="Back to editing").click()
    expect(page.get_by_label("Subject")).to_have_value(word)


def test_an_unfinished_draft_is_not_sent_from_the_list(page: Page, word: str) -> None:
    page.get_by_label("Title", exact=True).fill(word)
    page.get_by_role("radio", name="SMS", exact=True).check()
    page.get_by_role("button", name="Save draft").click()
    search(page, word)
    row(page, word).get_by_role("button", name="Validate and send").click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog.get_by_text("This draft is not finished. Write the text of the SMS.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Validate and send")).to_be_disabled()


def test_a_phone_writes_and_looks(contexts: Contexts, product: Product, word: str) -> None:
    phone = contexts.get(**PHONE).new_page()
    phone.goto(product.url + NEW)
    choose(phone, word)
    is_kept(phone)
    for size in (PHONE, NARROW):
        phone.set_viewport_size(size["viewport"])
        assert sideways_px(phone) <= 0
        assert too_small(phone, ".editor-phone-bar button, summary") == []
    phone.get_by_role("button", name="Preview").click()
    sheet = phone.get_by_role("dialog", name="Preview")
    expect(sheet.get_by_test_id("bubble")).to_have_text(re.compile("^Shalom"))
    for size in (NARROW, PHONE):
        phone.set_viewport_size(size["viewport"])
        assert too_small(phone, ".preview-sheet :is(button, select, input)") == []
        assert broken_rules(phone) == []
    sheet.get_by_role("button", name="Close preview").click()
    expect(sheet).to_be_hidden()
    expect(phone.get_by_role("button", name="Preview")).to_be_focused()


def test_the_editor_is_accessible(page: Page, word: str) -> None:
    choose(page, word, channel="SMS / Email")
    part(page, "Additional content")
    part(page, "Schedule")
    expect(column(page).get_by_role("button", name="Email", exact=True)).to_be_visible()
    is_kept(page)
    assert broken_rules_by_day_and_night(page) == []
