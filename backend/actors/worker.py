"""The worker process: dramatiq's threads in one process, stopped by a signal."""

from __future__ import annotations

import gc

import dramatiq

from backend.actors import broker as wake_ups
from backend.actors import stopping
from backend.logs import get_logger
from backend.settings import Settings

log = get_logger(__name__)
_STOP_TIMEOUT_MS = 15_000
_LOOK_S = 0.5


def run(settings: Settings) -> int:
    """Work until SIGTERM or SIGINT; windows in flight are finished and recorded."""
    stopping.on_signals()
    broker = wake_ups.connect(settings)
    from backend.actors import campaigns, delivery  # noqa: F401 - actors register with the connected broker

    _spare_the_collector()
    worker = dramatiq.Worker(broker, worker_threads=settings.worker_threads, worker_timeout=250)
    worker.start()
    log.info("worker_started", threads=settings.worker_threads)
    # Short waits: a signal that another thread took is only acted on when this thread runs again.
    while not stopping.wait(_LOOK_S):
        pass
    worker.stop(timeout=_STOP_TIMEOUT_MS)
    log.info("worker_stopped")
    return 0


def _spare_the_collector() -> None:
    """Windows make many short-lived objects and no cycles: look for cycles seldom, and never among what stays."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
