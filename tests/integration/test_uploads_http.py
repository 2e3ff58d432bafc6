"""`POST /uploads`: who may, from where, how much; and what is answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from starlette.routing import Router

from backend.domain.rights import Right
from backend.file_store import FileStore
from backend.http import build_routes
from backend.http.bodies import BodyLimits
from backend.models import Upload
from backend.services import sessions
from backend.settings import get_settings
from tests.files import MP4, PDF_FILE
from tests.integration.contents import make_user, rows, stored

pytestmark = pytest.mark.usefixtures("database")


def post(body: Any = PDF_FILE, *, token: str = "", name: str = "Times.pdf", **headers: str) -> httpx.Response:
    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(BodyLimits(Router(build_routes())), raise_app_exceptions=False)
        origin = get_settings().origin
        sent = {"origin": origin, "x-file-name": quote(name), **headers}
        sent_body: Any = body() if callable(body) else body
        cookies = {"unisoft_session": token} if token else {}
        async with httpx.AsyncClient(transport=transport, base_url=origin, cookies=cookies) as client:
            return await client.post("/uploads", content=sent_body, headers=sent)

    return asyncio.run(request())


def signed_in(*rights: Right) -> str:
    user = make_user(rights=rights or (Right.CAMPAIGNS_EDIT,))
    return sessions.open_session(user.id or 0, stay_signed_in=False)[0]


def test_a_file_is_taken_and_described() -> None:
    answer = post(token=signed_in(), name="Horaires d'été.pdf")
    assert answer.status_code == 200
    assert answer.json() == {"ref": "u1", "name": "Horaires d'été.pdf", "kind": "document", "size": len(PDF_FILE)}
    assert len(stored()) == 1


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\x.pdf", "/etc/cron.d/x", "a\r\nb.pdf", "\u202efdp.exe"])
def test_no_name_is_a_path(name: str) -> None:
    answer = post(token=signed_in(), name=name)
    assert answer.status_code == 200
    assert not set(answer.json()["name"]) & set("/\\\r\n\u202e")
    assert answer.json()["name"].endswith(".pdf")
    assert all(path.count("/") == 1 and ".." not in path for path in stored())


def test_nobody_without_a_session() -> None:
    for token in ("", "x" * 43):
        answer = post(token=token)
        assert (answer.status_code, answer.json()["error"]) == (401, "session_ended")
    assert stored() == []


def test_nobody_without_the_right() -> None:
    answer = post(token=signed_in(Right.CAMPAIGNS_VIEW))
    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
    assert stored() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
    ids=str,
)
def test_nobody_from_elsewhere(headers: dict[str, str]) -> None:
    answer = post(token=signed_in(), **headers)
    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
    assert stored() == []


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"MZ\x90\x00" * 100, "file_type"), (b"<svg onload=alert(1)>", "file_type"), (b"", "file_empty")],
)
def test_a_disguise_is_refused_by_its_content(body: bytes, code: str) -> None:
    answer = post(body, token=signed_in(), name="Times.pdf")
    assert (answer.status_code, answer.json()["error"]) == (400, code)
    assert stored() == []


def test_too_large_says_how_large_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCUMENT_MAX_MB", "1")
    monkeypatch.setenv("VIDEO_MAX_MB", "3")
    get_settings.cache_clear()
    token = signed_in()
    answer = post(PDF_FILE + bytes(2 << 20), token=token)
    assert (answer.status_code, answer.json()) == (413, {"error": "document_too_large", "limit_mb": 1})
    assert post(MP4 + bytes(2 << 20), token=token, name="a.mp4").status_code == 200
    assert len(stored()) == 1

    async def endless() -> AsyncIterator[bytes]:
        yield MP4
        for _ in range(40):
            yield bytes(100_000)

    answer = post(endless, token=token, name="b.mp4")
    assert answer.status_code == 413, "whatever was announced"
    assert post(MP4 + bytes(4 << 20), token=token).status_code == 413
    assert len(stored()) == 1


def test_nothing_is_held_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    largest = 0
    write = FileStore.receive

    def receive(store: FileStore) -> Any:
        incoming = write(store)
        inner = incoming.write

        def noted(piece: bytes) -> None:
            nonlocal largest
            largest = max(largest, len(piece))
            inner(piece)

        incoming.write = noted
        return incoming

    monkeypatch.setattr(FileStore, "receive", receive)

    async def many() -> AsyncIterator[bytes]:
        yield MP4
        for _ in range(160):
            yield bytes(65_536)

    assert post(many, token=signed_in(), name="a.mp4").status_code == 200
    assert 0 < largest <= 1_200_000


def test_a_connection_that_ends_leaves_nothing() -> None:
    arriving = iter([{"type": "http.request", "body": PDF_FILE, "more_body": True}, {"type": "http.disconnect"}])
    sent: list[Any] = []
    headers = {"origin": get_settings().origin, "cookie": f"unisoft_session={signed_in()}"}
    scope = {
        "type": "http", "method": "POST", "path": "/uploads", "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip

    async def receive() -> Any:
        return next(arriving)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(BodyLimits(Router(build_routes()))(scope, receive, send))
    assert sent[0]["status"] == 400
    assert stored() == []
    assert rows(Upload) == 0


def test_a_store_that_is_away_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_store: FileStore) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(FileStore, "receive", away)
    answer = post(token=signed_in())
    assert (answer.status_code, answer.json()["error"]) == (503, "upload_failed")
