"""A drain waits in the queue once, however often it is asked for."""

from __future__ import annotations

from typing import cast

import pytest
import redis

from backend.actors import broker
from backend.settings import get_settings


@pytest.fixture
def queue(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> redis.Redis:
    monkeypatch.setenv("REDIS_URL", redis_url)
    get_settings.cache_clear()
    return broker.connect(get_settings()).client


def length(queue: redis.Redis) -> int:
    return cast("int", queue.llen("unisoft-wake:unisoft"))


def ticket(queue: redis.Redis) -> str:
    return cast("bytes", queue.get("unisoft:ticket:7:0")).decode()


def test_a_drain_that_waits_already_is_not_queued_again(queue: redis.Redis) -> None:
    for _ in range(5):
        broker.wake_campaign(7)
    assert length(queue) == broker.DRAINS_PER_CAMPAIGN


def test_a_drain_that_began_may_be_queued_again(queue: redis.Redis) -> None:
    broker.wake_drain(7, 0)
    assert broker.take_ticket(7, 0, ticket(queue))
    broker.wake_drain(7, 0)
    assert length(queue) == 2


def test_a_message_whose_place_was_taken_by_a_later_one_does_nothing(queue: redis.Redis) -> None:
    broker.wake_drain(7, 0)
    first = ticket(queue)
    queue.delete("unisoft:ticket:7:0")
    broker.wake_drain(7, 0)
    assert not broker.take_ticket(7, 0, first)
    assert broker.take_ticket(7, 0, ticket(queue))


def test_a_message_without_a_ticket_is_taken_as_it_is(queue: redis.Redis) -> None:
    assert broker.take_ticket(7, 0, "")
