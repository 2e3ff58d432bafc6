"""`campaign.drain`: one time slice of one campaign, then it wakes itself again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import dramatiq
import redis

from backend.actors import stopping
from backend.actors.broker import QUEUE, take_ticket, wake_drain
from backend.logs import get_logger
from backend.services import sending
from backend.settings import get_settings

log = get_logger(__name__)
# A killed worker's slots are free again after this. One that a slow provider outlasts only means one drain more.
_SLOT_S = int(sending.SLICE_S) + 5


@dramatiq.actor(actor_name="campaign.drain", queue_name=QUEUE)
def drain(campaign_id: int, slot: int, ticket: str = "") -> None:
    """Drain a campaign. A second message for the same slot finds it taken and ends."""
    with _slot(campaign_id, slot, ticket) as mine:
        if not mine:
            return
        end = asyncio.run(sending.drain(campaign_id, stopping=stopping.requested))
    if end is sending.DrainEnd.TIME_IS_UP and not stopping.requested():
        wake_drain(campaign_id, slot)


@contextmanager
def _slot(campaign_id: int, slot: int, ticket: str) -> Iterator[bool]:
    client = redis.Redis.from_url(get_settings().redis_url, socket_timeout=5)
    lock = client.lock(f"unisoft:drain:{campaign_id}:{slot}", timeout=_SLOT_S, blocking=False)
    try:
        mine = take_ticket(campaign_id, slot, ticket) and lock.acquire()
    except redis.RedisError as error:  # the scheduler wakes the campaign again
        log.warning("slot_not_taken", campaign_id=campaign_id, error=type(error).__name__)
        mine = False
    try:
        yield mine
    finally:
        if mine:
            with suppress(redis.RedisError):  # it ran out while a provider kept us waiting, or Redis is gone
                lock.release()
        client.close()
