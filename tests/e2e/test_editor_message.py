"""The message of a campaign, as it is written."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import uuid
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Dialog, Locator, Page, expect

from tests.e2e import checks
from tests.e2e.conftest import Contexts, Product
from tests.e2e.steps import LIST, NARROW, PHONE, row, rows, search

NEW = f"{LIST}/new"


@pytest.fixture
def page(signed_in_page: Page, product: Product) -> Page:
    return open_form(signed_in_page, product)


@pytest.fixture
def word() -> str:
    return f"word{uuid.uuid4().hex[:10]}"


def open_form(page: Page, product: Product, channel: str = "sms_email") -> Page:
    """A new campaign to everyone, with its message open."""
    page.goto(product.url + NEW)
    page.locator(f"input[name=channel][value={channel}]").check()
    expect(page.get_by_test_id("step-summary-1")).not_to_have_text("Not chosen yet")
    page.locator("label:has(input[name=targets][value=everyone])").click()
    expect(page.get_by_test_id("step-summary-2")).to_contain_text("recipients")
    page.locator("summary").filter(has=page.get_by_role("heading", name="Message", exact=True)).click()
    expect(page.get_by_role("tablist")).to_be_visible()
    return page


def sms(page: Page) -> Locator:
    return page.get_by_role("textbox", name="SMS text")


def email(page: Page) -> Locator:
    page.get_by_role("tab", name="Email").click()
    area = page.get_by_role("textbox", name="Email text")
    expect(area).to_be_visible()
    return area


def choose_field(page: Page, panel: str, name: str) -> None:
    """What is chosen is written once the menu has given the focus back: wait for that."""
    page.locator(f"#fields-{panel}").click()
    page.get_by_role("menuitem", name=name).first.click()
    expect(page.get_by_role("menu")).to_have_count(0)


def type_in(page: Page, area: Locator, text: str) -> None:
    area.click()
    expect(area).to_be_focused()
    page.keyboard.type(text)
    expect(area).to_contain_text(text)


def summary(page: Page) -> Locator:
    return page.get_by_test_id("step-summary-3")


def save_and_reopen(page: Page, title: str) -> None:
    page.get_by_label("Title", exact=True).fill(title)
    page.get_by_role("button", name="Save draft").filter(visible=True).click()
    expect(page).to_have_url(re.compile(f"{LIST}(\\?|$)"))
    search(page, title)
    row(page, title).get_by_role("link", name="Edit").click()
    expect(page.get_by_role("tablist")).to_be_visible()


def test_the_meter_and_the_cost_follow_the_typing(page: Page) -> None:
    sms(page).fill("Shalom")
    meter, cost = page.get_by_test_id("sms-meter"), page.get_by_test_id("sms-cost")
    expect(meter).to_contain_text("1 SMS")
    expect(meter).to_contain_text("6 of 160 characters")
    expect(meter).to_contain_text("154 left")
    expect(cost).to_contain_text(re.compile(r"SMS each\s*1\s*Credit"))
    sms(page).fill("a" * 161)
    expect(meter).to_contain_text("161 of 306 characters")
    expect(cost).to_contain_text(re.compile(r"SMS each\s*2\s*Credit"))
    expect(summary(page)).to_have_text("SMS ready")


def test_what_is_missing_can_be_bought(signed_in_page: Page, product: Product) -> None:
    page = open_form(signed_in_page, product, "sms")  # to everyone: far more than any other test buys
    sms(page).fill("ש" * 1400)
    expect(page.get_by_test_id("sms-cost")).to_contain_text("Missing")
    page.get_by_role("button", name="Buy SMS credit").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def test_what_forces_ucs2_is_named_and_replaced(page: Page) -> None:
    sms(page).fill("La fête “ça” ש")
    box = page.get_by_test_id("forcing")
    expect(box.get_by_role("listitem")).to_have_count(5)
    expect(box.get_by_role("listitem").filter(has_text="ש").get_by_role("button")).to_have_count(0)
    box.get_by_role("button", name="Replace ê by e").click()
    expect(sms(page)).to_have_value("La fete “ça” ש")
    page.get_by_role("button", name="Replace all").click()
    expect(sms(page)).to_have_value('La fete "ca" ש')
    page.keyboard.press("Control+z")
    expect(sms(page)).to_have_value("La fete “ça” ש")
    sms(page).fill("fête")
    box.get_by_role("button", name="Replace ê by e").click()
    expect(page.get_by_test_id("sms-meter")).to_contain_text("GSM-7")
    expect(box).to_have_count(0)


def test_a_personal_field_goes_where_the_cursor_is(page: Page) -> None:
    sms(page).fill("Shalom , bye")
    sms(page).evaluate("area => area.setSelectionRange(7, 7)")
    choose_field(page, "sms_text", "First name")
    expect(sms(page)).to_have_value("Shalom {{first_name}}, bye")
    expect(sms(page)).to_be_focused()
    page.keyboard.type("!")
    expect(sms(page)).to_have_value("Shalom {{first_name}}!, bye")
    expect(page.get_by_text("The personal field counts for its longest value")).to_be_visible()


def test_the_menu_of_fields_works_with_the_keyboard(page: Page) -> None:
    page.locator("#fields-sms_text").press("Enter")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(sms(page)).to_have_value("{{last_name}}")


def test_tabs_work_with_the_keyboard(page: Page) -> None:
    page.get_by_role("tab", name="SMS").press("ArrowRight")
    expect(page.get_by_role("tab", name="Email")).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Email")).to_be_visible()
    expect(page.get_by_role("tabpanel", name="SMS")).to_be_hidden()


def write_email(page: Page) -> Locator:
    """Each step waits for what it did: the keys of one are not for the next."""
    area = email(page)
    area.click()
    expect(area).to_be_focused()
    bold, bullets = (page.get_by_role("button", name=name, exact=True) for name in ("Bold", "Bulleted list"))
    bold.click()
    expect(bold).to_have_attribute("aria-pressed", "true")
    page.keyboard.type("Dear ")
    expect(area.locator("strong")).to_have_text("Dear ")
    choose_field(page, "email_html", "Last name")
    expect(area.locator("strong")).to_have_text("Dear {{last_name}}")
    expect(area).to_be_focused()
    page.keyboard.press("Control+b")
    expect(bold).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Enter")
    expect(area.locator("p")).to_have_count(2)
    bullets.click()
    expect(bullets).to_have_attribute("aria-pressed", "true")
    page.keyboard.type("Bring your card")
    expect(area.locator("li")).to_have_text("Bring your card")
    page.get_by_role("button", name="Link", exact=True).click()
    dialog, address = page.get_by_role("dialog", name="Link"), page.get_by_label("Address", exact=True)
    expect(address).to_be_focused()
    address.fill("javascript:alert(1)")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert").filter(has_text="This is not an address")).to_be_visible()
    address.fill("bethshalom.example")
    expect(dialog.get_by_role("alert")).to_have_count(0)
    page.get_by_role("button", name="Insert the link").click()
    expect(dialog).to_have_count(0)
    expect(area.locator("a")).to_have_text("bethshalom.example")
    return area


def test_bold_a_list_and_a_link_are_saved_and_opened_again(page: Page, word: str) -> None:
    area = write_email(page)
    page.get_by_label("Subject").fill("Kol Nidre")
    expect(page.get_by_test_id("subject-hint")).to_contain_text("9 characters, shown in full on phones")
    expect(summary(page)).to_have_text("Email ready")
    save_and_reopen(page, word)
    email(page)
    expect(area.locator("strong")).to_have_text("Dear {{last_name}}")
    expect(area.locator("li")).to_contain_text("Bring your card")
    expect(area.locator("a[href='https://bethshalom.example']")).to_have_text("bethshalom.example")
    expect(area.locator(".personal-field")).to_have_text("{{last_name}}")


def test_what_is_pasted_brings_no_script(page: Page) -> None:
    area = email(page)
    area.click()
    expect(area).to_be_focused()
    area.evaluate(
        """area => {
          const data = new DataTransfer();
          data.setData('text/html', '<p onclick="x()">Hello<script>window.ran = 1</script>'
            + '<a href="javascript:x()">you</a><img src="x" onerror="window.ran = 1"></p>');
          area.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    expect(area).to_contain_text("Helloyou")
    expect(page.locator("#email_html")).to_have_value(re.compile("Hello"))
    html = page.locator("#email_html").input_value()
    assert not re.search("script|onclick|onerror|<img", html)
    assert page.evaluate("window.ran") is None


@pytest.fixture
def template(product: Product, word: str) -> Iterator[str]:
    """A template that is gone after the test; gives its name."""
    with contextlib.closing(sqlite3.connect(product.data_dir / "unisoft.db", timeout=30)) as database:
        with database:
            database.execute(
                "INSERT INTO template (name, subject, html, created_at, updated_at)"
                " VALUES (?, ?, '<h1>News</h1>', '2026-01-01 00:00:00', '2026-01-01 00:00:00')",
                (word, f"Subject {word}"),
            )
        yield word
        with database:
            database.execute("UPDATE template SET deleted_at = '2026-01-02 00:00:00' WHERE name = ?", (word,))


def test_a_template_is_chosen_and_brings_its_subject(page: Page, template: str) -> None:
    page.get_by_role("tab", name="Email").click()
    page.locator("label:has(input[name=email_by][value=template])").click()
    page.get_by_role("radio", name=template).check()
    expect(page.get_by_role("radio", name=template)).to_be_checked()
    expect(page.frame_locator("iframe[title='Preview of the template']").get_by_text("News")).to_be_visible()
    expect(page.get_by_role("textbox", name="Subject")).to_have_value(f"Subject {template}")
    expect(summary(page)).to_have_text("Email ready")
    save_and_reopen(page, f"title {template}")
    page.get_by_role("tab", name="Email").click()
    expect(page.get_by_role("radio", name=template)).to_be_checked()
    page.get_by_role("button", name="Take its newest version").click()
    expect(page.get_by_text("The newest version is taken")).to_be_visible()


def test_a_text_is_copied_and_nothing_written_is_replaced_unasked(page: Page) -> None:
    sms(page).fill("Shalom\nsee you")
    expect(summary(page)).to_have_text("SMS ready")
    area = email(page)
    page.locator("#copy-email_html").click()
    page.get_by_role("menuitem", name="Copy from SMS").click()
    expect(area.locator("p")).to_have_text(["Shalom", "see you"])
    expect(area).to_be_focused()
    page.keyboard.press("Control+End")
    page.keyboard.type(" there")
    expect(area.locator("p")).to_have_text(["Shalom", "see you there"])
    asked: list[str] = []
    answers: Iterator[bool] = iter((False, True))

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        if next(answers):
            dialog.accept()
        else:
            dialog.dismiss()

    page.on("dialog", answer)
    page.get_by_role("tab", name="SMS").click()
    expect(sms(page)).to_be_visible()
    for expected in ("Shalom\nsee you", "Shalom\nsee you there"):
        page.locator("#copy-sms_text").click()
        with page.expect_event("dialog"):
            page.get_by_role("menuitem", name="Copy from the email").click()
        expect(page.get_by_role("menu")).to_have_count(0)
        expect(sms(page)).to_have_value(expected)
    assert len(asked) == 2


def test_an_unknown_field_is_told_beside_its_text_and_nothing_is_lost(page: Page, word: str) -> None:
    page.get_by_label("Title", exact=True).fill(word)
    area = email(page)
    type_in(page, area, "Dear {{surname}}")
    expect(page.get_by_test_id("problem-email_html")).to_have_text("Unknown personal field: surname.")
    page.get_by_role("tab", name="SMS").click()
    sms(page).fill("Shalom {{age}}")
    expect(page.get_by_test_id("problem-sms_text")).to_have_text("Unknown personal field: age.")
    page.get_by_role("button", name="Save draft").filter(visible=True).click()
    expect(area).to_be_focused()  # the email comes first in this channel, and its tab was hidden
    expect(page.locator("#email_html-error")).to_have_text("Unknown personal field: surname.")
    expect(area).to_have_text("Dear {{surname}}")
    expect(page.get_by_label("Title", exact=True)).to_have_value(word)
    expect(page.locator("#sms_text")).to_have_value("Shalom {{age}}")


def test_whatsapp_counts_its_characters(signed_in_page: Page, product: Product) -> None:
    page = open_form(signed_in_page, product, "whatsapp_sms")
    page.get_by_role("textbox", name="WhatsApp message").fill("*Mazal Tov*")
    expect(page.get_by_test_id("whatsapp-length")).to_have_text("11 of 1,600 characters")
    page.get_by_role("tab", name="SMS").click()
    page.locator("#copy-sms_text").click()
    page.get_by_role("menuitem", name="Copy from WhatsApp").click()
    expect(sms(page)).to_have_value("*Mazal Tov*")
    expect(summary(page)).to_have_text("WhatsApp and SMS ready")


def test_it_fits_phones_and_fingers(contexts: Contexts, product: Product) -> None:
    phone = open_form(contexts.get(**PHONE).new_page(), product)
    sms(phone).fill("La fête “ça” ש {{first_name}}")
    expect(phone.get_by_test_id("forcing")).to_be_visible()
    expect(phone.get_by_test_id("sms-cost")).to_contain_text("Credit needed")
    fits(phone)
    email(phone).click()
    expect(phone.get_by_role("toolbar")).to_be_visible()
    fits(phone)


def fits(page: Page) -> None:
    for size in (PHONE, NARROW):
        page.set_viewport_size(size["viewport"])
        assert checks.sideways_px(page) <= 0
        assert small_in_message(page) == []


def small_in_message(page: Page) -> list[str]:
    names = page.locator("[role=tabpanel]:visible, [role=tablist]").locator(
        "button:visible, input:visible, textarea:visible"
    )
    return names.evaluate_all(checks._SMALL)


def test_no_rule_of_accessibility_is_broken(page: Page) -> None:
    sms(page).fill("La fête “ça” ש {{first_name}} {{age}}")
    expect(page.get_by_test_id("forcing")).to_be_visible()
    expect(page.get_by_test_id("sms-cost")).to_contain_text("Credit needed")
    assert checks.broken_rules_by_day_and_night(page) == []
    type_in(page, email(page), "Dear {{first_name}} {{age}}")
    expect(page.get_by_test_id("problem-email_html")).to_contain_text("age")
    assert checks.broken_rules_by_day_and_night(page) == []
    page.get_by_role("button", name="Link", exact=True).click()
    expect(page.get_by_role("dialog", name="Link")).to_be_visible()
    assert checks.broken_rules_by_day_and_night(page) == []


def test_the_editor_of_looks_is_fetched_by_the_form_alone(first_visit: Callable[[], Page], product: Product) -> None:
    page, fetched = first_visit(), list[str]()
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(product.url + LIST)
    expect(rows(page).first).to_be_visible()
    assert not [url for url in fetched if "rich_text" in url]
    open_form(page, product)
    expect(email(page)).to_be_visible()
    assert [url for url in fetched if "rich_text" in url]
