from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from starlette.routing import Router

from backend.database import reading, unit_of_work
from backend.domain.channels import Channel
from backend.domain.statuses import Reason
from backend.http import unsubscribe
from backend.models import AuditEntry, Contact, OptOut, Organisation, Recipient, table_of
from backend.services import validation
from backend.services.acting import OPERATOR
from backend.services.unsubscribing import unsubscribe_urls
from backend.settings import get_settings
from tests.makers import make_contacts, make_draft, make_run

pytestmark = pytest.mark.usefixtures("database")


def ask(method: str, path: str, **values: Any) -> httpx.Response:
    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(Router(unsubscribe.routes), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=get_settings().origin) as client:
            return await client.request(method, path, **values)

    return asyncio.run(request())


def make_link(channel: Channel = Channel.EMAIL, **contact: Any) -> str:
    """The path of the link in the only recipient's message."""
    make_contacts(1, **contact)
    make_run(channel)
    with reading() as session:
        recipient_id = session.execute(select(table_of(Recipient).c.id)).scalar_one()
    return unsubscribe_urls(get_settings())(recipient_id).removeprefix(get_settings().origin)


def set_organisation(**values: Any) -> None:
    with unit_of_work() as session:
        organisation = session.get(Organisation, 1)
        for name, value in values.items():
            setattr(organisation, name, value)


def opt_outs() -> list[tuple[str, str, str]]:
    table = table_of(OptOut)
    with reading() as session:
        return [(*row,) for row in session.execute(select(table.c.medium, table.c.address, table.c.source))]


def audited() -> int:
    table = table_of(AuditEntry)
    with reading() as session:
        return session.execute(select(func.count()).where(table.c.action == "opt_out")).scalar_one()


def test_looking_changes_nothing() -> None:
    """Mail scanners and previews open every link."""
    link = make_link()
    for method in ("GET", "HEAD"):
        assert ask(method, link).status_code == 200
    page = ask("GET", link)
    assert page.headers["content-type"].startswith("text/html")
    assert '<form method="post">' in page.text
    assert opt_outs() == []
    assert audited() == 0


@pytest.mark.parametrize(
    "posted",
    [{}, {"data": {"List-Unsubscribe": "One-Click"}}, {"data": {"x": "y"}}],
    ids=["button", "one click", "other"],
)
def test_posting_stops_the_emails(posted: dict[str, Any]) -> None:
    link = make_link()
    assert ask("POST", link, **posted).status_code == 200
    assert opt_outs() == [("email", "ruth0@example.org", "link")]
    assert audited() == 1


def test_posting_twice_is_safe() -> None:
    link = make_link()
    first, second = ask("POST", link), ask("POST", link)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.text == second.text
    assert opt_outs() == [("email", "ruth0@example.org", "link")]


def test_the_next_campaign_leaves_them_out() -> None:
    ask("POST", make_link())
    summary = validation.summarise(OPERATOR, make_draft(Channel.EMAIL))
    assert (summary.total, summary.left_out) == (0, {Reason.OPTED_OUT: 1})
    assert validation.summarise(OPERATOR, make_draft(Channel.SMS)).total == 1, "emails only"


def test_it_is_the_address_that_was_written_to() -> None:
    link = make_link()
    with unit_of_work() as session:
        contact = session.get(Contact, 1)
        assert contact is not None
        contact.email = "new@example.org"
    ask("POST", link)
    assert opt_outs() == [("email", "ruth0@example.org", "link")]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_is_not_ours_does_nothing(method: str) -> None:
    number, _, signature = make_link().removeprefix("/u/").partition("-")
    forged = [
        number,
        f"{number}-",
        f"{number}-{signature[:-1]}",
        f"{number}-{signature}0",
        f"{int(number) + 1}-{signature}",
        f"0{number}-{signature[::-1]}",
        f"{number}-{signature.swapcase()}",
        "9" * 30 + f"-{signature}",
        "%00",
        "٧-%D7%90",
        "x" * 5_000,
        "%7Bname%7D",
        "<script>",
    ]
    answers = {token[:40]: ask(method, f"/u/{token}").status_code for token in forged}
    assert set(answers.values()) == {404}, answers
    assert opt_outs() == []


def test_the_link_of_another_installation_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    link = make_link()
    monkeypatch.setenv("SECRET_KEY", "another secret")
    get_settings.cache_clear()
    assert ask("POST", link).status_code == 404
    assert opt_outs() == []


def test_a_recipient_without_an_email_has_nothing_to_stop() -> None:
    link = make_link(Channel.SMS, email=None)
    assert ask("POST", link).status_code == 404
    assert opt_outs() == []


@pytest.mark.parametrize(
    ("language", "button", "done", "gone"),
    [
        ("fr", "Se désabonner", "Vous êtes désabonné", "Ce lien ne fonctionne pas"),
        ("en", "Unsubscribe", "You are unsubscribed", "This link does not work"),
        ("he", "Unsubscribe", "You are unsubscribed", "This link does not work"),
    ],
)
def test_the_page_speaks_the_language_of_the_organisation(language: str, button: str, done: str, gone: str) -> None:
    link = make_link()
    set_organisation(language=language)
    shown = "fr" if language == "fr" else "en"
    for page, words in (
        (ask("GET", link), f'<button type="submit">{button}</button>'),
        (ask("POST", link), done),
        (ask("GET", "/u/1-x"), gone),
    ):
        assert words in page.text
        assert f'<html lang="{shown}">' in page.text


def test_the_name_of_the_organisation_is_text() -> None:
    link = make_link()
    set_organisation(name='<b>Beth</b> {0} {name} & "Co"')
    for page in (ask("GET", link), ask("POST", link)):
        assert "<b>" not in page.text
        assert "&lt;b&gt;Beth&lt;/b&gt; {0} {name} &amp; &quot;Co&quot;" in page.text


def test_nothing_of_the_token_is_shown_again() -> None:
    page = ask("GET", "/u/%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    assert page.status_code == 404
    assert "alert" not in page.text
