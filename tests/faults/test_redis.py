"""Redis goes away, comes back empty, or answers late: it carries wake-ups, so nothing may be lost with it."""

from __future__ import annotations

import time

import pytest
import redis
from redis.exceptions import OutOfMemoryError

from backend.services import validation
from backend.services.acting import OPERATOR
from backend.settings import get_settings
from tests.faults.deployment import Deployment, assert_invariants, run_state, watched
from tests.faults.test_killed_processes import prepared_campaign


@pytest.mark.parametrize("workers", [1, 2])
def test_redis_killed_for_ten_seconds_and_empty_afterwards_costs_nothing_but_time(
    deployment: Deployment, workers: int
) -> None:
    campaign_id = prepared_campaign(4_000)
    deployment.start_scheduler()
    deployment.start_workers(workers)
    validation.validate_campaign(OPERATOR, campaign_id)
    with watched(campaign_id):
        deployment.wait(lambda: deployment.accepted() > 800, "some are handed over")
        deployment.kill_redis()
        time.sleep(10)
        assert run_state(campaign_id) == "sending"
        deployment.start_redis(empty=True)
        took_s = deployment.wait_until_done(campaign_id)
    # No process died: every answer was recorded.
    assert assert_invariants(deployment, campaign_id, recipients=4_000) == 0
    print(f"done {took_s:.1f} s after Redis was back")


def test_a_campaign_validated_without_redis_starts_when_redis_is_there(deployment: Deployment) -> None:
    campaign_id = prepared_campaign(500)
    deployment.kill_redis()
    began = time.monotonic()
    validation.validate_campaign(OPERATOR, campaign_id)
    assert time.monotonic() - began < 5, "the user does not wait for Redis"
    assert run_state(campaign_id) == "sending"
    with watched(campaign_id):
        deployment.start_scheduler()
        deployment.start_worker()
        time.sleep(2)
        assert deployment.accepted() == 0, "nothing leaves without the shared rate"
        deployment.start_redis(empty=True)
        deployment.wait_until_done(campaign_id)
    assert_invariants(deployment, campaign_id, recipients=500)


def test_a_flushed_and_a_slow_redis_lose_nobody(deployment: Deployment) -> None:
    campaign_id = prepared_campaign(4_000)
    deployment.start_scheduler()
    deployment.start_workers(2)
    validation.validate_campaign(OPERATOR, campaign_id)
    with watched(campaign_id), redis.Redis.from_url(get_settings().redis_url) as client:
        deployment.wait(lambda: deployment.accepted() > 500, "some are handed over")
        client.flushall()
        deployment.wait(lambda: deployment.accepted() > 1_500, "it goes on")
        client.execute_command("CLIENT", "PAUSE", "7000")
        deployment.wait_until_done(campaign_id)
    assert assert_invariants(deployment, campaign_id, recipients=4_000) == 0


def test_a_redis_that_is_full_for_a_while_loses_nobody(deployment: Deployment) -> None:
    campaign_id = prepared_campaign(4_000)
    deployment.start_scheduler()
    deployment.start_workers(2)
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait(lambda: deployment.accepted() > 500, "some are handed over")
    with watched(campaign_id), redis.Redis.from_url(get_settings().redis_url) as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", 1)
        with pytest.raises(OutOfMemoryError):
            client.set("full", 1)
        time.sleep(2)  # what was granted before
        before = deployment.accepted()
        time.sleep(6)
        assert deployment.accepted() == before, "nothing leaves without the shared rate"
        assert run_state(campaign_id) == "sending"
        client.config_set("maxmemory", 0)
        took_s = deployment.wait_until_done(campaign_id)
    assert assert_invariants(deployment, campaign_id, recipients=4_000) == 0
    print(f"done {took_s:.1f} s after there was room again")
