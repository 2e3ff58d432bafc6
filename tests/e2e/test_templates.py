"""Templates: their cards, and the page that writes one."""

from __future__ import annotations

import re
import uuid
from urllib.parse import quote_plus

import pytest
from playwright.sync_api import Dialog, FrameLocator, Locator, Page, expect

from tests.e2e.checks import broken_rules, broken_rules_by_day_and_night, sideways_px, too_small_for_fingers
from tests.e2e.conftest import Contexts, Product
from tests.e2e.steps import NARROW, PHONE

TEMPLATES = "/app/messages/templates"
SEARCH = "Search a template by name or subject"
MJML = """<mjml><mj-body><mj-section><mj-column>
<mj-text>Shalom {{first_name}}, WORD</mj-text>
</mj-column></mj-section></mj-body></mjml>"""


@pytest.fixture
def page(signed_in_page: Page, product: Product) -> Page:
    signed_in_page.goto(product.url + TEMPLATES)
    expect(cards(signed_in_page).first).to_be_visible()
    return signed_in_page


@pytest.fixture
def word() -> str:
    return f"word{uuid.uuid4().hex[:10]}"


def cards(page: Page) -> Locator:
    return page.get_by_test_id("template-card")


def card(page: Page, words: str) -> Locator:
    return cards(page).filter(has_text=words)


