"""Reports that came before the id of their message was known.

The gateway's acknowledgements bring no reference of ours, only WhatsApp's id of the message. One that overtakes the
answer to its message finds no attempt, has no effect and keeps lying there. As soon as an answer was recorded, and in
every round of the scheduler (should the worker have died in between), such reports are given their attempt and applied.
"""

from __future__ import annotations

from datetime import timedelta

from backend import clock
from backend.database import reading, unit_of_work
from backend.logs import get_logger
from backend.repositories import delivery_events

log = get_logger(__name__)

_LOOKED_BACK = timedelta(days=2)
_BATCH = 400


def adopt_early_reports(within: timedelta = _LOOKED_BACK) -> int:
    """Give reports received `within` this time their attempts; gives how many wait to be applied now. Safe to repeat.

    Nothing is written while there is none. To be called after the commit that wrote the ids.
    """
    since = clock.now() - within
    with reading() as session:
        if not delivery_events.has_early(session, since):
            return 0
    with unit_of_work() as session:
        adopted = delivery_events.adopt_early(session, since, _BATCH)
    log.info("early_reports_adopted", reports=adopted)
    return adopted
