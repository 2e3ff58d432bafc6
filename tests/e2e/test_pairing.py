"""Connecting WhatsApp with the simulated phone."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import uuid
from collections.abc import Iterator
from urllib.request import Request, urlopen

import psutil
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e import steps
from tests.e2e.checks import broken_rules, broken_rules_by_day_and_night, sideways_px, too_small_for_fingers
from tests.e2e.conftest import Contexts, Product

_SIMULATOR = re.compile(r"Uvicorn running on (http://127\.0\.0\.1:\d+).*process=simulator")
CODES = 7
LAST_CODE_WITHIN_MS = 40_000  # it is on show for 20 s
MOVE_WITHIN_MS = 40_000  # the gateway is given 15 s


class Phone:
    """The phone of the community, and the gateway that it is linked with."""

    def __init__(self, url: str) -> None:
        self._url = url

    def do(self, action: str) -> None:
        self._post("/simulator/whatsapp/phone", json.dumps({"do": action}).encode(), "application/json")

    def connect(self) -> None:
        self._post("/simulator/whatsapp", b"connect=1", "application/x-www-form-urlencoded")

    def _post(self, path: str, body: bytes, kind: str) -> None:
        with urlopen(Request(self._url + path, body, {"Content-Type": kind}), timeout=5):
            pass


@contextlib.contextmanager
def unreachable_gateway(product: Product) -> Iterator[None]:
    """The simulated providers take connections and answer nothing, as a machine that hangs."""
    children = psutil.Process(product.pid).children(recursive=True)
    (simulator,) = (child for child in children if "backend.simulator" in child.cmdline())
    os.kill(simulator.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(simulator.pid, signal.SIGCONT)


@pytest.fixture
def phone(product: Product) -> Iterator[Phone]:
    """A phone that has just been logged out; connected again afterwards."""
    found = _SIMULATOR.search(re.sub(r"\x1b\[[0-9;]*m", "", product.log.read_text()))
    assert found, "the product said nowhere where its simulator is"
    phone = Phone(found[1])
    phone.connect()
    phone.do("unlink")
    yield phone
    phone.connect()


@pytest.fixture
def waiting(product: Product, phone: Phone) -> int:
    """A validated WhatsApp campaign, which waits for the connection."""
    return make_waiting(product, "WhatsApp")


def make_waiting(product: Product, channel: str) -> int:
    title = f"Kiddush {uuid.uuid4().hex[:8]}"
    arguments = ("--channel", channel, "--title", title, "--text", "Shalom", "--category", "Board")
    campaign_id = int(product.unisoft("campaign", "create", *arguments))
    product.unisoft("campaign", "validate", str(campaign_id), "--yes")
    return campaign_id


def window(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Connect WhatsApp")


def open_window(page: Page, product: Product, campaign_id: int) -> Locator:
    page.goto(f"{product.url}/app/messages/detail?id={campaign_id}")
    page.get_by_role("button", name="Connect WhatsApp").click()
    expect(window(page).get_by_role("img", name="QR code")).to_be_visible()
    return window(page)


def open_account(page: Page) -> Locator:
    """The window of the connection, from the account panel."""
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("button", name="WhatsApp connection").click()
    return window(page)


def test_a_scan_connects_and_the_campaign_goes_on(
    signed_in_page: Page, product: Product, phone: Phone, waiting: int
) -> None:
    page = signed_in_page
    dialog = open_window(page, product, waiting)
    purpose = re.compile(r"^\d+ recipients of “Kiddush .+” are waiting for this connection\.$")
    expect(dialog.get_by_text(purpose)).to_be_visible()
    expect(dialog.get_by_role("listitem")).to_have_count(3)
    expect(dialog.get_by_role("timer")).to_have_text(re.compile(r"^New code in \d:\d\d$"))
    phone.do("link")
    expect(dialog.get_by_role("status")).to_have_text("Linking the account…")
    expect(dialog.get_by_text("The code was scanned")).to_be_visible()
    expect(dialog.get_by_role("img", name="QR code")).to_have_count(0)
    assert broken_rules(page) == []
    phone.do("scan")
    expect(dialog.get_by_role("heading", name="WhatsApp is connected")).to_be_visible()
    expect(dialog.get_by_text("Beth Shalom")).to_be_visible()
    expect(dialog.get_by_text("+33 1 42 00 18 36")).to_be_visible()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("The campaigns that waited for it go on.")).to_be_visible()
    expect(page.get_by_role("region", name="Progress")).to_contain_text("Done", timeout=MOVE_WITHIN_MS)


def test_the_orange_button_of_a_row_opens_the_window_which_closes_once_connected(
    signed_in_page: Page, product: Product, phone: Phone, waiting: int
) -> None:
    page = signed_in_page
    page.goto(f"{product.url}{steps.LIST}?search=Kiddush")
    row = steps.rows(page).filter(has=page.locator(f"#qr-{waiting}"))
    expect(row.get_by_test_id("run-note")).to_have_text("WhatsApp not connected")
    row.get_by_role("button", name="QR Code").click()
    expect(window(page).get_by_role("img", name="QR code")).to_be_visible()
    phone.do("scan")
    expect(window(page).get_by_role("heading", name="WhatsApp is connected")).to_be_visible()
    expect(window(page)).to_be_hidden()
    expect(page.get_by_text("The campaigns that waited for it go on.")).to_be_visible()
    expect(page.get_by_role("button", name="QR Code")).to_have_count(0)
    expect(page.locator(f"#menu-{waiting}")).to_be_focused()
    expect(steps.rows(page).filter(has=page.locator(f"#menu-{waiting}")).get_by_test_id("run-note")).to_have_count(0)


def by_sms(place: Page | Locator) -> Locator:
    return place.get_by_role("button", name=re.compile(r"^Send all by SMS now \(\d+ credits?\)$"))


def test_those_who_wait_get_the_sms_on_purpose_only_and_once(
    signed_in_page: Page, contexts: Contexts, product: Product, phone: Phone
) -> None:
    page, campaign_id = signed_in_page, make_waiting(product, "WhatsApp / SMS")
    address = f"{product.url}/app/messages/detail?id={campaign_id}"
    narrow = contexts.get(**steps.NARROW).new_page()
    narrow.goto(address)
    by_sms(narrow).click()
    expect(narrow.get_by_test_id("sms-plan")).to_be_visible()
    assert broken_rules_by_day_and_night(narrow) == []
    assert (sideways_px(narrow) <= 0, too_small_for_fingers(narrow)) == (True, [])

    page.goto(address)
    question = page.get_by_role("alertdialog", name="Send all by SMS now?")
    by_sms(page).click()
    expect(question.get_by_test_id("sms-plan")).to_contain_text(re.compile(r"Get the SMS\s*\d+"))
    expect(question.get_by_test_id("sms-plan")).to_contain_text(re.compile(r"\d+ credits"))
    expect(question.get_by_role("button", name="Keep waiting")).to_be_focused()
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    expect(by_sms(page)).to_be_focused()
    page.get_by_role("button", name="Connect WhatsApp").click()
    by_sms(window(page)).click()
    expect(window(page)).to_be_hidden()
    question.get_by_role("button", name=re.compile(r"^Send \d+ by SMS$")).dblclick()
    expect(question).to_be_hidden()
    expect(page.get_by_text("get the SMS instead of WhatsApp.")).to_have_count(1)
    expect(page.get_by_role("region", name="Progress")).to_contain_text("Done", timeout=MOVE_WITHIN_MS)
    expect(by_sms(page)).to_have_count(0)
    # Another tab had the same question open.
    narrow.get_by_role("button", name=re.compile(r"^Send \d+ by SMS$")).click()
    expect(narrow.get_by_role("alert")).to_contain_text("no longer waits for WhatsApp")


def test_the_next_code_comes_by_itself_and_the_countdown_counts(
    signed_in_page: Page, product: Product, phone: Phone, waiting: int
) -> None:
    dialog = open_window(signed_in_page, product, waiting)
    line = dialog.get_by_role("img", name="QR code").locator(".qrline")
    first = line.get_attribute("d") or ""
    told = dialog.get_by_role("timer").inner_text()
    expect(dialog.get_by_role("timer")).not_to_have_text(told)
    phone.do("next")
    expect(line).not_to_have_attribute("d", first)
    expect(dialog.get_by_role("timer")).to_have_text(re.compile("0:(20|1)"))


def test_a_refusal_offers_a_new_code(signed_in_page: Page, product: Product, phone: Phone, waiting: int) -> None:
    dialog = open_window(signed_in_page, product, waiting)
    phone.do("refuse")
    again = dialog.get_by_role("button", name="Show a new code")
    expect(again).to_be_visible()
    again.click()
    expect(dialog.get_by_role("timer")).to_be_visible()


def test_codes_that_ran_out_say_so_and_a_new_one_connects(
    signed_in_page: Page, product: Product, phone: Phone, waiting: int
) -> None:
    dialog = open_window(signed_in_page, product, waiting)
    for _ in range(CODES - 1):
        phone.do("next")
    expect(dialog.get_by_role("timer")).to_have_text(re.compile("0:(20|1)"))
    again = dialog.get_by_role("button", name="Show a new code")
    expect(again).to_be_visible(timeout=LAST_CODE_WITHIN_MS)
    expect(dialog.get_by_role("status")).to_have_text("This code has expired")
    expect(dialog.get_by_text("After seven of them nothing is shown any more.")).to_be_visible()
    expect(dialog.get_by_role("img", name="QR code")).to_have_count(0)
    again.click()
    expect(dialog.get_by_role("img", name="QR code")).to_be_visible()
    expect(dialog.get_by_role("timer")).to_have_text(re.compile("0:[345]|1:00"))
    phone.do("scan")
    expect(dialog.get_by_role("heading", name="WhatsApp is connected")).to_be_visible()


def test_a_gateway_out_of_reach_is_said_and_tried_again_by_itself(
    signed_in_page: Page, product: Product, phone: Phone, waiting: int
) -> None:
    page = signed_in_page
    page.goto(f"{product.url}/app/messages/detail?id={waiting}")
    connect = page.get_by_role("button", name="Connect WhatsApp")
    expect(connect).to_be_visible()
    with unreachable_gateway(product):
        connect.click()
        expect(window(page).get_by_role("status")).to_have_text("Trying again by itself", timeout=MOVE_WITHIN_MS)
        expect(window(page).get_by_text("WhatsApp cannot be reached", exact=True)).to_be_visible()
        expect(window(page).get_by_text("Nothing is lost: campaigns wait for it.")).to_be_visible()
        expect(window(page).get_by_role("button", name="Show a new code")).to_have_count(0)
    expect(window(page).get_by_role("img", name="QR code")).to_be_visible(timeout=MOVE_WITHIN_MS)
    phone.do("scan")
    expect(window(page).get_by_role("heading", name="WhatsApp is connected")).to_be_visible()
    expect(page.get_by_role("region", name="Progress")).to_contain_text("Done", timeout=MOVE_WITHIN_MS)


def test_disconnecting_is_asked_about_and_campaigns_wait_again(
    signed_in_page: Page, product: Product, phone: Phone, waiting: int
) -> None:
    page = signed_in_page
    phone.connect()
    page.goto(f"{product.url}{steps.LIST}?search=Kiddush")
    expect(page.get_by_role("button", name="QR Code")).to_have_count(0)
    open_account(page).get_by_role("button", name="Disconnect").click()
    question = page.get_by_role("alertdialog", name="Disconnect WhatsApp")
    expect(question.get_by_role("button", name="Keep connected")).to_be_focused()
    assert broken_rules(page) == []
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    expect(page.get_by_role("button", name="Your account")).to_be_focused()
    dialog = open_account(page)
    expect(dialog.get_by_text("+33 1 42 00 18 36")).to_be_visible()
    assert broken_rules(page) == []
    dialog.get_by_role("button", name="Disconnect").click()
    expect(dialog).to_be_hidden()
    question.get_by_role("button", name="Disconnect").dblclick()
    expect(page.get_by_text("WhatsApp is disconnected.")).to_have_count(1)
    title = f"Waits {uuid.uuid4().hex[:8]}"
    campaign_id = steps.make_draft(product, title, channel="WhatsApp")
    product.unisoft("campaign", "validate", str(campaign_id), "--yes")
    steps.search(page, title)
    expect(steps.row(page, title).get_by_role("button", name="QR Code")).to_be_visible()
    expect(open_account(page).get_by_role("img", name="QR code")).to_be_visible()


def test_a_disconnection_without_an_answer_is_not_claimed(signed_in_page: Page, product: Product, phone: Phone) -> None:
    page = signed_in_page
    phone.connect()
    page.goto(product.url + steps.LIST)
    dialog = open_account(page)
    dialog.get_by_role("button", name="Disconnect").click()
    with unreachable_gateway(product):
        page.get_by_role("alertdialog").get_by_role("button", name="Disconnect").click()
        expect(page.get_by_text("it may or may not have been ended.")).to_be_visible(timeout=MOVE_WITHIN_MS)
        expect(page.get_by_text("WhatsApp is disconnected.")).to_have_count(0)


def test_closing_gives_the_focus_back(signed_in_page: Page, product: Product, phone: Phone, waiting: int) -> None:
    page = signed_in_page
    page.goto(f"{product.url}/app/messages/detail?id={waiting}")
    for way in ("Escape", "Cancel", "Close"):
        page.get_by_role("button", name="Connect WhatsApp").click()
        expect(window(page).get_by_role("img", name="QR code")).to_be_visible()
        if way == "Escape":
            page.keyboard.press("Escape")
        else:
            window(page).get_by_role("button", name=way).click()
        expect(window(page)).to_be_hidden()
        expect(page.get_by_role("button", name="Connect WhatsApp")).to_be_focused()


def test_the_window_does_not_follow_to_another_page(
    signed_in_page: Page, product: Product, phone: Phone, waiting: int
) -> None:
    page = signed_in_page
    open_window(page, product, waiting)
    page.goto(product.url + steps.LIST)
    expect(page.get_by_test_id("campaign-row").first).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_code_reads_in_any_theme_and_no_rule_is_broken(
    signed_in_page: Page, contexts: Contexts, product: Product, phone: Phone, waiting: int
) -> None:
    narrow = contexts.get(**steps.NARROW).new_page()
    for page in (signed_in_page, narrow):
        dialog = open_window(page, product, waiting)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            expect(page.locator("html")).to_have_class(re.compile(scheme))
            expect(dialog.locator(".qr-box")).to_have_css("background-color", "rgb(255, 255, 255)")
        assert broken_rules_by_day_and_night(page) == []
    assert sideways_px(narrow) <= 0
    assert too_small_for_fingers(narrow) == []
    phone.do("refuse")
    for page in (signed_in_page, narrow):
        expect(window(page).get_by_role("button", name="Show a new code")).to_be_visible()
        assert broken_rules_by_day_and_night(page) == []