def shown(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[title='Preview of the email']")


def choose(page: Page, words: str, action: str) -> None:
    card(page, words).get_by_role("button", name="Actions for").click()
    page.get_by_role("menuitem", name=action).click()
    expect(page.get_by_role("menu")).to_have_count(0)


def search(page: Page, words: str) -> None:
    page.get_by_label(SEARCH).fill(words)
    expect(page).to_have_url(re.compile(rf"[?&]search={re.escape(quote_plus(words))}$"))


def write(page: Page, word: str, source: str = "") -> None:
    page.get_by_label("Name", exact=True).fill(word)
    page.get_by_label("Subject", exact=True).fill(f"Subject of {word}")
    page.get_by_label("Source").fill(source or MJML.replace("WORD", word))


def save(page: Page) -> None:
    page.locator("button[type=submit]:visible").click()


def create(page: Page, product: Product, word: str) -> None:
    page.goto(f"{product.url}{TEMPLATES}/new")
    write(page, word)
    save(page)
    expect(card(page, word)).to_be_visible()


def answering(page: Page, answer: str) -> list[str]:
    """Answer the browser's questions; gives what they were."""
    asked: list[str] = []

    def on_dialog(dialog: Dialog) -> None:
        asked.append(dialog.message)
        (dialog.accept if answer == "yes" else dialog.dismiss)()

    page.on("dialog", on_dialog)
    return asked


def test_one_is_written_with_a_live_preview(page: Page, product: Product, word: str) -> None:
    page.get_by_role("link", name="Create a template").first.click()
    expect(shown(page).get_by_text("Dear Ruth,")).to_be_visible()
    write(page, word)
    expect(shown(page).get_by_text(f"Shalom Ruth, {word}")).to_be_visible()
    save(page)
    expect(page.get_by_text("Template saved.")).to_be_visible()
    expect(card(page, word).get_by_text("MJML")).to_be_visible()
    expect(card(page, word).get_by_text("Not used yet")).to_be_visible()
    card(page, word).get_by_role("link").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value(word)
    expect(page.get_by_label("Source")).to_have_value(MJML.replace("WORD", word))
    expect(page.get_by_label("MJML")).to_be_checked()


def test_the_preview_runs_nothing(page: Page, product: Product) -> None:
    page.goto(f"{product.url}{TEMPLATES}/new")
    frame = page.locator("iframe[title='Preview of the email']")
    expect(frame).to_have_attribute("sandbox", "")
    assert frame.get_attribute("src") is None
    page.get_by_text("HTML", exact=True).click()
    expect(page.get_by_label("Source")).to_have_value(re.compile("^<h1>A title"))
    page.get_by_label("Source").fill("<p>Written</p><script>document.body.textContent = 'run'</script>")
    expect(shown(page).get_by_text("Written")).to_be_visible()
    expect(shown(page).locator("script")).to_have_count(0)


def test_the_width_of_a_phone(page: Page, product: Product) -> None:
    page.goto(f"{product.url}{TEMPLATES}/new")
    frame = page.locator("iframe[title='Preview of the email']")
    expect(frame).to_be_visible()
    wide = frame.bounding_box()
    assert wide is not None
    assert wide["width"] > 375
    page.get_by_text("Phone", exact=True).click()
    expect(frame).to_have_css("width", "375px")


def test_a_personal_field_is_put_where_the_cursor_is(page: Page, product: Product) -> None:
    page.goto(f"{product.url}{TEMPLATES}/new")
    page.get_by_text("HTML", exact=True).click()
    expect(page.get_by_label("Source")).to_have_value(re.compile("^<h1>A title"))
    page.get_by_label("Source").fill("<p>Dear </p>")
    page.get_by_label("Source").evaluate("area => area.setSelectionRange(8, 8)")
    page.get_by_role("button", name="Full name").click()
    expect(page.get_by_label("Source")).to_have_value("<p>Dear {{full_name}}</p>")
    expect(shown(page).get_by_text("Dear Ruth Azoulay")).to_be_visible()
    page.get_by_role("button", name="Unsubscribe link").click()
    expect(page.get_by_label("Source")).to_have_value(re.compile(re.escape("{{mailing_unsubscribe}}")))


def test_broken_mjml_says_where(page: Page, product: Product, word: str) -> None:
    page.goto(f"{product.url}{TEMPLATES}/new")
    expect(shown(page).get_by_text("Dear Ruth,")).to_be_visible()
    write(page, word, "<mjml>\n<mj-body>\n<mj-section>\n</mj-body></mjml>")
    problem = page.get_by_test_id("preview-problem")
    expect(problem).to_contain_text("Line 3: <mj-section> is not closed.")
    expect(shown(page).get_by_text("Dear Ruth,")).to_be_visible()
    save(page)
    expect(page.locator("#source-error")).to_contain_text("Line 3: <mj-section> is not closed.")
    expect(page.get_by_label("Source")).to_be_focused()
    page.get_by_label("Source").fill(MJML)
    expect(problem).to_have_count(0)


def test_what_is_missing_is_told_beside_its_field(page: Page, product: Product) -> None:
    page.goto(f"{product.url}{TEMPLATES}/new")
    page.get_by_label("Subject", exact=True).fill("Only a subject, {{nobody}}")
    save(page)
    expect(page.locator("#name-error")).to_contain_text("Give the template a name.")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.get_by_label("Name", exact=True).fill("N")
    save(page)
    expect(page.locator("#subject-error")).to_contain_text("Unknown personal field: nobody.")
    expect(page.get_by_label("Subject", exact=True)).to_have_value("Only a subject, {{nobody}}")


def test_a_copy_is_made_and_deleted(page: Page, product: Product, word: str) -> None:
    create(page, product, word)
    choose(page, word, "Duplicate")
    expect(card(page, f"Copy of {word}")).to_be_visible()
    choose(page, f"Copy of {word}", "Delete")
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("No campaign uses it.")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name=f"Actions for Copy of {word}")).to_be_focused()
    expect(card(page, word)).to_have_count(2)
    choose(page, f"Copy of {word}", "Delete")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Template deleted.")).to_be_visible()
    expect(card(page, word)).to_have_count(1)


def test_the_search_finds_without_accents(page: Page) -> None:
    search(page, "assemblée GENERALE")
    expect(cards(page)).to_have_count(1)
    expect(card(page, "General assembly")).to_be_visible()
    search(page, "nothing is called this")
    expect(page.get_by_role("heading", name="No template matches “nothing is called this”")).to_be_visible()
    page.get_by_role("button", name="Clear search").click()
    expect(card(page, "Newsletter").first).to_be_visible()
    expect(page.get_by_label(SEARCH)).to_have_value("")


def test_how_many_campaigns_use_one(page: Page) -> None:
    search(page, "Newsletter")
    expect(card(page, "Newsletter").first).to_contain_text("Used 2 times")


