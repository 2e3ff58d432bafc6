"""The database of the middle of a run is put back after its end: nobody gets anything before an operator says so."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from backend.database import dispose_engine, reading
from backend.domain.statuses import RecipientStatus
from backend.repositories import installations
from backend.services import runs, validation
from backend.services.acting import OPERATOR
from backend.settings import get_settings
from tests.faults.deployment import Deployment, assert_invariants, counts_of, enqueue, facts, run_state
from tests.faults.test_killed_processes import prepared_campaign

_RECIPIENTS = 2_000
_A_FEW_ROUNDS_S = 4


def test_a_database_restored_from_the_middle_of_a_run_sends_nothing_before_it_is_confirmed(
    deployment: Deployment,
) -> None:
    campaign_id = prepared_campaign(_RECIPIENTS)
    _start(deployment)
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait(lambda: deployment.accepted() > 300, "some are handed over")
    copy = _copied(deployment)
    at_the_copy = deployment.accepted()
    deployment.wait_until_done(campaign_id)
    assert_invariants(deployment, campaign_id, recipients=_RECIPIENTS)
    _stop(deployment)

    _restore(copy)
    pending = counts_of(campaign_id)[RecipientStatus.PENDING]
    assert run_state(campaign_id) == "sending"
    assert pending >= _RECIPIENTS - at_the_copy > 0, "the copy does not know what has left since"

    # A worker alone, with a wake-up that waited for it.
    enqueue("campaign.drain", campaign_id, 0, "")
    deployment.start_worker()
    deployment.wait(lambda: run_state(campaign_id) == "held", "the worker holds the run")
    assert facts(campaign_id)["halt_code"] == "restored_copy"
    deployment.start_scheduler()
    time.sleep(_A_FEW_ROUNDS_S)
    _assert_nothing_left(deployment, campaign_id)
    assert deployment.logged("run_held") == 1, "loudly, and once"

    asked = _confirm(answer="n\n")
    assert (asked.returncode, f"campaign {campaign_id}" in asked.stdout) == (1, True)
    time.sleep(_A_FEW_ROUNDS_S)
    _assert_nothing_left(deployment, campaign_id)

    assert _confirm(answer="y\n").returncode == 0
    time.sleep(_A_FEW_ROUNDS_S)
    _assert_nothing_left(deployment, campaign_id, state="paused")

    runs.resume_campaign(OPERATOR, campaign_id)  # a person's decision: whoever is pending in the copy gets it again
    deployment.wait_until_done(campaign_id)
    assert deployment.verdict()["total"] == _RECIPIENTS + pending


def test_processes_killed_and_started_again_on_the_same_database_are_no_restored_copy(deployment: Deployment) -> None:
    campaign_id = prepared_campaign(_RECIPIENTS)
    scheduler = deployment.start_scheduler()
    deployment.start_worker()
    validation.validate_campaign(OPERATOR, campaign_id)
    for moment in (300, 700, 1_100):
        deployment.wait(lambda moment=moment: deployment.accepted() > moment, f"{moment} are handed over")
        for process in [scheduler, *deployment.workers]:
            deployment.kill(process)
        deployment.kill_redis()
        deployment.start_redis(empty=True)
        deployment.start_worker()
        scheduler = deployment.start_scheduler()
    deployment.wait_until_done(campaign_id)
    assert deployment.logged("run_held") == 0
    assert_invariants(deployment, campaign_id, recipients=_RECIPIENTS, kills=3)


def _start(deployment: Deployment) -> None:
    deployment.start_scheduler()
    deployment.start_worker()


def _stop(deployment: Deployment) -> None:
    """All but Valkey and the simulator."""
    for process in [one for one in deployment._processes if "backend.cli" in str(one.args)]:
        assert deployment.stop(process) == 0


def _assert_nothing_left(deployment: Deployment, campaign_id: int, state: str = "held") -> None:
    assert run_state(campaign_id) == state
    verdict = deployment.verdict()
    assert (verdict["total"], verdict["by_address_max"]) == (_RECIPIENTS, 1)


def _confirm(answer: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "backend.cli", "confirm-restore"]
    return subprocess.run(
        command, input=answer, text=True, capture_output=True, check=False, timeout=60, env=dict(os.environ)
    )


# --- Copies.


def _copied(deployment: Deployment) -> str:
    """Copy the database: SQLite while everybody works, PostgreSQL, which cannot be cloned in use, at a stop."""
    url = make_url(get_settings().sql_url)
    if url.get_backend_name() == "sqlite":
        copy = f"{url.database}.copy"
        with (
            contextlib.closing(sqlite3.connect(str(url.database))) as source,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
        return copy
    _stop(deployment)
    copy = f"{url.database}_copy"
    _administer(f'CREATE DATABASE "{copy}" TEMPLATE "{url.database}"')
    _start(deployment)
    return copy


def _restore(copy: str) -> None:
    url = make_url(get_settings().sql_url)
    with reading() as session:
        before = installations.get(session)
    if url.get_backend_name() == "sqlite":
        dispose_engine()
        for name in ("-wal", "-shm"):
            Path(f"{url.database}{name}").unlink(missing_ok=True)
        shutil.copy(copy, str(url.database))
    else:
        _administer(
            f'DROP DATABASE "{url.database}" WITH (FORCE)', f'ALTER DATABASE "{copy}" RENAME TO "{url.database}"'
        )
    with reading() as session:
        restored = installations.get(session)
    assert restored.lineage == before.lineage
    assert restored.epoch < before.epoch
    print(f"the copy is {before.epoch - restored.epoch} rounds old")


def _administer(*statements: str) -> None:
    dispose_engine()  # nobody may be connected
    engine = create_engine(make_url(get_settings().sql_url).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()
