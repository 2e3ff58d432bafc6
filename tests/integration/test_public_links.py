"""What recipients open: short links that count, files that are saved and never shown as pages of ours."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update
from starlette.routing import Router
from structlog.testing import capture_logs

from backend import clock
from backend.database import reading, unit_of_work
from backend.domain.additional_content import AdditionalContent
from backend.domain.reactions import Clicked, ClickedKind
from backend.domain.short_links import NOBODY, ItemKind
from backend.file_store import get_file_store
from backend.http import build_routes
from backend.http.access_log import AccessLog
from backend.http.security_headers import SecurityHeaders
from backend.models import Campaign, CampaignFile, LinkClick, Organisation, table_of
from backend.repositories import link_clicks
from backend.services import deleting
from backend.services.public_addresses import file_url, recipient_url
from backend.settings import get_settings
from tests.files import MP4, PDF_FILE
from tests.integration.contents import make_user, save_content, upload
from tests.makers import make_draft

pytestmark = pytest.mark.usefixtures("database")

VIDEO = MP4 + bytes(range(256)) * 4


def ask(url: str, method: str = "GET", **headers: str) -> httpx.Response:
    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(SecurityHeaders(Router(build_routes()), "default-src 'self'"))
        async with httpx.AsyncClient(transport=transport, base_url=get_settings().origin) as client:
            return await client.request(method, url, headers=headers)

    return asyncio.run(request())


@pytest.fixture
def campaign() -> tuple[int, AdditionalContent]:
    ruth, campaign_id = make_user(), make_draft()
    refs = [upload(ruth, name='Horaires "été".pdf'), upload(ruth, VIDEO, "clip.mp4")]
    return campaign_id, save_content(ruth, campaign_id, links=["https://example.org/plan?a=1#x"], files=refs)


def url_of(kind: ItemKind, item_id: int, recipient_id: int = 7) -> str:
    return recipient_url(get_settings(), kind, item_id, recipient_id)


def clicks() -> list[tuple[Any, ...]]:
    table = table_of(LinkClick)
    with reading() as session:
        columns = (table.c.kind, table.c.item_id, table.c.recipient_id, table.c.count)
        return [(*row,) for row in session.execute(select(*columns).order_by(*columns))]


def test_a_link_leads_where_it_was_set_and_counts(campaign: tuple[int, AdditionalContent]) -> None:
    campaign_id, content = campaign
    link = content.links[0]
    for _ in range(2):
        answer = ask(url_of(ItemKind.LINK, link.id) + "?url=https://evil.example&next=//evil.example")
        assert (answer.status_code, answer.headers["location"]) == (302, link.url)
        assert answer.headers["cache-control"] == "no-store"
    ask(url_of(ItemKind.LINK, link.id, recipient_id=8))
    ask(url_of(ItemKind.LINK, link.id, recipient_id=NOBODY))
    assert clicks() == [("link", link.id, 0, 1), ("link", link.id, 7, 2), ("link", link.id, 8, 1)]
    with reading() as session:
        [total] = link_clicks.totals(session, campaign_id, limit=5)
        assert (total.clicked, total.people, total.clicks) == (Clicked(ClickedKind.LINK, link.id), 2, 3), (
            "a trial is none"
        )
        row = session.get(LinkClick, (campaign_id, ItemKind.LINK, link.id, 7))
        assert row is not None
        assert row.first_at < row.last_at


def test_a_file_is_reached_by_its_short_link(campaign: tuple[int, AdditionalContent]) -> None:
    file = campaign[1].files[1]
    answer = ask(url_of(ItemKind.FILE, file.id))
    assert answer.status_code == 302
    assert answer.headers["location"] == file_url(get_settings(), file.id).removeprefix(get_settings().origin)
    assert ask(answer.headers["location"]).content == VIDEO
    assert clicks() == [("file", file.id, 7, 1)]


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"purpose": "prefetch"}),
        ("GET", {"sec-purpose": "prefetch;prerender"}),
        ("GET", {"Sec-Purpose": "Prefetch"}),
        ("GET", {"x-moz": "prefetch"}),
        ("GET", {"user-agent": "WhatsApp/2.23.20.0"}),
    ],
    ids=str,
)
def test_a_program_that_looks_ahead_is_answered_and_not_counted(
    campaign: tuple[int, AdditionalContent], method: str, headers: dict[str, str]
) -> None:
    assert ask(url_of(ItemKind.LINK, campaign[1].links[0].id), method, **headers).status_code == 302
    assert clicks() == []


def test_a_deleted_campaign_still_works_and_an_erased_one_does_not(campaign: tuple[int, AdditionalContent]) -> None:
    campaign_id, content = campaign
    urls = [url_of(ItemKind.LINK, content.links[0].id), url_of(ItemKind.FILE, content.files[0].id)]
    with unit_of_work() as session:
        session.execute(update(table_of(Campaign)).values(deleted_at=clock.now() - timedelta(days=31)))
    assert [ask(url).status_code for url in urls] == [302, 302]
    assert len(clicks()) == 2
    deleting.erase_old_drafts()
    assert [ask(url).status_code for url in [*urls, file_url(get_settings(), content.files[0].id)]] == [404] * 3
    assert clicks() == []
    assert campaign_id


@pytest.mark.parametrize("language", ["en", "fr", "he"])
def test_what_is_not_ours_is_a_page_that_says_so(campaign: tuple[int, AdditionalContent], language: str) -> None:
    with unit_of_work() as session:
        session.execute(update(table_of(Organisation)).values(language=language))
    code = url_of(ItemKind.LINK, campaign[1].links[0].id).rsplit("/", 1)[1]
    token = file_url(get_settings(), campaign[1].files[0].id).rsplit("/", 1)[1]
    number, signature = token.split("-")
    forged = [
        f"/l/{code[:-1]}{'0' if code[-1] != '0' else '1'}", f"/l/{code[:-1]}", f"/l/{code}0", "/l/" + "z" * 20,
        "/l/" + "a" * 5_000, f"/f/{int(number) + 1}-{signature}", f"/f/{number}-", f"/f/{number}", f"/f/{token}0",
        f"/f/0{token}x", "/f/" + "9" * 40 + "-x", "/f/-", "/f/é-é",
    ]  # fmt: skip
    for path in forged:
        answer = ask(path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"].startswith("text/html")
        assert ("Ce lien" if language == "fr" else "This link") in answer.text
    assert clicks() == []


def test_a_code_for_a_link_that_never_was(campaign: tuple[int, AdditionalContent]) -> None:
    for kind in ItemKind:
        assert ask(url_of(kind, 999)).status_code == 404


def test_a_file_is_to_be_saved_and_never_a_page(campaign: tuple[int, AdditionalContent]) -> None:
    file = campaign[1].files[0]
    answer = ask(file_url(get_settings(), file.id))
    assert (answer.status_code, answer.content) == (200, PDF_FILE)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-length"] == str(len(PDF_FILE))
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert "filename*=UTF-8''Horaires%20%C3%A9t%C3%A9.pdf" in answer.headers["content-disposition"]
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-99", 0, 100), ("bytes=100-", 100, None), ("bytes=-10", -10, None), ("bytes=5-5", 5, 6),
     ("bytes=50-999999999", 50, None), ("bytes=-999999999", 0, None)],
)  # fmt: skip
def test_a_part_of_a_video(campaign: tuple[int, AdditionalContent], asked: str, start: int, end: int | None) -> None:
    answer = ask(file_url(get_settings(), campaign[1].files[1].id), range=asked)
    part = VIDEO[start:end]
    assert (answer.status_code, answer.content) == (206, part)
    first = start if start >= 0 else len(VIDEO) + start
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(part) - 1}/{len(VIDEO)}"
    assert answer.headers["content-length"] == str(len(part))


@pytest.mark.parametrize(
    "asked", ["bytes=a-b", "bytes=-", "items=0-1", "bytes=0-1,5-6", "bytes=9-3", "bytes=" + "9" * 99]
)
def test_a_part_nobody_understands_is_the_whole(campaign: tuple[int, AdditionalContent], asked: str) -> None:
    answer = ask(file_url(get_settings(), campaign[1].files[1].id), range=asked)
    assert (answer.status_code, answer.content) == (200, VIDEO)


def test_what_is_beyond_the_end_is_refused(campaign: tuple[int, AdditionalContent]) -> None:
    url = file_url(get_settings(), campaign[1].files[1].id)
    for asked in (f"bytes={len(VIDEO)}-", "bytes=-0"):
        answer = ask(url, range=asked)
        assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(VIDEO)}")


def test_what_the_browser_has_is_not_sent_again(campaign: tuple[int, AdditionalContent]) -> None:
    url = file_url(get_settings(), campaign[1].files[1].id)
    head = ask(url, "HEAD")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(VIDEO)))
    etag = head.headers["etag"]
    assert ask(url, **{"if-none-match": etag}).status_code == 304
    assert ask(url, range="bytes=0-1", **{"if-range": etag}).status_code == 206
    assert ask(url, range="bytes=0-1", **{"if-range": '"other"'}).status_code == 200


def test_content_that_is_not_there_now_is_said(campaign: tuple[int, AdditionalContent]) -> None:
    file = campaign[1].files[0]
    get_file_store().remove(file.sha256)
    answer = ask(file_url(get_settings(), file.id))
    assert answer.status_code == 503
    assert "cannot be opened" in answer.text or "ne peut pas" in answer.text


def test_a_file_of_a_campaign_cannot_be_guessed_from_another(campaign: tuple[int, AdditionalContent]) -> None:
    with reading() as session:
        ids = list(session.execute(select(table_of(CampaignFile).c.id)).scalars())
    signatures = {file_url(get_settings(), file_id).rsplit("-", 1)[1] for file_id in ids}
    assert len(signatures) == len(ids)


@pytest.mark.parametrize("path", ["/l/abc", "/f/1-abc", "/u/1-abc"])
def test_the_log_does_not_hold_what_opens_a_file(path: str) -> None:
    with capture_logs() as lines:
        asyncio.run(_through_the_log(path))
    assert [line["path"] for line in lines if line["event"] == "request"] == [path[:3] + "…"]


async def _through_the_log(path: str) -> None:
    transport = httpx.ASGITransport(AccessLog(Router(build_routes())))
    async with httpx.AsyncClient(transport=transport, base_url=get_settings().origin) as client:
        await client.get(path)