def test_the_second_who_saves_is_told_and_loses_nothing(page: Page, product: Product, word: str) -> None:
    create(page, product, word)
    card(page, word).get_by_role("link").click()
    other = page.context.new_page()
    other.goto(page.url)
    for tab in (other, page):
        expect(tab.get_by_label("Name", exact=True)).to_have_value(word)
    other.get_by_label("Subject", exact=True).fill("First")
    save(other)
    expect(other.get_by_text("Template saved.")).to_be_visible()
    page.get_by_label("Subject", exact=True).fill("Second")
    save(page)
    expect(page.get_by_text("Somebody saved this template meanwhile.")).to_be_visible()
    expect(page.get_by_label("Subject", exact=True)).to_have_value("Second")


@pytest.mark.parametrize("way", ["link", "back"])
def test_leaving_asks_when_something_is_not_saved(page: Page, product: Product, word: str, way: str) -> None:
    create(page, product, word)
    card(page, word).get_by_role("link").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value(word)
    expect(shown(page).get_by_text(word).first).to_be_visible()  # the page has come to rest
    address = page.url
    page.get_by_label("Name", exact=True).fill("Changed")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Changed")
    asked = answering(page, "no")
    with page.expect_event("dialog"):
        _leave(page, way)
    expect(page).to_have_url(address)
    expect(page.get_by_label("Name", exact=True)).to_have_value("Changed")
    assert asked == ["What you changed is not saved. Leave without saving?"]


def _leave(page: Page, way: str) -> None:
    if way == "back":
        page.evaluate("history.back()")
    else:
        page.get_by_role("link", name="Campaigns", exact=True).first.click()


def test_leaving_goes_where_it_was_meant_to_go(page: Page, product: Product) -> None:
    page.goto(f"{product.url}{TEMPLATES}/new")
    page.get_by_label("Name", exact=True).fill("Changed")
    answering(page, "yes")
    page.get_by_role("link", name="Back to Templates").click()
    expect(page).to_have_url(product.url + TEMPLATES)
    expect(cards(page).first).to_be_visible()


def test_one_that_does_not_exist(page: Page, product: Product) -> None:
    page.goto(f"{product.url}{TEMPLATES}/edit?id=999999")
    expect(page.get_by_role("heading", name="This template cannot be opened")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Back to Templates").click()
    expect(cards(page).first).to_be_visible()


def test_the_navigation_leads_there(page: Page, product: Product) -> None:
    page.goto(product.url + "/app/messages/campagnes")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Templates").first.click()
    expect(page.get_by_role("heading", name="Templates")).to_be_visible()
    expect(page.locator(".sidebar [aria-current=page]")).to_have_text("Templates")


def test_the_rules_of_accessibility_are_kept(page: Page, product: Product) -> None:
    assert broken_rules_by_day_and_night(page) == []
    choose(page, "Newsletter", "Delete")
    expect(page.get_by_role("alertdialog")).to_be_visible()
    assert broken_rules_by_day_and_night(page) == []
    page.goto(f"{product.url}{TEMPLATES}/new")
    page.get_by_label("Source").fill("<mjml><mj-body>")
    expect(page.get_by_test_id("preview-problem")).to_be_visible()
    save(page)
    expect(page.locator("#name-error")).to_contain_text("Give the template a name.")
    page.mouse.move(0, 0)
    assert broken_rules_by_day_and_night(page) == []


def test_phones(contexts: Contexts, product: Product, word: str) -> None:
    phone = contexts.get(**PHONE).new_page()
    phone.goto(product.url + TEMPLATES)
    expect(cards(phone).first).to_be_visible()
    fits(phone)
    phone.get_by_role("link", name="Create a template").last.click()
    expect(shown(phone).get_by_text("Dear Ruth,")).to_be_visible()
    fits(phone)
    write(phone, word)
    save(phone)
    expect(card(phone, word)).to_be_visible()


def fits(phone: Page) -> None:
    for size in (PHONE, NARROW):
        phone.set_viewport_size(size["viewport"])
        assert sideways_px(phone) <= 0
        assert too_small_for_fingers(phone) == []
        assert broken_rules(phone) == []
