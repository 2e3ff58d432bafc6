"""The broker that carries wake-ups, and how the rest of the product asks for one."""

from __future__ import annotations

import secrets
import time

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker

from backend import realtime
from backend.logs import get_logger
from backend.settings import Settings

log = get_logger(__name__)

QUEUE = "unisoft"
DRAINS_PER_CAMPAIGN = 2
# A wake-up that got lost with its ticket in place keeps a slot waiting for this long, at most.
_TICKET_S = 30
_DRAIN_ACTOR = "campaign.drain"
_EVENTS_ACTOR = "delivery.apply"


def connect(settings: Settings) -> RedisBroker:
    """Make the Redis broker of `REDIS_URL` the current one, and let services wake campaigns through it."""
    broker = RedisBroker(
        url=settings.redis_url,
        namespace="unisoft-wake",
        heartbeat_timeout=5_000,
        maintenance_chance=50_000,  # of a million: what a killed worker had fetched is queued again within seconds
        socket_timeout=10,
        socket_connect_timeout=5,
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
    """Ask for the drains of a campaign. A lost wake-up is found by the scheduler."""
    for slot in range(DRAINS_PER_CAMPAIGN):
        wake_drain(campaign_id, slot)


def wake_drain(campaign_id: int, slot: int) -> None:
    """Ask for one of a campaign's drains, unless it is waiting in the queue already.

    Its ticket says so. Without one, the wake-ups of the scheduler would pile up while many campaigns
    take turns, and a new campaign would have to wait behind all of them.
    """
    ticket = secrets.token_hex(8)
    try:
        if not _redis().set(_ticket_key(campaign_id, slot), ticket, nx=True, ex=_TICKET_S):
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


def _redis() -> redis.Redis:
    broker = dramatiq.get_broker()
    assert isinstance(broker, RedisBroker)
    return broker.client


def wake_events() -> None:
    """Ask for waiting delivery events to be applied."""
    _enqueue(_EVENTS_ACTOR)
