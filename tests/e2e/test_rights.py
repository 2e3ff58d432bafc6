"""What a secondary user sees of the list, and what becomes of events that no button of theirs sends."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e import steps
from tests.e2e.conftest import Product
from tests.e2e.steps import LIST, TRASH, row, rows

REFUSED = "You do not have the right to do this."


@pytest.fixture
def word() -> str:
    return f"word{uuid.uuid4().hex[:10]}"


class Wire:
    """The socket of a page: what it said, and what a forger says through it. Made before the page loads."""

    _EVENT = re.compile(r'^42/_event,\["event",(?P<event>.*)\]$', re.DOTALL)

    def __init__(self, page: Page) -> None:
        self.said: list[dict[str, Any]] = []
        self.heard: list[str] = []
        self._server: WebSocketRoute | None = None
        page.route_web_socket(re.compile("/_event"), self._connect)

    def forge(self, event: dict[str, Any], **payload: object) -> None:
        """An event as another page sent it, with another payload."""
        assert self._server
        forged = {**event, "payload": {**event.get("payload", {}), **payload}}
        self._server.send(f'42/_event,["event",{json.dumps(forged)}]')

    def refused(self, state: str) -> int:
        """How often the page was told that a dialog's question was refused, by the name of the dialog's state."""
        return sum(state in message and REFUSED in message for message in self.heard)

    def find(self, name: str) -> dict[str, Any]:
        """The last event of a name, such as `deletion_state.ask`."""
        return next(event for event in reversed(self.said) if event["name"].endswith(name))

    def _connect(self, socket: WebSocketRoute) -> None:
        self._server = socket.connect_to_server()
        self._server.on_message(lambda message: self._hear(socket, message))
        socket.on_message(self._pass_on)

    def _hear(self, socket: WebSocketRoute, message: str | bytes) -> None:
        if isinstance(message, str):
            self.heard.append(message)
        socket.send(message)

    def _pass_on(self, message: str | bytes) -> None:
        assert self._server
        if isinstance(message, str) and (found := self._EVENT.match(message)):
            self.said.append(json.loads(found["event"]))
        self._server.send(message)


def test_who_may_only_look_sees_no_control_that_changes_anything(viewer: Page, product: Product, word: str) -> None:
    steps.make_draft(product, f"{word} draft")
    steps.make_scheduled(product, f"{word} planned")
    viewer.goto(f"{product.url}{LIST}?search={word}")
    expect(rows(viewer)).to_have_count(2)
    expect(row(viewer, "planned").get_by_role("link", name="View send details")).to_be_visible()
    expect(viewer.get_by_role("button", name=re.compile("^Delete"))).to_have_count(0)
    expect(viewer.get_by_role("checkbox")).to_have_count(0)
    expect(viewer.get_by_role("link", name=re.compile("^(Create a Campaign|Edit|Trash|Templates)$"))).to_have_count(0)
    for name in ("Validate and send", "More actions", "QR Code"):
        expect(viewer.get_by_role("button", name=name)).to_have_count(0)
    viewer.get_by_role("button", name="Your account").click()
    expect(viewer.get_by_role("button", name="Sign out")).to_be_visible()
    expect(viewer.get_by_role("button", name="WhatsApp connection")).to_have_count(0)
    viewer.keyboard.press("Escape")
    expect(viewer.get_by_role("button", name="Sign out")).to_have_count(0)
    row(viewer, "planned").get_by_role("link", name="View send details").click()
    expect(viewer.get_by_role("region", name="Progress")).to_contain_text("Scheduled for")
    for name in ("Pause", "Cancel sending", "Back to draft"):
        expect(viewer.get_by_role("button", name=name)).to_have_count(0)


def test_forged_deletions_are_refused(signed_in_page: Page, viewer: Page, product: Product, word: str) -> None:
    steps.make_draft(product, f"{word} given up")
    kept = steps.make_draft(product, f"{word} kept")
    wire, forger = Wire(signed_in_page), Wire(viewer)
    signed_in_page.goto(f"{product.url}{LIST}?search={word}")
    steps.choose(signed_in_page, "given up", "Delete")
    signed_in_page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(signed_in_page.get_by_text("1 campaign deleted.")).to_be_visible()
    expect(row(signed_in_page, "given up")).to_have_count(0)
    viewer.goto(f"{product.url}{LIST}?search={word}")
    expect(rows(viewer)).to_have_count(1)
    forger.forge(wire.find("deletion_state.ask"), campaign_id=kept)
    expect(viewer.get_by_role("alertdialog").get_by_text(REFUSED)).to_be_visible()
    asked = forger.refused("deletion_state")
    forger.forge(wire.find("deletion_state.confirm"))
    steps.eventually(viewer, lambda: forger.refused("deletion_state") > asked, "the deletion was refused")
    viewer.keyboard.press("Escape")
    expect(viewer.get_by_role("alertdialog")).to_have_count(0)
    assert steps.status(product, kept)["status"] == "INIT"
    viewer.reload()
    expect(row(viewer, "kept")).to_be_visible()


def test_forged_sendings_and_interruptions_are_refused(
    signed_in_page: Page, viewer: Page, product: Product, word: str
) -> None:
    steps.make_draft(product, f"{word} sent")
    draft = steps.make_draft(product, f"{word} draft")
    planned = steps.make_scheduled(product, f"{word} planned")
    wire, forger = Wire(signed_in_page), Wire(viewer)
    signed_in_page.goto(f"{product.url}{LIST}?search={word}")
    steps.choose(signed_in_page, "planned", "Pause")
    expect(row(signed_in_page, "planned").get_by_test_id("run-note")).to_have_text("Paused")
    steps.choose(signed_in_page, "planned", "Resume")
    expect(row(signed_in_page, "planned").get_by_test_id("run-note")).to_have_text(re.compile("^Scheduled"))
    row(signed_in_page, "sent").get_by_role("button", name="Validate and send").click()
    dialog = signed_in_page.get_by_role("alertdialog")
    dialog.get_by_role("button", name="Validate and send").click()
    expect(signed_in_page.get_by_text("Campaign validated.")).to_be_visible()

    viewer.goto(f"{product.url}{LIST}?search={word}")
    expect(rows(viewer)).to_have_count(3)
    forger.forge(wire.find("confirmation_state.ask"), campaign_id=draft)
    expect(viewer.get_by_role("alertdialog").get_by_text(REFUSED)).to_be_visible()
    asked = forger.refused("confirmation_state")
    forger.forge(wire.find("confirmation_state.confirm"))
    steps.eventually(viewer, lambda: forger.refused("confirmation_state") > asked, "the sending was refused")
    forger.forge(wire.find("runs_state.pause"), campaign_id=planned)
    expect(viewer.get_by_role("listitem").filter(has_text=REFUSED)).to_be_visible()
    assert steps.status(product, draft)["status"] == "INIT"
    assert steps.status(product, planned)["run_state"] == "scheduled"


def test_a_forged_disconnection_is_refused(signed_in_page: Page, viewer: Page, product: Product) -> None:
    wire, forger = Wire(signed_in_page), Wire(viewer)
    signed_in_page.goto(product.url + LIST)
    signed_in_page.get_by_role("button", name="Your account").click()
    signed_in_page.get_by_role("button", name="WhatsApp connection").click()
    signed_in_page.get_by_role("button", name="Disconnect").click()
    question = signed_in_page.get_by_role("alertdialog", name="Disconnect WhatsApp")
    question.get_by_role("button", name="Keep connected").click()
    expect(question).to_have_count(0)
    viewer.goto(product.url + LIST)
    expect(rows(viewer).first).to_be_visible()
    asked = wire.find("pairing_state.ask_to_disconnect")
    forger.forge(asked)
    expect(viewer.get_by_role("alertdialog", name="Disconnect WhatsApp")).to_be_visible()
    forger.forge({**asked, "name": asked["name"].replace("ask_to_disconnect", "disconnect")})
    expect(viewer.get_by_text(REFUSED)).to_be_visible()
    signed_in_page.get_by_role("button", name="Your account").click()
    signed_in_page.get_by_role("button", name="WhatsApp connection").click()
    expect(signed_in_page.get_by_role("heading", name="WhatsApp is connected")).to_be_visible()


def test_the_trash_opens_to_nobody_without_the_right(viewer: Page, product: Product) -> None:
    viewer.goto(product.url + TRASH)
    expect(viewer.get_by_text(REFUSED)).to_be_visible()
    expect(viewer.get_by_test_id("trash-row")).to_have_count(0)
