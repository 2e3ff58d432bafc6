"""The worker process: dramatiq's threads in one process, stopped by a signal."""

from __future__ import annotations

import gc
import secrets
import sys

import dramatiq
import redis

from backend.actors import broker as wake_ups
from backend.actors import stopping
from backend.actors.waiting import Waiting
from backend.database import read_by_index
from backend.logs import get_logger
from backend.services import restored_copies
from backend.settings import Settings

log = get_logger(__name__)
_STOP_TIMEOUT_MS = 15_000
_LOOK_S = 0.5
_ASK_AGAIN_S = 2.0


def run(settings: Settings) -> int:
    """Work until SIGTERM or SIGINT; windows in flight are finished and recorded."""
    stopping.on_signals()
    broker = wake_ups.connect(settings)
    from backend.actors import campaigns, delivery  # noqa: F401 - actors register with the connected broker

    read_by_index()
    _hold_restored_copy()
    _spare_the_collector()
    _take_short_turns()
    worker = dramatiq.Worker(broker, worker_threads=settings.worker_threads, worker_timeout=250)
    worker.start()
    log.info("worker_started", threads=settings.worker_threads)
    # Short waits: a signal that another thread took is only acted on when this thread runs again.
    name = secrets.token_hex(8)
    wake_ups.show_up(name)
    while not stopping.wait(_LOOK_S):
        wake_ups.show_up(name)
    wake_ups.leave(name)
    _stop(worker)
    log.info("worker_stopped")
    return 0


def _stop(worker: dramatiq.Worker) -> None:
    """End the windows in flight, and give back what was fetched but not begun."""
    try:
        worker.stop(timeout=_STOP_TIMEOUT_MS)
    except redis.RedisError as error:  # the scheduler wakes the campaigns again
        log.warning("wake_ups_not_given_back", error=type(error).__name__)


def _hold_restored_copy() -> None:
    """Begin no drain before it is known whether the database is an older copy."""
    waiting = Waiting("worker_waits")
    while not stopping.requested():
        try:
            restored_copies.hold_if_restored()
        except Exception as error:  # noqa: BLE001 - the database or Redis is away: there is nothing to do without them
            waiting.note(error)
            stopping.wait(_ASK_AGAIN_S)
        else:
            waiting.end()
            return


def _take_short_turns() -> None:
    """Database, composing and requests are threads that wait for each other: with Python's 5 ms they wait too long."""
    sys.setswitchinterval(0.001)


def _spare_the_collector() -> None:
    """Windows make many short-lived objects and no cycles: look for cycles seldom, and never among what stays."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
