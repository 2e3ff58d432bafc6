"""The doors in front of the events: sessions, origins, floods, leaks."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
import redis
import socketio.exceptions

from backend.database import reading, unit_of_work
from backend.domain.rights import Role
from backend.domain.statuses import LedgerKind
from backend.models import User
from backend.repositories import credits
from backend.services import sessions, users
from backend.services.acting import OPERATOR
from backend.settings import get_settings
from tests.integration.web import ADMIN_NAME, BOOT, CAMPAIGNS, Web, installed_web, running_web, tab
from tests.makers import make_category, make_contacts, make_draft

SECRET_CREDIT = 48_151
SECRET_CATEGORY = "Candidates for the board"
SECRET_CONTACT = "Nebuchadnezzar"
SECRET_TEXT = "Nobody else may read this."
SECRETS = (ADMIN_NAME, SECRET_CATEGORY, SECRET_CONTACT, SECRET_TEXT, "secret note")
SHELL = "reflex___state____state.unisoft_ui___states___session____shell_state"


@pytest.fixture(scope="module")
def web(redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with installed_web(tmp_path_factory.mktemp("web"), redis_server) as running:
        with unit_of_work() as session:
            credits.move(session, LedgerKind.PURCHASE, SECRET_CREDIT, note="secret note")
        make_category(SECRET_CATEGORY)
        make_contacts(2, first_name=SECRET_CONTACT)
        make_draft(sms_text=SECRET_TEXT)
        yield running


def available() -> str:
    with reading() as session:
        return f"{credits.get_balance(session).available:,}"


def signed_in(user_id: int = 1) -> str:
    return sessions.open_session(user_id, stay_signed_in=False)[0]


def everything_in(redis_url: str) -> bytes:
    """Keys and values, whatever their type."""
    with redis.Redis.from_url(redis_url) as client:
        keys = cast("list[bytes]", client.keys("*"))
        texts = [client.get(key) or b"" if client.type(key) == b"string" else repr(client.dump(key)) for key in keys]
    return b"".join([*keys, *(text if isinstance(text, bytes) else str(text).encode() for text in texts)])


def plausible(parameters: list[str]) -> dict[str, object]:
    return {name: "1" if "id" in name else True for name in parameters}


def refusals(text: str) -> int:
    return text.count("/login")


def test_there_are_handlers_to_call(web: Web) -> None:
    assert f"{SHELL}.set_credit_open" in web.handlers
    assert BOOT in web.handlers


@pytest.mark.parametrize("who", ["nobody", "made up", "revoked", "switched off"])
def test_no_handler_runs_without_a_live_session(web: Web, who: str) -> None:
    user = users.create_user(OPERATOR, email=f"{uuid.uuid4().hex}@example.org", role=Role.ADMINISTRATOR)
    cookie = {"nobody": "", "made up": "x" * 43}.get(who, "") if who in {"nobody", "made up"} else signed_in(user.id)
    if who == "revoked":
        sessions.revoke(sessions.hash_token(cookie))
    if who == "switched off":
        with unit_of_work() as session:
            found = session.get(User, user.id)
            assert found is not None
            found.is_active = False

    async def call_all() -> None:
        async with tab(web, cookie, boot=CAMPAIGNS) as page:
            for name, parameters in web.handlers.items():
                await page.send(name, plausible(parameters))
                await asyncio.sleep(0.01)
            await page.settle()
            assert page.deltas == []
            assert not [secret for secret in (*SECRETS, available()) if secret in page.text]
            assert refusals(page.text) > len(web.handlers) / 2

    asyncio.run(call_all())


def test_nothing_leaks_to_a_user_without_rights(web: Web) -> None:
    plain = users.create_user(OPERATOR, email="plain@example.org", password="another long one", first_name="Plain")

    async def call_all() -> None:
        async with tab(web, signed_in(plain.id), boot=CAMPAIGNS) as page:
            for name, parameters in web.handlers.items():
                await page.send(name, plausible(parameters))
                await asyncio.sleep(0.01)
            await page.settle()
            assert not [secret for secret in (*SECRETS, available()) if secret in page.text]

    asyncio.run(call_all())


def test_a_signed_in_page_shows_the_frame_and_no_secret(web: Web, redis_server: str) -> None:
    cookie = signed_in()

    async def look() -> str:
        async with tab(web, cookie, boot=CAMPAIGNS) as page:
            await page.settle()
            await page.send(f"{SHELL}.set_credit_open", {"value": True})
            await page.settle()
            assert SECRET_TEXT in page.text  # the list is there for those who may see it
            assert page.values("user_name")[-1] == f"{ADMIN_NAME} Admin"
            assert page.values("credit")[-1] == available()
            assert "secret note" in {row["note"] for row in page.values("movements")[-1]}
            return page.text

    frames = asyncio.run(look())
    for secret in (
        cookie,
        sessions.hash_token(cookie),
        "argon2",
        redis_server.rpartition("@")[0],
        get_settings().signing_key,
    ):
        assert secret not in frames
        assert secret not in web.log()
    stored = everything_in(redis_server)
    assert ADMIN_NAME.encode() in stored
    assert cookie.encode() not in stored


def test_a_forged_session_header_counts_for_nothing(web: Web) -> None:
    forged: dict[str, str] = dict.fromkeys(("Authorization", "X-Unisoft-Session"), sessions.hash_token(signed_in()))

    async def look() -> None:
        async with tab(web, boot=CAMPAIGNS, headers=forged) as page:
            await page.settle()
            assert page.deltas == []
            assert refusals(page.text)

    asyncio.run(look())


def test_a_tabs_token_opens_nothing_without_its_session(web: Web) -> None:
    mine, other = signed_in(), users.create_user(OPERATOR, email="o@example.org", password="another long one")

    async def look() -> None:
        async with tab(web, mine, boot=CAMPAIGNS, token="known-to-others") as page:
            await page.settle()
            assert ADMIN_NAME in page.text
        for cookie in ("", signed_in(other.id)):
            async with tab(web, cookie, boot=CAMPAIGNS, token="known-to-others") as page:
                await page.settle()
                assert ADMIN_NAME not in page.text

    asyncio.run(look())


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1.evil.example"]
)
def test_foreign_pages_get_no_socket(web: Web, origin: str) -> None:
    async def connect() -> None:
        async with tab(web, signed_in(), headers={"Origin": origin}):
            pass

    with pytest.raises(socketio.exceptions.ConnectionError):
        asyncio.run(connect())


def test_there_is_no_long_polling(web: Web) -> None:
    with web.client() as client:
        assert client.get("/_event/?EIO=4&transport=polling").status_code == 404
        assert client.post("/_event/?EIO=4&transport=polling", content="40").status_code == 404


def test_a_public_page_says_hello_and_gets_nothing(web: Web) -> None:
    async def look() -> None:
        async with tab(web, boot="/login") as page:
            await page.settle()
            assert page.frames == []

    asyncio.run(look())


def test_a_revoked_session_ends_its_watchers(web: Web, redis_server: str) -> None:
    cookie = signed_in()

    async def look() -> None:
        async with tab(web, cookie, boot=CAMPAIGNS) as page:
            await page.settle()
            assert page.values("credit")
            page.frames.clear()
            sessions.revoke_all(1)
            with unit_of_work() as session:
                credits.move(session, LedgerKind.PURCHASE, 11, note="after")
            with redis.Redis.from_url(redis_server) as client:
                client.publish("live:credit", b"")
            await page.settle(1.5)
            assert page.deltas == []
            assert refusals(page.text) >= 1

    asyncio.run(look())


def test_a_live_change_reaches_the_page(web: Web, redis_server: str) -> None:
    async def look() -> None:
        async with tab(web, signed_in(), boot=CAMPAIGNS) as page:
            await page.settle()
            with unit_of_work() as session:
                credits.move(session, LedgerKind.PURCHASE, 1, note="one more")
            with redis.Redis.from_url(redis_server) as client:
                client.publish("live:credit", b"")
            await page.settle(1.5)
            assert page.values("credit")[-1] == available()

    asyncio.run(look())


def test_vars_cannot_be_written_from_outside(web: Web) -> None:
    async def look() -> None:
        async with tab(web, signed_in(), boot=CAMPAIGNS) as page:
            await page.settle()
            page.frames.clear()
            await page.send(f"{SHELL}.setvar", {"var_name": "role", "value": "intruder"})
            update = next(name for name in web.handlers if name.endswith("update_vars_internal"))
            await page.send(update, {"vars": {f"{SHELL}.role": "intruder"}})
            await page.send(BOOT, {"vars": {f"{SHELL}.role_rx_state_": "intruder"}})
            await page.settle()
            assert "intruder" not in page.text

    asyncio.run(look())


def test_an_error_shows_a_reference_and_nothing_else(web: Web) -> None:
    async def look() -> str:
        async with tab(web, signed_in(), boot=CAMPAIGNS) as page:
            await page.settle()
            page.frames.clear()
            await page.send(f"{SHELL}.set_credit_open", {"wrong": "argument"})
            await page.settle()
            return page.text

    text = asyncio.run(look())
    assert "Reference: " in text
    assert "TypeError" not in text
    assert "Traceback" not in text
    reference = text.split("Reference: ")[1][:8]
    assert f"reference={reference}" in web.log()


def test_a_flood_is_cut_and_noted_once(web: Web) -> None:
    async def flood() -> None:
        async with tab(web, signed_in(), boot=CAMPAIGNS) as page:
            await page.settle()
            for _ in range(3_000):
                await page.send(f"{SHELL}.set_credit_open", {"value": False})
            with web.client(timeout=30) as client:
                assert client.get("/healthz").status_code == 200
            await page.settle()

    before = web.log().count("socket_flood")
    asyncio.run(flood())
    assert web.log("socket_messages_refused").count("socket_flood") == before + 1


@pytest.mark.parametrize(
    "payload", [{"value": "x" * 700_000}, {"value": json.loads("[" * 60 + "]" * 60)}], ids=["large", "deep"]
)
def test_misshapen_messages_are_dropped_and_the_tab_lives_on(web: Web, payload: dict[str, object]) -> None:
    async def look() -> None:
        async with tab(web, signed_in(), boot=CAMPAIGNS) as page:
            await page.settle()
            page.frames.clear()
            await page.send(f"{SHELL}.set_credit_open", payload)
            await page.settle()
            assert page.frames == []
            await page.send(f"{SHELL}.set_credit_open", {"value": True})
            await page.settle()
            assert page.values("credit_open") == [True]

    asyncio.run(look())


def test_no_token_of_a_tab_is_logged(web: Web) -> None:
    async def look() -> None:
        async with tab(web, signed_in(), boot=CAMPAIGNS, token="token-of-a-tab") as page:
            await page.settle()

    asyncio.run(look())
    web.log("path=/_event/")
    assert "token-of-a-tab" not in web.log()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_it_stops_quickly_with_open_tabs(database: str, tmp_path: Path) -> None:
    async def look() -> float:
        with running_web(tmp_path) as running:
            async with contextlib.AsyncExitStack() as open_tabs:
                for _ in range(5):
                    await open_tabs.enter_async_context(tab(running))
                started = time.monotonic()
                await asyncio.to_thread(running.stop)
                return time.monotonic() - started

    assert asyncio.run(look()) < 20, "it waited for its tabs"
