"""`campaign.drain`: one time slice of one campaign, then it wakes itself again."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import dramatiq
import redis
from redis.lock import Lock
from sqlalchemy.exc import SQLAlchemyError

from backend.actors import stopping
from backend.actors.broker import QUEUE, count_workers, take_ticket, wake_campaign, wake_drain
from backend.actors.event_loop import run
from backend.logs import brief, get_logger
from backend.services import sending
from backend.settings import get_settings

log = get_logger(__name__)
# A killed worker's slot is free again after this; a living one renews it, however long a provider takes.
_SLOT_S = 3.0
_RENEW_S = 1.0
_BOUNCE_S = 0.05
_draining: set[int] = set()
_draining_lock = threading.Lock()


@dramatiq.actor(actor_name="campaign.drain", queue_name=QUEUE)
def drain(campaign_id: int, slot: int, ticket: str = "", *_later: object) -> None:
    """Drain a campaign. A second message for the same slot finds it taken and ends.

    Whatever goes wrong, the message has done its part: the scheduler wakes the campaign again.
    """
    with _slot(campaign_id, slot, ticket) as lock:
        if lock is None:
            return
        # Only now: a message that may not drain must not count as the one that does.
        with _here(campaign_id) as first:
            end = _run(campaign_id, lock) if first else None
    if not first and count_workers() > 1:  # this slot is meant for another worker
        time.sleep(_BOUNCE_S)
        wake_drain(campaign_id, slot)
    if end is sending.DrainEnd.TIME_IS_UP and not stopping.requested():
        wake_drain(campaign_id, slot)
        wake_campaign(campaign_id)  # workers may have come


@contextmanager
def _here(campaign_id: int) -> Iterator[bool]:
    """Whether this is the only drain of the campaign in this process: a second one adds nothing to it."""
    with _draining_lock:
        first = campaign_id not in _draining
        _draining.add(campaign_id)
    try:
        yield first
    finally:
        if first:
            with _draining_lock:
                _draining.discard(campaign_id)


def _run(campaign_id: int, lock: Lock) -> sending.DrainEnd | None:
    try:
        return run(_drain(campaign_id, lock))
    except (SQLAlchemyError, redis.RedisError) as error:  # nothing that was claimed is lost
        log.warning("drain_interrupted", campaign_id=campaign_id, error=brief(error))
    except Exception:
        log.exception("drain_failed", campaign_id=campaign_id)
    return None


async def _drain(campaign_id: int, lock: Lock) -> sending.DrainEnd:
    renewing = asyncio.create_task(_renew(lock))
    try:
        return await sending.drain(campaign_id, stopping=stopping.requested)
    finally:
        renewing.cancel()


async def _renew(lock: Lock) -> None:
    with suppress(redis.RedisError):  # somebody else's by now, or Redis is gone: one drain more does no harm
        while True:
            await asyncio.sleep(_RENEW_S)
            await asyncio.to_thread(lock.reacquire)


@contextmanager
def _slot(campaign_id: int, slot: int, ticket: str) -> Iterator[Lock | None]:
    client = redis.Redis.from_url(get_settings().redis_url, socket_timeout=5)
    lock = client.lock(f"unisoft:drain:{campaign_id}:{slot}", timeout=_SLOT_S, blocking=False, thread_local=False)
    try:
        mine = take_ticket(campaign_id, slot, ticket) and lock.acquire()
    except redis.RedisError as error:  # the scheduler wakes the campaign again
        log.warning("slot_not_taken", campaign_id=campaign_id, error=type(error).__name__)
        mine = False
    try:
        yield lock if mine else None
    finally:
        if mine:
            with suppress(redis.RedisError):  # it was lost meanwhile, or Redis is gone
                lock.release()
        client.close()
