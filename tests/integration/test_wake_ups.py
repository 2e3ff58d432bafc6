"""A drain waits in the queue once, however often it is asked for."""

from __future__ import annotations

import socket
import threading
import time
from typing import cast

import dramatiq
import pytest
import redis
from dramatiq.errors import ConnectionClosed
from structlog.testing import capture_logs

from backend.actors import broker
from backend.services import sending
from backend.services.dead_letters import DeadLetterWatch
from backend.settings import get_settings, load_settings


@pytest.fixture
def queue(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> redis.Redis:
    monkeypatch.setenv("REDIS_URL", redis_url)
    get_settings.cache_clear()
    return broker.connect(get_settings()).client


def length(queue: redis.Redis) -> int:
    return cast("int", queue.llen("unisoft-wake:unisoft"))


def ticket(queue: redis.Redis) -> str:
    return cast("bytes", queue.get("unisoft:ticket:7:0")).decode()


@pytest.mark.parametrize(("workers", "drains"), [(0, 1), (1, 1), (3, 3), (9, broker.MOST_DRAINS)])
def test_a_campaign_is_woken_once_for_each_worker(queue: redis.Redis, workers: int, drains: int) -> None:
    for number in range(workers):
        broker.show_up(f"worker {number}")
    for _ in range(5):  # a drain that waits already is not queued again
        broker.wake_campaign(7)
    assert length(queue) == drains


def test_a_worker_that_left_is_not_counted(queue: redis.Redis) -> None:
    broker.show_up("one")
    broker.show_up("two")
    broker.leave("one")
    assert broker.count_workers() == 1


def test_a_worker_that_has_not_shown_up_lately_is_not_counted(queue: redis.Redis) -> None:
    queue.zadd("unisoft:workers", {"dead": 1})
    broker.show_up("alive")
    assert broker.count_workers() == 1


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


def test_a_message_behind_many_others_does_not_lose_its_place_before_its_turn(queue: redis.Redis) -> None:
    for other in range(100, 140):
        broker.wake_drain(other, 0)
    broker.wake_drain(7, 0)
    assert cast("int", queue.ttl("unisoft:ticket:7:0")) > 40 * sending.SLICE_S


def test_a_message_that_may_not_drain_keeps_none_from_it_that_may(
    queue: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a killed worker's message is queued again in the moment in which the scheduler sends its own."""
    from backend.actors import campaigns

    drained, looked, go_on = list[int](), threading.Event(), threading.Event()

    def take_late(campaign_id: int, slot: int, given: str) -> bool:
        if given == "of the dead":
            looked.set()
            assert go_on.wait(10)
        return broker.take_ticket(campaign_id, slot, given)

    monkeypatch.setattr(campaigns, "take_ticket", take_late)
    monkeypatch.setattr(campaigns, "_run", lambda campaign_id, _lock: drained.append(campaign_id))
    broker.wake_drain(7, 0)
    valid = ticket(queue)
    late = threading.Thread(target=campaigns.drain.fn, args=(7, 0, "of the dead"))
    late.start()
    try:
        assert looked.wait(10)
        campaigns.drain.fn(7, 0, valid)
        assert drained == [7]
    finally:
        go_on.set()
        late.join(10)


def test_a_message_without_a_ticket_is_taken_as_it_is(queue: redis.Redis) -> None:
    assert broker.take_ticket(7, 0, "")


def give_up(number: int) -> None:
    """Have a worker reject wake-ups, as it does with those of an actor that it does not know."""
    current = dramatiq.get_broker()
    consumer = current.consume(broker.QUEUE, timeout=100)
    for _ in range(number):
        current.enqueue(dramatiq.Message(broker.QUEUE, "of.another.version", (), {}, {}))
        rejected = next(consumer)
        assert rejected is not None
        consumer.nack(rejected)


def test_the_scheduler_tells_once_of_wake_ups_that_no_worker_could_use(queue: redis.Redis) -> None:
    watch, settings = DeadLetterWatch(), get_settings()

    def told() -> list[tuple[str, int, int]]:
        with capture_logs() as lines:
            watch.look(settings)
        return [(line["log_level"], line["number"], line["more"]) for line in lines if line["event"] == "dead_letters"]

    assert told() == []
    give_up(2)
    assert [told(), told()] == [[("warning", 2, 2)], []]
    give_up(1)
    assert [told(), told()] == [[("warning", 3, 1)], []]
    queue.delete("unisoft-wake:unisoft.XQ")
    assert told() == []
    give_up(1)
    assert told() == [("warning", 1, 1)]


def test_a_redis_that_is_silent_is_as_one_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its machine has vanished: nothing says that the connection is over."""
    monkeypatch.setattr(broker, "_SILENT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = load_settings(_env_file=None, redis_url=f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        consumer = broker.connect(settings).consume(broker.QUEUE, timeout=100)
        began = time.monotonic()
        with pytest.raises(ConnectionClosed):
            next(consumer)
        broker.wake_drain(7, 0)
        assert time.monotonic() - began < 5


def test_a_wake_up_that_finds_a_thread_applying_has_it_look_once_more(
    queue: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backend.actors import delivery

    looked: list[str] = []

    def apply_events() -> int:
        looked.append("again" if looked else "first")
        if len(looked) == 1:
            delivery.apply.fn()  # another wake-up, for what was stored after this look
            assert looked == ["first"], "two threads would hold each other up"
        return 0

    monkeypatch.setattr(delivery.delivery, "apply_events", apply_events)
    delivery.apply.fn()
    assert looked == ["first", "again"]
