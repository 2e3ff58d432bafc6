"""The broker that carries wake-ups, and how the rest of the product asks for one."""

from __future__ import annotations

import secrets
import time
from contextlib import suppress
from typing import Any, cast

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker

from backend import realtime
from backend.logs import get_logger
from backend.services.dead_letters import NAMESPACE, QUEUE
from backend.services.sending import SLICE_S
from backend.settings import Settings

log = get_logger(__name__)

MOST_DRAINS = 4
"""Workers that share one campaign. Each of them drains it once, with several windows under way."""
_SILENT_S, _CONNECT_S = 10, 5
# A wake-up that got lost with its ticket in place keeps a slot waiting for this long, at most. Its ticket lasts longer
# than those before it in the queue take: else it would lose its place to a later one, again and again.
_TICKET_S = 30
_WORKERS = "unisoft:workers"
_ALIVE_S = 4
_DRAIN_ACTOR = "campaign.drain"
_EVENTS_ACTOR = "delivery.apply"
_EVENTS_TICKET = "unisoft:ticket:events"
_EVENTS_TICKET_MS = 2_000


class _Client(redis.Redis):
    """To dramatiq a Redis that is silent is as one that is gone: it asks again, and gives no message up."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        try:
            return super().execute_command(*args, **options)
        except redis.TimeoutError as error:
            raise redis.ConnectionError(*error.args) from error


def connect(settings: Settings) -> RedisBroker:
    """Make the Redis broker of `REDIS_URL` the current one, and let services wake campaigns through it."""
    broker = RedisBroker(
        # Given a URL the broker would forget about time-outs, and wait a quarter of an hour for a machine that is gone.
        client=_Client.from_url(settings.redis_url, socket_timeout=_SILENT_S, socket_connect_timeout=_CONNECT_S),
        namespace=NAMESPACE,
        heartbeat_timeout=5_000,
        maintenance_chance=250_000,  # of a million: what a killed worker had fetched is queued again within seconds
        middleware=[],
    )
    broker.declare_queue(QUEUE)
    dramatiq.set_broker(broker)
    realtime.set_waker(wake_campaign)
    return broker


def _enqueue(actor: str, *args: object) -> None:
    message = dramatiq.Message(
        queue_name=QUEUE, actor_name=actor, args=args, kwargs={}, options={}, message_timestamp=int(time.time() * 1000)
    )
    try:
        dramatiq.get_broker().enqueue(message)
    except (dramatiq.errors.BrokerConnectionError, redis.RedisError) as error:
        log.warning("wake_up_not_sent", actor=actor, error=type(error).__name__)


def wake_campaign(campaign_id: int) -> None:
    """Ask for the drains of a campaign, one for each worker. A lost wake-up is found by the scheduler."""
    for slot in range(min(max(count_workers(), 1), MOST_DRAINS)):
        wake_drain(campaign_id, slot)


def show_up(worker: str) -> None:
    """Let the others know that this worker is alive; to be repeated every second."""
    with suppress(redis.RedisError):
        moment = _redis_time()
        _redis().zadd(_WORKERS, {worker: moment})
        _redis().zremrangebyscore(_WORKERS, "-inf", moment - _ALIVE_S)


def leave(worker: str) -> None:
    """This worker takes no more work."""
    with suppress(redis.RedisError):
        _redis().zrem(_WORKERS, worker)


def count_workers() -> int:
    """Workers that showed up lately; 0 when Redis cannot say."""
    with suppress(redis.RedisError):
        return cast("int", _redis().zcount(_WORKERS, _redis_time() - _ALIVE_S, "+inf"))
    return 0


def _redis_time() -> int:
    return cast("tuple[int, int]", _redis().time())[0]


def wake_drain(campaign_id: int, slot: int) -> None:
    """Ask for one of a campaign's drains, unless it is waiting in the queue already.

    Its ticket says so. Without one, the wake-ups of the scheduler would pile up while many campaigns
    take turns, and a new campaign would have to wait behind all of them.
    """
    ticket = secrets.token_hex(8)
    try:
        before = cast("int", _redis().llen(f"{NAMESPACE}:{QUEUE}"))
        lasts_s = round(_TICKET_S + before * SLICE_S)
        if not _redis().set(_ticket_key(campaign_id, slot), ticket, nx=True, ex=lasts_s):
            return
    except redis.RedisError as error:
        log.warning("wake_up_not_sent", actor=_DRAIN_ACTOR, error=type(error).__name__)
        return
    _enqueue(_DRAIN_ACTOR, campaign_id, slot, ticket)


def take_ticket(campaign_id: int, slot: int, ticket: str) -> bool:
    """Give a wake-up's ticket back and let the slot be woken again; False when a later one took its place."""
    key, client = _ticket_key(campaign_id, slot), _redis()
    valid = client.get(key)
    if valid is not None and valid != ticket.encode():
        return False
    client.delete(key)
    return True


def _ticket_key(campaign_id: int, slot: int) -> str:
    return f"unisoft:ticket:{campaign_id}:{slot}"


def wake_events() -> None:
    """Ask for waiting delivery events to be applied, unless that was asked already."""
    try:
        if not _redis().set(_EVENTS_TICKET, b"1", nx=True, px=_EVENTS_TICKET_MS):
            return
    except redis.RedisError as error:
        log.warning("wake_up_not_sent", actor=_EVENTS_ACTOR, error=type(error).__name__)
        return
    _enqueue(_EVENTS_ACTOR)


def take_events_ticket() -> None:
    """Reports that are stored from now on may ask again."""
    with suppress(redis.RedisError):
        _redis().delete(_EVENTS_TICKET)


def _redis() -> redis.Redis:
    broker = dramatiq.get_broker()
    assert isinstance(broker, RedisBroker)
    return broker.client
