"""A private deployment of real processes that tests may kill, stop and start again one by one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, cast

import dramatiq
import httpx
import psutil
import pytest
import redis
from dramatiq.brokers.redis import RedisBroker
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from backend import realtime
from backend.actors import broker
from backend.database import dispose_engine, get_engine, reading
from backend.domain.deliverability import deliverability
from backend.domain.hold_ups import HoldUpCode
from backend.domain.rights import Role
from backend.domain.statuses import RecipientStatus, RunState
from backend.models import Recipient, table_of
from backend.processes.embedded_valkey import ValkeyServer, prepare_valkey
from backend.processes.ports import free_port
from backend.processes.spawning import Guard, kill_group
from backend.repositories import campaigns
from backend.services import campaign_status, installing, proofs, sessions, users
from backend.services.acting import OPERATOR
from backend.services.tracking import campaign_details
from backend.settings import get_settings
from backend.simulator.credentials import simulator_environment
from backend.simulator.serving import RunningSimulator
from tests.integration.web import Tab, Web

ROOT = Path(__file__).resolve().parents[2]
WINDOW, LANES, EMAIL_LANES = 64, 4, 8
# What one killed worker may leave unknown: each of its lanes has one window in flight.
IN_FLIGHT = WINDOW * LANES
_TAKEN = (RecipientStatus.ACCEPTED, RecipientStatus.SENT, RecipientStatus.DELIVERED, RecipientStatus.READ)
_MISSING = (RecipientStatus.PENDING, RecipientStatus.CLAIMED)
_recipient = table_of(Recipient)
_SECRET = "k" * 40
_SEEDS = {"sqlite": 1, "postgresql": 2}
_START_WITHIN_S = 30
_STOP_WITHIN_S = 30
_DIE_WITHIN_S = 60
_SAMPLE_EVERY_S = 0.05
_FAST = {
    "PYTHONFAULTHANDLER": "1",  # SIGABRT writes where every thread is
    "LOG_LEVEL": "INFO",
    "PROVIDER_TIMEOUT_S": "3",
    "CLAIM_LEASE_S": "6",
    "SCHEDULER_INTERVAL_S": "0.5",
    "SMS_RATE_PER_S": "1000",
}

Process = subprocess.Popen[bytes]


class Deployment:
    """Valkey and the simulator run from the beginning; everything else when a test starts it."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, guard: Guard) -> None:
        self._folder, self._patch, self._guard = folder, patch, guard
        self._valkey: ValkeyServer = prepare_valkey(folder / "valkey")
        self._processes: list[Process] = []
        self._redis: Process | None = None
        self._started = 0
        self.workers: list[Process] = []

    def open(self, database_url: str) -> None:
        web_port, simulator_port = free_port(), free_port()
        web, origin = f"http://127.0.0.1:{web_port}", f"http://127.0.0.1:{simulator_port}"
        by_provider = simulator_environment(self._folder, _SECRET, origin, web)
        environment = {name: value for variables in by_provider.values() for name, value in variables.items()}
        self.simulator = RunningSimulator(origin, environment)
        self.configure(
            **_FAST,
            **environment,
            SECRET_KEY=_SECRET,
            DATA_DIR=str(self._folder),
            DATABASE_URL=database_url,
            REDIS_URL=self._valkey.url,
            PORT=str(web_port),
            PUBLIC_URL="",
            PYTHONPATH=str(ROOT),
        )
        installing.migrate()
        self.start_redis()
        self._start("simulator", "-m", "backend.simulator", "--port", str(simulator_port), "--data-dir",
                    str(self._folder), "--web-origin", web, "--script", "clean")  # fmt: skip
        self.wait(lambda: _answers(f"{origin}/simulator/counts"), "the simulator answers", _START_WITHIN_S)
        self.script(callbacks="off")
        realtime._client.cache_clear()
        broker.connect(get_settings())

    def configure(self, **environment: str) -> None:
        """For this process and for those started from now on."""
        for name, value in environment.items():
            self._patch.setenv(name, value)
        get_settings.cache_clear()

    def start_worker(self) -> Process:
        self.workers.append(self._role("worker"))
        return self.workers[-1]

    def start_workers(self, number: int) -> None:
        for _ in range(number):
            self.start_worker()

    def start_scheduler(self) -> Process:
        return self._role("scheduler")

    def start_web(self) -> Process:
        """The real web process without built pages: providers report to it."""
        process = self._start("web", "-m", "tests.integration.web_program", str(self._folder / "handlers.json"))
        self._wait_for_web()
        return process

    def start_failing(
        self,
        role: str,
        *arguments: str,
        at: str,
        nth: int = 1,
        fail_with: Literal["death", "stop", "error", "defect"] = "death",
    ) -> Process:
        """A role that kills or freezes itself the `nth` time it reaches a point, or fails there `nth` times.

        See `failing_program`. One that kills itself has to be waited for with `wait_for_death`.
        """
        environment = {"FAIL_AT": at, "FAIL_NTH": str(nth), "FAIL_WITH": fail_with}
        if role == "web":
            arguments = (str(self._folder / "handlers.json"), *arguments)
        process = self._start(role, "-m", "tests.faults.failing_program", role, *arguments, **environment)
        if role == "web":
            self._wait_for_web()
        return process

    def start_product(self) -> Process:
        """What `unisoft run` starts, under its supervisor: worker, scheduler and a web process without built pages."""
        return self._start("product", "-m", "tests.faults.failing_program", "run")

    def wait_for_death(self, process: Process, within_s: float = _DIE_WITHIN_S) -> None:
        """Wait until a process has killed itself; one that ends in any other way fails the test."""
        self._forget(process)
        try:
            code = process.wait(within_s)
        except subprocess.TimeoutExpired:
            code = None
        kill_group(process)
        self._guard.release(process.pid)
        assert code == -signal.SIGKILL, f"it did not reach the point where it fails\n{self._last_lines()}"

    def start_redis(self, *, empty: bool = False) -> None:
        if empty:
            shutil.rmtree(self._valkey.log_file.parent / "appendonlydir", ignore_errors=True)
        self._redis = self._spawn("valkey", list(self._valkey.command))
        self.wait(self._valkey.answers, "Valkey answers", _START_WITHIN_S)

    def kill_redis(self) -> None:
        assert self._redis is not None
        self.kill(self._redis)

    def kill(self, process: Process) -> None:
        """SIGKILL, the whole group."""
        self._forget(process)
        kill_group(process)
        self._guard.release(process.pid)

    def stop(self, process: Process) -> int:
        """SIGTERM; gives the exit code."""
        return self.end(process, lambda: process.send_signal(signal.SIGTERM))

    def end(self, process: Process, ask: Callable[[], None]) -> int:
        """Ask a process to end, in any way; gives the exit code. One that does not says where it hangs."""
        self._forget(process)
        ask()
        try:
            return process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            process.wait(_STOP_WITHIN_S)
            raise AssertionError(f"not gone within {_STOP_WITHIN_S} s\n{self._last_lines(100)}") from None
        finally:
            kill_group(process)
            self._guard.release(process.pid)

    def close(self) -> None:
        for process in list(self._processes):
            self.kill(process)

    def script(self, **values: Any) -> None:
        """How the simulated providers behave from now on; whom it hits is another choice on each database."""
        self.simulator.control("PUT", "script", {"seed": _SEEDS[get_engine().dialect.name], **values})

    def verdict(self) -> dict[str, Any]:
        """What the simulated providers took."""
        return self.simulator.control("GET", "counts")

    def accepted(self) -> int:
        return self.verdict()["total"]

    def wait(self, condition: Callable[[], object], what: str, within_s: float = 60) -> float:
        """Wait until something is true; gives the seconds that it took."""
        began = time.monotonic()
        while not condition():
            self._assert_alive()
            assert time.monotonic() < began + within_s, f"{what}: not within {within_s} s\n{self._last_lines()}"
            time.sleep(0.02)
        return time.monotonic() - began

    def wait_until_done(self, campaign_id: int, within_s: float = 120) -> float:
        return self.wait(lambda: run_state(campaign_id) == "done", f"run {campaign_id} is done", within_s)

    def _wait_for_web(self) -> None:
        self.wait(lambda: _answers(f"{get_settings().origin}/healthz"), "the web process answers", _START_WITHIN_S)

    def _role(self, name: str) -> Process:
        return self._start(name, "-m", "backend.cli", name)

    def _start(self, name: str, *arguments: str, **environment: str) -> Process:
        return self._spawn(name, [sys.executable, *arguments], environment)

    def _spawn(self, name: str, command: list[str], environment: Mapping[str, str] | None = None) -> Process:
        self._started += 1
        with (self._folder / f"{self._started:02d}-{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=self._folder,
                env=os.environ | (environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        self._guard.watch(process.pid)
        self._processes.append(process)
        return process

    def _forget(self, process: Process) -> None:
        self._processes.remove(process)
        if process in self.workers:
            self.workers.remove(process)

    def _assert_alive(self) -> None:
        assert all(process.poll() is None for process in self._processes), f"a process ended\n{self._last_lines()}"

    def _last_lines(self, number: int = 12) -> str:
        logs = sorted(self._folder.glob("*.log"))[-6:]
        return "\n".join(f"--- {log.name}\n" + "\n".join(log.read_text().splitlines()[-number:]) for log in logs)

    def logged(self, words: str, by: str = "") -> int:
        """How many lines of all logs have these words; with `by`, of one role's."""
        return sum(log.read_text(errors="replace").count(words) for log in self._folder.glob(f"*{by}.log"))

    def pages_of(self, process: Process) -> Web:
        """What the tabs of a test need of a web process."""
        return Web(get_settings().origin, max(self._folder.glob("*-web.log")), {}, process)

    def found_in_logs(self, pattern: str) -> list[str]:
        """What a regular expression finds in the lines of all logs."""
        logs = [log.read_text(errors="replace") for log in self._folder.glob("*.log")]
        return [found for log in logs for found in re.findall(pattern, log)]


@contextlib.contextmanager
def running_deployment(folder: Path, database_url: str, patch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """A deployment with an empty, migrated database, gone at the end or with this process."""
    guard = Guard(grace_s=0)
    patch.chdir(folder)  # no `.env` of anybody is read
    deployment = Deployment(folder, patch, guard)
    try:
        dispose_engine()
        deployment.open(database_url)
        yield deployment
    finally:
        deployment.close()
        guard.close()
        dispose_engine()
        get_settings.cache_clear()


def _answers(url: str) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(url).status_code == httpx.codes.OK
    return False


def signed_in() -> str:
    """The cookie of an administrator, the first user of the installation."""
    user = users.create_user(OPERATOR, email="admin@example.org", role=Role.ADMINISTRATOR)
    return sessions.open_session(user.id, stay_signed_in=False)[0]


async def until_shown(page: Tab, words: str, within_s: float = 30) -> float:
    """Wait until something that a tab was sent has these words; gives the seconds that it took."""
    began = time.monotonic()
    while words not in page.text:
        assert time.monotonic() < began + within_s, f"{words}: not within {within_s} s\n{page.text[-2_000:]}"
        await asyncio.sleep(0.02)
    return time.monotonic() - began


def facts(campaign_id: int) -> dict[str, Any]:
    return campaign_status.status_of(OPERATOR, campaign_id)


def run_state(campaign_id: int) -> str:
    return facts(campaign_id)["run_state"]


def hold_up(campaign_id: int) -> HoldUpCode | None:
    """Why the pages say that a run does not move; None while it does."""
    told = campaign_details(OPERATOR, campaign_id).hold_up
    return told and told.code


def counts_of(campaign_id: int) -> dict[RecipientStatus, int]:
    with reading() as session:
        return campaigns.stored_counts(session, campaign_id)


def send_signal(process: Process, number: signal.Signals) -> None:
    os.kill(process.pid, number)


def family_of(process: Process) -> list[psutil.Process]:
    """A process and all that it started, youngest generation last."""
    parent = psutil.Process(process.pid)
    return [parent, *parent.children(recursive=True)]


def enqueue(actor: str, *args: object, **kwargs: object) -> None:
    """Put any message at all into the workers' queue."""
    message = dramatiq.Message(queue_name=broker.QUEUE, actor_name=actor, args=args, kwargs=kwargs, options={})
    dramatiq.get_broker().enqueue(message)


def queue_length() -> int:
    """How many messages wait for a worker, or were fetched by one that has not acknowledged them."""
    with redis.Redis.from_url(get_settings().redis_url) as client:
        return cast("int", client.hlen(f"{broker_namespace()}:{broker.QUEUE}.msgs"))


def dead_letters() -> int:
    """How many messages any worker gave up."""
    with redis.Redis.from_url(get_settings().redis_url) as client:
        return sum(cast("int", client.zcard(key)) for key in client.scan_iter(f"{broker_namespace()}:*.XQ"))


def broker_namespace() -> str:
    current = dramatiq.get_broker()
    assert isinstance(current, RedisBroker)
    return current.namespace


@contextlib.contextmanager
def watched(campaign_id: int) -> Iterator[None]:
    """Look at a run all the time from beside; at the end it may never have shown what was not true.

    No number that it shows may ever have become smaller, and nobody may have been missing while it was done.
    """
    faults: list[str] = []
    ended, seen = threading.Event(), [0]

    def watch() -> None:
        highest: dict[str, int] = {}
        while not ended.wait(_SAMPLE_EVERY_S):
            with contextlib.suppress(SQLAlchemyError):  # the test has taken the database away
                missing, progress = _look(campaign_id)
                if missing:
                    faults.append(f"done, and {missing} are missing")
                for name, number in progress.items():
                    if number < highest.get(name, 0):
                        faults.append(f"{name}: {number} after {highest[name]}")
                    highest[name] = max(number, highest.get(name, 0))
                seen[0] += 1

    watcher = threading.Thread(target=watch, name="watcher", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join(_STOP_WITHIN_S)
    assert faults == []
    assert seen[0] > 1, "nobody looked"


def _look(campaign_id: int) -> tuple[int, dict[str, int]]:
    """In one view: how many are missing from a run that is done, and the numbers that are shown of it."""
    rows = select(func.count()).where(_recipient.c.campaign_id == campaign_id, _recipient.c.status.in_(_MISSING))
    with reading() as session:
        is_done = campaigns.get(session, campaign_id).run_state is RunState.DONE
        counts = campaigns.stored_counts(session, campaign_id)
        missing_rows = session.execute(rows).scalar_one() if is_done else 0
    waiting, shown = sum(counts[status] for status in _MISSING), deliverability(counts)
    progress = {"decided": sum(counts.values()) - waiting, "success": shown.success, "failed": shown.failed}
    return max(waiting, missing_rows) if is_done else 0, progress


def assert_invariants(
    deployment: Deployment, *campaign_ids: int, recipients: int, kills: int = 0, in_flight: int = IN_FLIGHT
) -> int:
    """Nobody lost, nobody twice, credits and counters exact; gives how many are unknown.

    `recipients` is the sum over the campaigns, none of whom shares an address with another. `in_flight`: what one
    killed worker may leave unknown.
    """
    assert_books()
    verdict = deployment.verdict()
    assert verdict["by_address_max"] <= 1, verdict["duplicates"]
    unknown = taken = 0
    for campaign_id in campaign_ids:
        counts = counts_of(campaign_id)
        assert counts[RecipientStatus.PENDING] == counts[RecipientStatus.CLAIMED] == 0, counts
        unknown += counts[RecipientStatus.UNKNOWN]
        taken += sum(counts[status] for status in _TAKEN)
        recipients -= sum(counts.values())
    assert recipients == 0, "every recipient is counted once"
    assert taken <= verdict["total"] <= taken + unknown, "what we call accepted was accepted"
    assert unknown <= in_flight * kills, "only windows in flight are unknown"
    return unknown


def assert_books() -> None:
    """Counters and credits add up, and the file they stand in is whole."""
    assert proofs.recount(repair=False) == []
    assert proofs.audit_credits() == []
    _assert_whole()


def _assert_whole() -> None:
    """What SQLite itself says of a file whose writers were killed. PostgreSQL has no such question."""
    if get_engine().dialect.name != "sqlite":
        return
    with reading() as session:
        assert session.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"]
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
