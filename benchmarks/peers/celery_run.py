"""Celery with the vendor's sync client: as lean as it can be, and as most tutorials have it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from backend.processes.spawning import kill_group, spawn, terminate
from backend.services.demo import demo_contacts
from backend.settings import get_settings
from benchmarks.peers.recipients import all_sent, build_engine, fill
from benchmarks.peers.results import Results
from benchmarks.stages import Stage

_AT_MOST_S = 300
_READY_WITHIN_S = 60
_STOP_WITHIN_S = 20
_POLL_S = 0.02
_APP = "benchmarks.peers.celery_tasks"


class _Work(NamedTuple):
    """The task of `celery_tasks`, the arguments of each call, and how to know that every result is written."""

    task: str
    calls: Sequence[Sequence[object]]
    is_done: Callable[[], bool]


def lean_rate(running: Stage, python: Path, recipients: int, concurrency: int) -> float:
    """Recipients a second when all that is needed travels in the task, and one INSERT writes the result.

    From the first task enqueued until the last result is written. Raises RuntimeError when that does not happen, or
    somebody was sent to twice.
    """
    with contextlib.closing(Results(get_settings().sql_url)) as results:
        results.empty()
        work = _Work("send_lean", _messages(recipients), lambda: results.count() == recipients)
        return _rate(running, python, concurrency, work)


def orm_rate(running: Stage, python: Path, recipients: int, concurrency: int) -> float:
    """The same when only the id travels, and SQLAlchemy's ORM reads and writes the recipient's row.

    The rows are there before the first task is enqueued.
    """
    messages, engine = _messages(recipients), build_engine(get_settings().sql_url)
    try:
        fill(engine, messages)
        work = _Work("send_with_orm", [(recipient,) for recipient, _, _ in messages], lambda: all_sent(engine))
        return _rate(running, python, concurrency, work)
    finally:
        engine.dispose()


def _messages(recipients: int) -> list[tuple[int, str, str]]:
    return [
        (
            number,
            person["mobile_e164"],
            f"Chers {person['first_name']}, l'office est avancé à 10h ce samedi. Merci de prévenir vos voisins.",
        )
        for number, person in enumerate(demo_contacts(recipients), start=1)
    ]


def _rate(running: Stage, python: Path, concurrency: int, work: _Work) -> float:
    os.environ["PEER_DATABASE_URL"] = get_settings().sql_url
    calls = running.data_dir / "calls.json"
    calls.write_text(json.dumps(work.calls))
    with _worker(running, python, concurrency):
        took_s = _seconds(python, calls, work)
    counts = running.control("GET", "counts")
    if counts["total"] != len(work.calls) or counts["by_address_max"] != 1:
        raise RuntimeError("Celery sent more or less than it was asked to")
    running.control("DELETE", "messages")
    return len(work.calls) / took_s


@contextlib.contextmanager
def _worker(running: Stage, python: Path, concurrency: int) -> Iterator[None]:
    log = running.data_dir / f"celery-{concurrency}.log"
    command = (str(python), "-m", "celery", "--app", _APP, "worker", "--loglevel", "WARNING")
    options = ("--pool", "prefork", "--concurrency", str(concurrency), "--without-gossip", "--without-mingle")
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}  # a container's root is no news
    with log.open("wb") as output:
        worker = spawn((*command, *options), environment, stdout=output, guard=running.guard)
        try:
            _wait_until_ready(python, worker)
            yield
        finally:
            terminate(worker)
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.wait(_STOP_WITHIN_S)
            kill_group(worker)
            running.guard.release(worker.pid)


def _wait_until_ready(python: Path, worker: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    ping = [str(python), "-m", "celery", "--app", _APP, "inspect", "ping", "--timeout", "1"]
    while subprocess.run(ping, check=False, capture_output=True, timeout=_READY_WITHIN_S).returncode:
        if worker.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the Celery worker did not start")


def _seconds(python: Path, calls: Path, work: _Work) -> float:
    command = [str(python), "-m", "benchmarks.peers.celery_enqueue", work.task, str(calls)]
    enqueuing = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + _AT_MOST_S
    while not work.is_done():
        if time.monotonic() > deadline:
            enqueuing.kill()
            raise RuntimeError("Celery is still not done")
        time.sleep(_POLL_S)
    ended = time.perf_counter()
    return ended - float(enqueuing.communicate(timeout=10)[0])
