"""`campaign.drain`: one time slice of one campaign, then it wakes itself again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import dramatiq
import redis
from redis.exceptions import LockError

from backend.actors import stopping
from backend.actors.broker import QUEUE, wake_drain
from backend.logs import get_logger
from backend.services import sending
from backend.settings import get_settings

log = get_logger(__name__)
# A killed worker's slots are free again after this. One that a slow provider outlasts only means one drain more.
_SLOT_S = int(sending.SLICE_S) + 5


@dramatiq.actor(actor_name="campaign.drain", queue_name=QUEUE)
def drain(campaign_id: int, slot: int) -> None:
    """Drain a campaign. A second message for the same slot finds it taken and ends."""
    with _slot(campaign_id, slot) as mine:
        if not mine:
            return
        end = asyncio.run(sending.drain(campaign_id, stopping=stopping.requested))
    if end is sending.DrainEnd.TIME_IS_UP and not stopping.requested():
        wake_drain(campaign_id, slot)


@contextmanager
def _slot(campaign_id: int, slot: int) -> Iterator[bool]:
    client = redis.Redis.from_url(get_settings().redis_url, socket_timeout=5)
    lock = client.lock(f"unisoft:drain:{campaign_id}:{slot}", timeout=_SLOT_S, blocking=False)
    mine = lock.acquire()
    try:
        yield mine
    finally:
        if mine:
            with suppress(LockError):  # it ran out while a provider kept us waiting
                lock.release()
        client.close()
