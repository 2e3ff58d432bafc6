"""`delivery.apply`: apply waiting reports until there are none."""

from __future__ import annotations

import threading
import time

import dramatiq
from sqlalchemy.exc import SQLAlchemyError

from backend.actors import stopping
from backend.actors.broker import QUEUE, take_events_ticket
from backend.database import has_one_writer
from backend.logs import brief, get_logger
from backend.services import delivery

log = get_logger(__name__)

_BREATH_S = 0.002  # between batches, where everybody who writes has to wait for them
# In a flood there are many wake-ups: one thread of a process applies, the others leave it to that one.
_asked = threading.Event()
_one_at_a_time = threading.Lock()


@dramatiq.actor(actor_name="delivery.apply", queue_name=QUEUE)
def apply() -> None:
    """Apply reports in short transactions. What fails here is taken up again by the scheduler."""
    take_events_ticket()
    _asked.set()
    # Whoever holds the lock looks again after giving it back, so that no wake-up falls in between.
    while _asked.is_set() and _one_at_a_time.acquire(blocking=False):
        try:
            _asked.clear()
            _apply_waiting()
        finally:
            _one_at_a_time.release()


def _apply_waiting() -> None:
    try:
        while delivery.apply_events() == delivery.APPLY_BATCH and not stopping.requested():
            if has_one_writer():
                time.sleep(_BREATH_S)
    except SQLAlchemyError as error:  # the reports are stored, nothing is lost
        log.warning("reports_not_applied", error=brief(error))
    except Exception:
        log.exception("applying_failed")
