"""`delivery.apply`: apply waiting reports until there are none."""

from __future__ import annotations

import time

import dramatiq

from backend.actors import stopping
from backend.actors.broker import QUEUE
from backend.services import delivery

_BREATH_S = 0.005  # SQLite has one writer: others get their turn between batches


@dramatiq.actor(actor_name="delivery.apply", queue_name=QUEUE)
def apply() -> None:
    """Apply reports in short transactions."""
    while delivery.apply_events() == delivery.APPLY_BATCH and not stopping.requested():
        time.sleep(_BREATH_S)
