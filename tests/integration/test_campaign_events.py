"""The handlers of the campaigns' pages, called with what no page would send."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from backend.services import sessions
from tests.integration.web import CAMPAIGNS, Web, installed_web, tab
from tests.makers import make_category, make_contacts, make_draft

_STATES = "reflex___state____state.unisoft_ui___states___"
OURS = ("campaigns____", "confirmation____", "editor____", "runs____")
LIST = f"{_STATES}campaigns____campaigns_state"
CONFIRMATION = f"{_STATES}confirmation____confirmation_state"
JUNK: tuple[Any, ...] = (
    None, True, -1, 0, 3.5, 10**30, "", "1", "x" * 5_000, "'; DROP TABLE campaign; --", "javascript:alert(1)", "\x00",
    "\ud800", "//evil.example", [], [1, [2]], {}, {"__class__": "x"},
    {"__reflex_form_data__": [["title", 1], ["channel", None], ["category", "x"]]},
)  # fmt: skip


@pytest.fixture(scope="module")
def web(redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with installed_web(tmp_path_factory.mktemp("web"), redis_server) as running:
        make_contacts(3, category_id=make_category())
        yield running


def signed_in() -> str:
    return sessions.open_session(1, stay_signed_in=False)[0]


def handlers(web: Web) -> dict[str, list[str]]:
    return {name: given for name, given in web.handlers.items() if name.startswith(tuple(_STATES + o for o in OURS))}


def test_junk_breaks_nothing_and_leads_nowhere(web: Web) -> None:
    async def call_all() -> str:
        async with tab(web, signed_in(), boot=CAMPAIGNS) as page:
            await page.settle()
            for name, parameters in handlers(web).items():
                for junk in JUNK if parameters else (None,):
                    await page.send(name, dict.fromkeys(parameters, junk))
                    await asyncio.sleep(0.02)
            await page.settle()
            page.frames.clear()
            await page.send(f"{LIST}.open_tab", {"tab": "draft"})
            await page.settle()
            return page.text

    assert len(handlers(web)) > 20
    last = asyncio.run(call_all())
    assert f"{CAMPAIGNS}?tab=draft" in last
    assert "event_crashed" not in web.log()


@pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
def test_a_redirect_stays_on_the_list(web: Web, junk: object) -> None:
    async def ask() -> list[Any]:
        async with tab(web, signed_in(), boot=CAMPAIGNS) as page:
            await page.settle()
            for name in ("open_tab", "search_for", "sort_by", "choose_sort", "open_page", "choose_page_size"):
                (parameter,) = web.handlers[f"{LIST}.{name}"]
                await page.send(f"{LIST}.{name}", {parameter: junk})
            await page.settle()
            return [
                e["payload"]["path"] for f in page.frames for e in f.get("events") or () if e["name"] == "_redirect"
            ]

    assert all(path == CAMPAIGNS or path.startswith(f"{CAMPAIGNS}?") for path in asyncio.run(ask()))


def test_a_list_that_is_watched_shows_what_was_made_meanwhile(web: Web) -> None:
    async def watch() -> list[Any]:
        async with tab(web, signed_in(), boot=CAMPAIGNS) as page:
            await page.settle()
            page.frames.clear()
            await asyncio.to_thread(make_draft, title="Made meanwhile")
            await page.settle()
            return [line["title"] for lines in page.values("lines") for line in lines]

    assert "Made meanwhile" in asyncio.run(watch())


def test_confirming_needs_a_question_first(web: Web) -> None:
    async def confirm() -> str:
        async with tab(web, signed_in(), boot=CAMPAIGNS) as page:
            await page.settle()
            page.frames.clear()
            await page.send(f"{CONFIRMATION}.confirm", {"send_now": True})
            await page.settle()
            return page.text

    assert "validated" not in asyncio.run(confirm())
