"""A running web process, and clients that talk to it as a browser would, or as no browser would."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import httpx
import pytest
import socketio

from backend.database import dispose_engine
from backend.domain.rights import Role
from backend.processes.ports import free_port
from backend.services import installing, users
from backend.services.acting import OPERATOR
from backend.settings import get_settings

_LOGGED_WITHIN_S = 60
ROOT = Path(__file__).resolve().parents[2]
CAMPAIGNS = "/app/messages/campagnes"
BOOT = "reflex___state____state.hydrate_and_load"
ADMIN = ("admin@example.org", "a long password")
ADMIN_NAME = "Zerubbabel"


@dataclass(frozen=True)
class Web:
    origin: str
    log_file: Path
    handlers: dict[str, list[str]]
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.origin, headers={"origin": self.origin}, **options)

    def log(self, until: str = "") -> str:
        """What was logged so far; with `until`, once that is there."""
        deadline = time.monotonic() + _LOGGED_WITHIN_S
        while until not in (text := self.log_file.read_text()):
            assert time.monotonic() < deadline, f"{until} was not logged"
            time.sleep(0.05)
        return text


@contextlib.contextmanager
def installed_web(folder: Path, redis_url: str) -> Iterator[Web]:
    """A process with a database and an administrator of its own, which the test reaches through the services."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"DATA_DIR": str(folder), "DATABASE_URL": "", "REDIS_URL": redis_url}.items():
            patch.setenv(name, value)
        dispose_engine()
        get_settings.cache_clear()
        installing.migrate()
        users.create_user(
            OPERATOR,
            email=ADMIN[0],
            password=ADMIN[1],
            role=Role.ADMINISTRATOR,
            first_name=ADMIN_NAME,
            last_name="Admin",
        )
        with running_web(folder) as running:
            yield running
        dispose_engine()
        get_settings.cache_clear()


@contextlib.contextmanager
def running_web(folder: Path) -> Iterator[Web]:
    """Start it with the environment of the test; stop it afterwards."""
    port = free_port()
    log_file, names_file = folder / "web.log", folder / "handlers.json"
    with log_file.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.web_program", str(names_file)],
            cwd=ROOT,
            env={**os.environ, "PORT": str(port), "PUBLIC_URL": "", "LOG_LEVEL": "DEBUG"},
            stderr=log,
            stdout=log,
        )
    origin = f"http://127.0.0.1:{port}"
    try:
        _wait(process, origin, log_file)
        yield Web(origin, log_file, json.loads(names_file.read_text()), process)
    finally:
        process.terminate()
        process.wait(10)


def _wait(process: subprocess.Popen[bytes], origin: str, log_file: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with contextlib.suppress(httpx.HTTPError):
            httpx.get(f"{origin}/healthz")
            return
        assert process.poll() is None, log_file.read_text()
        time.sleep(0.05)
    raise AssertionError(log_file.read_text())


@dataclass
class Tab:
    """One websocket, and every frame that came out of it."""

    socket: socketio.AsyncClient
    frames: list[dict[str, Any]] = field(default_factory=list)
    new_tokens: list[str] = field(default_factory=list)

    async def send(self, name: str, payload: dict[str, Any] | None = None, path: str = CAMPAIGNS) -> None:
        await self.socket.emit("event", event(name, payload, path), namespace="/_event")

    async def settle(self, quiet_s: float = 0.5, at_most_s: float = 30.0) -> None:
        """Wait until nothing came for a while."""
        until, seen, since = time.monotonic() + at_most_s, -1, time.monotonic()
        while time.monotonic() < until:
            if len(self.frames) != seen:
                seen, since = len(self.frames), time.monotonic()
            elif time.monotonic() - since > quiet_s:
                return
            await asyncio.sleep(0.02)

    @property
    def text(self) -> str:
        return json.dumps(self.frames, ensure_ascii=False)

    def values(self, name: str) -> list[Any]:
        """Every value a var took, oldest first."""
        return [
            value
            for frame in self.frames
            for changes in (frame.get("delta") or {}).values()
            for key, value in changes.items()
            if key.removesuffix("_rx_state_") == name
        ]

    @property
    def deltas(self) -> list[dict[str, Any]]:
        return [frame["delta"] for frame in self.frames if frame.get("delta")]


def event(name: str, payload: dict[str, Any] | None = None, path: str = CAMPAIGNS) -> dict[str, Any]:
    parts = urlsplit(path)
    router = {"pathname": parts.path, "query": dict(parse_qsl(parts.query)), "asPath": path}
    return {"name": name, "payload": payload or {}, "router_data": router}


@contextlib.asynccontextmanager
async def tab(
    web: Web,
    cookie: str = "",
    *,
    boot: str = "",
    token: str = "",
    page: str = "",
    headers: dict[str, str] | None = None,
) -> AsyncIterator[Tab]:
    """Connect. `boot` is the path of the page that says hello, none when empty; `page` how it names itself."""
    http = aiohttp.ClientSession()
    socket = socketio.AsyncClient(reconnection=False, http_session=http)
    opened = Tab(socket)

    async def receive(frame: Any) -> None:
        opened.frames.append(json.loads(frame) if isinstance(frame, str) else frame)

    async def note_token(token: str) -> None:
        opened.new_tokens.append(token)

    socket.on("event", receive, namespace="/_event")
    socket.on("new_token", note_token, namespace="/_event")
    sent = {"Origin": web.origin, **({"Cookie": f"unisoft_session={cookie}"} if cookie else {}), **(headers or {})}
    try:
        await socket.connect(
            f"{web.origin}?token={token or uuid.uuid4()}{page and f'&page={page}'}",
            headers={name: value for name, value in sent.items() if value},
            socketio_path="/_event",
            namespaces=["/_event"],
            transports=["websocket"],
            auth={"event": event(BOOT, path=boot)} if boot else None,
        )
        yield opened
    finally:
        await socket.disconnect()
        await http.close()
