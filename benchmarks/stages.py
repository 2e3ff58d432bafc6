"""Private processes for a benchmark: Valkey, simulated providers, workers, a database; all on 127.0.0.1."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlencode

import psutil

from backend.database import dispose_engine
from backend.processes.embedded_valkey import embedded_valkey
from backend.processes.ports import free_port
from backend.processes.spawning import Guard, kill_group, spawn, terminate
from backend.services.installing import migrate
from backend.services.users import ensure_admin
from backend.settings import get_settings
from backend.simulator.credentials import simulator_environment
from tests.integration.postgres import postgres_server

Database = Literal["sqlite", "postgresql"]
DATABASES: tuple[Database, ...] = get_args(Database)
DATABASE_NAMES: dict[Database, str] = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}

_ROOT = Path(__file__).resolve().parents[1]
_SECRET_KEY = "benchmarks " * 4
_UP_WITHIN_S = 60
_STOP_WITHIN_S = 20
_MIB = 1024 * 1024
_NO_LIMIT = {
    "SMS_RATE_PER_S": "100000",
    "WHATSAPP_RATE_PER_S": "100000",
    "EMAIL_RATE_PER_S": "1000000",
    "LOG_LEVEL": "WARNING",
}


@dataclass
class Stage:
    """What runs, and where. `spawn` adds processes; all of them end with the stage."""

    data_dir: Path
    web_port: int
    simulator_port: int
    guard: Guard
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def spawn(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `python -m module` with the environment of this process."""
        child = spawn((sys.executable, "-m", module, *arguments), guard=self.guard)
        self.children.append(child)
        return child

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start a worker and wait until it listens."""
        worker = self.spawn("backend.cli", "worker")
        _wait(lambda: _has_connections(worker.pid), worker, "the worker")
        return worker

    def start_web(self, module: str = "unisoft_ui.server") -> subprocess.Popen[bytes]:
        """Start a web process and wait until it answers."""
        web = self.spawn(module)
        _wait(lambda: _is_healthy(self.web_port), web, "the web process")
        return web

    def control(self, method: str, path: str, values: dict[str, Any] | None = None) -> Any:
        """Call the simulator's own API."""
        return call(self.simulator_port, method, f"/simulator/{path}", values)

    def follow(self, **script: Any) -> None:
        """Have the providers behave by a script (`backend/simulator/script.py`); what it does not say is clean."""
        self.control("PUT", "script", script)


def call(port: int, method: str, path: str, values: dict[str, Any] | None = None) -> Any:
    """Ask a server on this machine; gives its JSON answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, None if values is None else json.dumps(values))
        return json.loads(connection.getresponse().read() or b"null")
    finally:
        connection.close()


@contextlib.contextmanager
def stage(database: Database = "sqlite", *, callbacks: bool = False) -> Iterator[Stage]:
    """A migrated database in a temporary folder, Valkey and the simulator.

    Both databases wait for the disk at every commit. `callbacks`: whether the simulator reports what
    became of each message.
    """
    os.chdir(_ROOT)
    with contextlib.ExitStack() as ends:
        data_dir = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-")))
        redis_url = ends.enter_context(embedded_valkey(data_dir / "valkey"))
        database_url = "" if database == "sqlite" else ends.enter_context(postgres_server(durable=True))
        guard = Guard()
        ends.callback(guard.close)
        built = Stage(data_dir, free_port(), free_port(), guard)
        ends.callback(_stop, built)
        _set_environment(built, redis_url, database_url)
        migrate()
        ends.callback(dispose_engine)
        simulator = built.spawn("backend.simulator", *_simulator_arguments(built))
        _wait(lambda: built.control("GET", "counts"), simulator, "the simulator")
        built.follow(callbacks="on" if callbacks else "off")
        yield built


def _simulator_arguments(built: Stage) -> tuple[str, ...]:
    origin = f"http://127.0.0.1:{built.web_port}"
    given = {
        "port": str(built.simulator_port),
        "data-dir": str(built.data_dir),
        "web-origin": origin,
        "script": "clean",
    }
    return tuple(part for name, value in given.items() for part in (f"--{name}", value))


def _set_environment(built: Stage, redis_url: str, database_url: str) -> None:
    web, simulator = f"http://127.0.0.1:{built.web_port}", f"http://127.0.0.1:{built.simulator_port}"
    by_provider = simulator_environment(built.data_dir, _SECRET_KEY, simulator, web)
    for variables in by_provider.values():
        os.environ.update(variables)
    os.environ.update(
        _NO_LIMIT,
        DATA_DIR=str(built.data_dir),
        DATABASE_URL=database_url,
        REDIS_URL=redis_url,
        SECRET_KEY=_SECRET_KEY,
        SIMULATED_PROVIDERS=",".join(by_provider),
        PORT=str(built.web_port),
        HOST="127.0.0.1",
        PUBLIC_URL=web,
    )
    get_settings.cache_clear()


def _stop(built: Stage) -> None:
    for child in reversed(built.children):
        terminate(child)
    for child in built.children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_STOP_WITHIN_S)
        kill_group(child)
        built.guard.release(child.pid)


def _wait(answers: Any, process: subprocess.Popen[bytes], name: str) -> None:
    deadline = time.monotonic() + _UP_WITHIN_S
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            if answers():
                return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{name} did not start")
        time.sleep(0.05)


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    finally:
        connection.close()


def sign_in(web_port: int) -> str:
    """The session cookie of an administrator."""
    email, password = ensure_admin(get_settings())
    origin = get_settings().origin
    connection = http.client.HTTPConnection("127.0.0.1", web_port, timeout=10)
    form = urlencode({"email": email, "password": password or ""})
    connection.request(
        "POST",
        "/auth/sign-in",
        form,
        {"Content-Type": "application/x-www-form-urlencoded", "Origin": origin},
    )
    response = connection.getresponse()
    cookie = response.getheader("set-cookie") or ""
    if response.status != http.client.SEE_OTHER or not cookie:
        raise RuntimeError(f"sign-in: {response.status}")
    return cookie.partition(";")[0]


def pages_are_built() -> bool:
    """Whether a web process can start."""
    return (_ROOT / ".web" / "build" / "client" / "index.html").is_file()


def cpu_s(*processes: subprocess.Popen[bytes]) -> float:
    """Processor seconds that processes have used: on a busy machine steadier than the clock."""
    times = [psutil.Process(process.pid).cpu_times() for process in processes]
    return sum(one.user + one.system for one in times)


def rss_mib(process: subprocess.Popen[bytes]) -> float:
    """Resident memory of a process and its children."""
    parent = psutil.Process(process.pid)
    return sum(one.memory_info().rss for one in (parent, *parent.children(recursive=True))) / _MIB


def _has_connections(pid: int) -> bool:
    """Whether a worker has reached Redis: until then it cannot be woken."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        return any(one.net_connections(kind="tcp") for one in (process, *process.children(recursive=True)))
    return False
