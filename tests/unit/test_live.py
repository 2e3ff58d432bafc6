"""Pages that watch: when they read, what they share, what reaches a tab, and when they end."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from backend.domain.rights import Role
from backend.services.acting import ActingUser
from unisoft_ui import bridge, live, shown
from unisoft_ui.bridge import SessionEndedError, Shared
from unisoft_ui.shown import Shown, Values
from unisoft_ui.states.campaigns import CampaignsState

TOPIC = "live:test"
USER = ActingUser(1, "a@example.org", "A", Role.ADMINISTRATOR)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_RETRY_TURN_S", 0)
    monkeypatch.setattr(live, "_PER_TAB_S", 0)


async def passes(times: int = 10) -> None:
    """Let every task come to where it waits."""
    for _ in range(times):
        await asyncio.sleep(0)


def follow(show: Callable[[int], Awaitable[None]]) -> asyncio.Task[None]:
    return asyncio.ensure_future(live.follow(show, TOPIC, min_interval_s=0))


def test_a_page_reads_at_once_and_once_for_a_burst() -> None:
    async def watch() -> list[int]:
        turns: list[int] = []

        async def show(signal: int) -> None:
            turns.append(signal)

        watching = follow(show)
        await passes()
        for _ in range(3):
            live._wake(TOPIC)
        await passes()
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        return turns

    first, burst = asyncio.run(watch())
    assert first == 0
    assert burst > 0


def test_a_tab_that_closes_just_as_a_signal_comes_stops_watching() -> None:
    async def close() -> tuple[bool, bool]:
        async def show(_signal: int) -> None: ...

        watching = follow(show)
        await passes()
        live._wake(TOPIC)
        await asyncio.sleep(0)  # the signal is there, the watcher not yet back
        watching.cancel()
        await passes()
        ended = watching.done()
        watching.cancel()
        return ended, TOPIC in live._watching

    assert asyncio.run(close()) == (True, False)


def test_a_cancellation_that_a_library_loses_ends_the_watching() -> None:
    async def close() -> bool:
        async def show(_signal: int) -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                return

        watching = follow(show)
        await passes()
        watching.cancel()
        await passes()
        ended = watching.done()
        watching.cancel()
        return ended

    assert asyncio.run(close())


def test_errors_of_turns_are_logged_once_and_the_watching_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr(live, "log", SimpleNamespace(exception=lambda name, **_: logged.append(name)))

    async def watch() -> int:
        turns = 0

        async def show(_signal: int) -> None:
            nonlocal turns
            turns += 1
            if turns < 4:
                raise ConnectionError

        watching = follow(show)
        await passes(20)
        assert not watching.done()
        watching.cancel()
        return turns

    assert asyncio.run(watch()) == 4, "it is tried again without a signal, until it worked"
    assert logged == ["watch_failed"]


def test_a_database_that_does_not_answer_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr(live, "log", SimpleNamespace(warning=lambda name, **_: logged.append(name)))

    def read() -> None:
        raise OperationalError("SELECT", {}, Exception("canceling statement due to lock timeout"))

    async def watch() -> int:
        turns, fourth = 0, asyncio.Event()

        async def show(_signal: int) -> None:
            nonlocal turns
            turns += 1
            if turns < 4:
                await bridge.in_thread(read)
            fourth.set()

        watching = follow(show)
        async with asyncio.timeout(20):
            await fourth.wait()
        await passes()
        assert not watching.done()
        watching.cancel()
        return turns

    assert asyncio.run(watch()) == 4
    assert logged == ["watch_waits"]


def test_what_is_no_outage_is_told_as_what_it_is() -> None:
    def read() -> None:
        with sqlite3.connect(":memory:") as connection:
            try:
                connection.execute("SELECT something FROM nothing")
            except sqlite3.OperationalError as error:
                raise OperationalError("SELECT", {}, error) from error

    with pytest.raises(OperationalError):
        asyncio.run(bridge.in_thread(read))


def test_the_end_of_the_session_ends_the_watching() -> None:
    async def show(_signal: int) -> None:
        raise SessionEndedError

    with pytest.raises(SessionEndedError):
        asyncio.run(live.follow(show, TOPIC))


def test_what_follows_the_same_signal_is_read_once_for_each_key() -> None:
    async def read_all() -> list[str]:
        reads: list[str] = []
        shared: Shared[None] = Shared()

        def read(name: str) -> Callable[[], Any]:
            async def note() -> None:
                reads.append(name)

            return note

        await asyncio.gather(*(shared.get(1, key, read(f"first {key}")) for key in "aab"))
        await shared.get(2, "a", read("second a"))
        await asyncio.gather(*(shared.get(0, "a", read("own")) for _ in range(2)))
        return reads

    assert asyncio.run(read_all()) == ["first a", "first b", "second a", "own", "own"]


def test_a_tab_that_closes_takes_no_reading_from_the_others() -> None:
    async def close() -> str:
        shared: Shared[str] = Shared()
        goes_on = asyncio.Event()

        async def read() -> str:
            await goes_on.wait()
            return "read"

        closing, staying = (asyncio.ensure_future(shared.get(1, "a", read)) for _ in range(2))
        await passes()
        closing.cancel()
        await passes()
        goes_on.set()
        return await staying

    assert asyncio.run(close()) == "read"


def test_a_revoked_session_is_noticed_a_second_later(monkeypatch: pytest.MonkeyPatch) -> None:
    live_sessions, now = {"hash": USER}, [100.0]
    monkeypatch.setattr(bridge.sessions, "authenticate", live_sessions.get)
    monkeypatch.setattr(bridge, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(bridge, "_watching", Shared())

    async def watch() -> None:
        assert await bridge.watching_user("hash") == USER
        del live_sessions["hash"]
        now[0] += 1
        with pytest.raises(SessionEndedError):
            await bridge.watching_user("hash")

    asyncio.run(watch())


class _State:
    """Stands in for a tab's state; notes what is sent to the tab and how often the state is locked."""

    title = ""
    rows: tuple[str, ...] = ()

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[dict[str, Any]] = []
        self.locked = 0
        monkeypatch.setattr(shown, "EventContext", SimpleNamespace(get=lambda: self))

    def get_full_name(self) -> str:
        return "state"

    async def emit_delta(self, delta: dict[str, Any]) -> None:
        self.sent.append(delta["state"])

    async def __aenter__(self) -> None:
        self.locked += 1

    async def __aexit__(self, *_: object) -> None: ...


def show_all(state: _State, *values: Values) -> None:
    async def show() -> None:
        tab = Shown(state)  # pyright: ignore[reportArgumentType]
        for one in values:
            await tab.show(one)

    asyncio.run(show())


def test_a_tab_is_sent_what_changed_without_its_state_being_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    state = _State(monkeypatch)
    show_all(state, Values(title="a", rows=("x",)), Values(title="b", rows=("x",)), Values(title="b", rows=("x",)))
    assert state.sent == [{"title_rx_state_": "b"}]
    assert state.locked == 1
    assert (state.title, state.rows) == ("a", ("x",)), "kept once, when the tab came"


def test_what_was_sent_is_kept_in_the_state_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "_KEEP_EVERY_S", 0)
    state = _State(monkeypatch)
    show_all(state, Values(title="a"), Values(title="b"), Values(title="b"))
    assert state.title == "b"
    assert state.locked == 2, "not again when nothing changed"


def test_nothing_is_computed_from_what_is_sent_without_the_state() -> None:
    sent = {
        "lines",
        "line_ids",
        "tabs",
        "pagination",
        "status",
        "may_create",
        "no_result",
        "busy",
        "error",
        "reference",
    }
    assert not sent & CampaignsState._var_dependencies.keys()
