"""The broker that carries wake-ups, and how the rest of the product asks for one."""

from __future__ import annotations

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
_DRAIN_ACTOR = "campaign.drain"
_EVENTS_ACTOR = "delivery.apply"


def connect(settings: Settings) -> RedisBroker:
    """Make the Redis broker of `REDIS_URL` the current one, and let services wake campaigns through it."""
    broker = RedisBroker(
        url=settings.redis_url,
        namespace="unisoft-wake",
        heartbeat_timeout=5_000,
        maintenance_chance=100,
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
    except (dramatiq.errors.ConnectionError, redis.RedisError) as error:
        log.warning("wake_up_not_sent", actor=actor, error=type(error).__name__)


def wake_campaign(campaign_id: int) -> None:
    """Ask for the drains of a campaign. A lost wake-up is found by the scheduler."""
    for slot in range(DRAINS_PER_CAMPAIGN):
        wake_drain(campaign_id, slot)


def wake_drain(campaign_id: int, slot: int) -> None:
    """Ask for one of a campaign's drains."""
    _enqueue(_DRAIN_ACTOR, campaign_id, slot)


def wake_events() -> None:
    """Ask for waiting delivery events to be applied."""
    _enqueue(_EVENTS_ACTOR)
