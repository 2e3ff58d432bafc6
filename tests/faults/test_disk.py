"""The disk is full for a while: the run waits, nothing is half written, and it goes on when there is room again."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from backend.domain.hold_ups import HoldUpCode
from backend.domain.statuses import RecipientStatus
from backend.services import validation
from backend.services.acting import OPERATOR
from tests.faults.deployment import (
    Deployment,
    Process,
    assert_books,
    assert_invariants,
    counts_of,
    hold_up,
    run_state,
    running_deployment,
)
from tests.faults.test_killed_processes import prepared_campaign
from tests.integration.postgres import PostgresServer

_RECIPIENTS = 4_000
_LARGEST_FILE_BYTES = 128 * 1024  # less than the database and its log of writes have already
_IN_FLIGHT_S = 2
_FULL_S = 8
_TOLD_WITHIN_S = 30
_SQLITE_DISK_MB, _POSTGRESQL_DISK_MB = 64, 192


@pytest.mark.parametrize("deployment", ["sqlite"], indirect=True)  # PostgreSQL writes its files itself
def test_processes_whose_files_may_not_grow_wait_and_go_on(deployment: Deployment) -> None:
    campaign_id = prepared_campaign(_RECIPIENTS)
    processes = [deployment.start_scheduler(), deployment.start_worker(), deployment.start_worker()]
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait(lambda: deployment.accepted() > 600, "some are handed over")
    _limit_files(processes, _LARGEST_FILE_BYTES)
    _assert_it_waits(deployment, campaign_id)
    assert_books()
    _limit_files(processes, resource.RLIM_INFINITY)
    _assert_it_goes_on(deployment, campaign_id)


def test_a_full_disk_under_everything_costs_time_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite, Redis and the logs on one disk."""
    with _small_disk(_SQLITE_DISK_MB) as disk:
        folder = disk / "product"
        folder.mkdir()
        with running_deployment(folder, "", monkeypatch) as deployment:
            campaign_id = _started(deployment)
            with _filled(disk):
                _assert_it_waits(deployment, campaign_id)
                assert_books()
            _assert_it_goes_on(deployment, campaign_id)


def test_a_full_disk_under_postgresql_costs_time_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _small_disk(_POSTGRESQL_DISK_MB) as disk:
        server = PostgresServer(disk, durable=True)
        try:
            server.start()
            with running_deployment(tmp_path, server.url, monkeypatch) as deployment:
                campaign_id = _started(deployment)
                with _filled(disk):
                    deployment.wait(lambda: deployment.logged("No space left") or not server.is_running(), "it is full")
                    time.sleep(_IN_FLIGHT_S)
                    before = deployment.accepted()
                    time.sleep(_FULL_S)
                    # Space that it had set aside may still carry a window or two.
                    print(f"{deployment.accepted() - before} were handed over while the disk was full")
                    # Changes of rows in place may still fit, those that say that a worker is there among them.
                    told = "the pages say that nobody gets on with it, or that the database does not answer"
                    deployment.wait(lambda: _stands_still(server, campaign_id), told, _TOLD_WITHIN_S)
                if not server.is_running():  # it gives up when there is no room for its log of writes
                    server.start()
                _assert_it_goes_on(deployment, campaign_id)
        finally:
            server.close()


def _started(deployment: Deployment) -> int:
    """A run of which some are handed over."""
    campaign_id = prepared_campaign(_RECIPIENTS)
    deployment.start_scheduler()
    deployment.start_workers(2)
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait(lambda: deployment.accepted() > 600, "some are handed over")
    return campaign_id


def _assert_it_waits(deployment: Deployment, campaign_id: int) -> None:
    time.sleep(_IN_FLIGHT_S)
    before = deployment.accepted()
    assert before < _RECIPIENTS, "it was full too late"
    time.sleep(_FULL_S)
    assert deployment.accepted() == before, "nobody is sent to without a committed claim"
    assert run_state(campaign_id) == "sending"
    # Whatever waits for an answer is given its time first.
    told = "the pages say that nobody works on it"
    deployment.wait(lambda: hold_up(campaign_id) is HoldUpCode.STANDSTILL, told, _TOLD_WITHIN_S)


def _stands_still(server: PostgresServer, campaign_id: int) -> bool:
    try:
        return hold_up(campaign_id) is HoldUpCode.STANDSTILL
    except OperationalError:
        return not server.is_running()


def _assert_it_goes_on(deployment: Deployment, campaign_id: int) -> None:
    took_s = deployment.wait(lambda: hold_up(campaign_id) is None, "a worker is at it again")
    took_s += deployment.wait_until_done(campaign_id)
    # A claim may be given up before its late answer is written, which puts it right.
    deployment.wait(lambda: not counts_of(campaign_id)[RecipientStatus.UNKNOWN], "every answer is recorded", 30)
    assert assert_invariants(deployment, campaign_id, recipients=_RECIPIENTS) == 0
    print(f"done {took_s:.1f} s after there was room")


def _limit_files(processes: list[Process], largest_bytes: int) -> None:
    """What a quota does: writing beyond this fails. Needs no privilege."""
    for process in processes:
        _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (largest_bytes, hard))


@contextlib.contextmanager
def _small_disk(size_mb: int) -> Iterator[Path]:
    """A file system of its own in memory."""
    with tempfile.TemporaryDirectory(prefix="unisoft-disk-", ignore_cleanup_errors=True) as name:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=0700", "none", name]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("a small disk needs the right to mount one")
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


@contextlib.contextmanager
def _filled(disk: Path) -> Iterator[None]:
    """No byte is free."""
    with (disk / "ballast").open("wb") as ballast:
        for size in (1024 * 1024, 4096):
            with contextlib.suppress(OSError):
                while True:
                    os.write(ballast.fileno(), bytes(size))
        yield
    (disk / "ballast").unlink()
