"""Redis goes away, comes back empty, or answers late: it carries wake-ups, so nothing may be lost with it."""

from __future__ import annotations

import asyncio
import signal
import time

import httpx
import pytest
import redis
from redis.exceptions import OutOfMemoryError

from backend.services import validation
from backend.services.acting import OPERATOR
from backend.settings import get_settings
from tests.faults.deployment import (
    Deployment,
    assert_books,
    assert_invariants,
    facts,
    run_state,
    signed_in,
    until_shown,
    watched,
)
from tests.faults.test_failpoints import balance, report_delivered, stored_reports
from tests.faults.test_killed_processes import prepared_campaign
from tests.integration.web import CAMPAIGNS, tab
from tests.makers import make_draft

_CONFIRMATION = "reflex___state____state.unisoft_ui___states___confirmation____confirmation_state"
_NOT_NOW = "The server cannot do this just now"


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
        time.sleep(2)  # what was granted before
        before = deployment.accepted()
        time.sleep(3)
        assert deployment.accepted() == before < 4_000, "nothing leaves without the shared rate"
        took_s = deployment.wait_until_done(campaign_id, within_s=30)
    assert assert_invariants(deployment, campaign_id, recipients=4_000) == 0
    print(f"done {took_s:.1f} s later")


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


# --- The web process without Redis, where it keeps what the tabs show.


def test_the_web_process_stores_reports_while_redis_is_away_and_shows_pages_when_it_is_back(
    deployment: Deployment,
) -> None:
    campaign_id = prepared_campaign(1)
    deployment.start_scheduler()
    deployment.start_worker()
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait_until_done(campaign_id)
    web = deployment.pages_of(deployment.start_web())
    deployment.kill_redis()
    assert httpx.get(f"{web.origin}/healthz").status_code == httpx.codes.OK
    ready = httpx.get(f"{web.origin}/readyz")
    assert (ready.status_code, ready.json()["missing"]) == (httpx.codes.SERVICE_UNAVAILABLE, ["redis"])
    began = time.monotonic()
    assert [report_delivered() for _ in range(3)] == [httpx.codes.NO_CONTENT] * 3
    assert time.monotonic() - began < 5, "the provider does not wait for Redis"
    assert stored_reports() == 1
    deployment.start_redis(empty=True)

    async def open_the_list() -> float:
        async with tab(web, signed_in(), boot=CAMPAIGNS) as page:
            return await until_shown(page, "Kol Nidre")

    assert asyncio.run(open_the_list()) < 5
    deployment.wait(lambda: facts(campaign_id)["success"] == 1, "the report takes effect")
    assert_invariants(deployment, campaign_id, recipients=1)


def test_pages_say_that_redis_is_away_and_go_on_when_it_is_back(deployment: Deployment) -> None:
    campaign_id = prepared_campaign(10)
    process = deployment.start_web()
    web, cookie = deployment.pages_of(process), signed_in()

    async def lose_redis_and_go_on() -> None:
        async with tab(web, cookie, boot=CAMPAIGNS) as page:
            await until_shown(page, "Kol Nidre")
            await page.send(f"{_CONFIRMATION}.ask", {"campaign_id": campaign_id})
            await until_shown(page, "Sends immediately")
            deployment.kill_redis()
            await page.send(f"{_CONFIRMATION}.confirm", {"send_now": True})
            await until_shown(page, _NOT_NOW)
            assert run_state(campaign_id) == "idle"
            assert balance().reserved == 0
            async with tab(web, cookie, boot=CAMPAIGNS) as late:
                await until_shown(late, _NOT_NOW)
                assert "location.reload()" in late.text, "a page that could not begin comes back by itself"
            deployment.start_redis(empty=True)
            make_draft(title="Made meanwhile")
            print(f"the list goes on after {await until_shown(page, 'Made meanwhile'):.1f} s")
            await page.send(f"{_CONFIRMATION}.ask", {"campaign_id": campaign_id})
            page.frames.clear()
            await until_shown(page, "Sends immediately")
            await page.send(f"{_CONFIRMATION}.confirm", {"send_now": True})
            await asyncio.to_thread(
                deployment.wait, lambda: run_state(campaign_id) != "idle", "the page does what it is told"
            )

    asyncio.run(lose_redis_and_go_on())
    assert process.poll() is None
    assert deployment.logged("Traceback", by="web") == 0
    assert_books()


def test_every_role_says_in_a_line_that_it_waits_for_redis_and_begins_when_redis_is_there(
    deployment: Deployment,
) -> None:
    campaign_id = prepared_campaign(100)
    deployment.kill_redis()
    validation.validate_campaign(OPERATOR, campaign_id)
    said = {"worker": "worker_waits", "scheduler": "scheduler_waits", "web": "live_lost_redis"}
    waiting = [deployment.start_worker(), deployment.start_scheduler(), deployment.start_web()]
    for role, line in said.items():
        deployment.wait(lambda role=role, line=line: deployment.logged(line, by=role), f"the {role} says so")
    time.sleep(3)  # several rounds
    assert [deployment.logged(said[role], by=role) for role in ("worker", "scheduler")] == [1, 1]
    assert deployment.logged("Traceback") == 0
    by_its_signal = -signal.SIGTERM  # so uvicorn ends, whatever else there is
    assert [deployment.stop(process) for process in waiting] == [0, 0, by_its_signal]

    deployment.start_worker()
    deployment.start_scheduler()
    web = deployment.pages_of(deployment.start_web())
    deployment.start_redis(empty=True)
    deployment.wait_until_done(campaign_id)
    assert httpx.get(f"{web.origin}/readyz").status_code == httpx.codes.OK
    assert deployment.logged("Traceback") == 0
    assert assert_invariants(deployment, campaign_id, recipients=100) == 0
