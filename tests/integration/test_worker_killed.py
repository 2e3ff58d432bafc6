"""SIGKILL in the middle of a run, in real processes, with the simulator as the judge."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from backend.actors import broker
from backend.database import reading
from backend.domain.statuses import RecipientStatus
from backend.repositories import campaigns
from backend.services import campaign_status, proofs, validation
from backend.services.acting import OPERATOR
from backend.settings import get_settings
from backend.simulator.serving import RunningSimulator
from tests.makers import buy_credits, make_contacts, make_draft

_ROOT = Path(__file__).resolve().parents[2]
_CONTACTS = 2_000


@contextmanager
def process(role: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "backend.cli", role]
    env = {**os.environ, "PYTHONPATH": str(_ROOT), "LOG_LEVEL": "WARNING"}
    child = subprocess.Popen(command, cwd=_ROOT, env=env)
    try:
        yield child
    finally:
        with suppress(ProcessLookupError):
            child.terminate()
        child.wait(30)


def wait_until(condition: Callable[[], bool], what: str, within_s: float = 60) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {within_s} s"
        time.sleep(0.01)


def test_a_killed_worker_loses_nobody_and_sends_nothing_twice(
    simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAIM_LEASE_S", "3")
    monkeypatch.setenv("PROVIDER_TIMEOUT_S", "2")
    monkeypatch.setenv("SCHEDULER_INTERVAL_S", "0.5")
    get_settings.cache_clear()
    make_contacts(_CONTACTS)
    buy_credits(_CONTACTS)
    campaign_id = make_draft()
    broker.connect(get_settings())

    def handed_over() -> int:
        return simulator.control("GET", "counts")["total"]

    def facts() -> dict[str, int | str | None]:
        return campaign_status.status_of(OPERATOR, campaign_id)

    with process("scheduler"):
        with process("worker") as first:
            validation.validate_campaign(OPERATOR, campaign_id)
            wait_until(lambda: handed_over() > _CONTACTS // 4, "a quarter is handed over")
            first.send_signal(signal.SIGKILL)
            first.wait(10)
        assert handed_over() < _CONTACTS, "the worker was killed in the middle"
        assert facts()["run_state"] == "sending", "a run with people missing is not done"
        with process("worker"):
            wait_until(lambda: facts()["run_state"] == "done", "the run ends by itself")

    counts = simulator.control("GET", "counts")
    assert counts["by_address_max"] == 1, counts["duplicates"]
    stored = facts()
    assert stored["targets"] == _CONTACTS
    unknown = _unknown(campaign_id)
    assert _CONTACTS - counts["total"] <= unknown <= 64 * 4, "only windows in flight are unknown"
    assert proofs.recount(campaign_id) == []
    assert proofs.audit_credits() == []


def _unknown(campaign_id: int) -> int:
    with reading() as session:
        counts = campaigns.stored_counts(session, campaign_id)
    assert counts[RecipientStatus.PENDING] == counts[RecipientStatus.CLAIMED] == 0
    return counts[RecipientStatus.UNKNOWN]
