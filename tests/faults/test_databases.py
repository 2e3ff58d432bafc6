"""The database is locked by somebody else, or cuts every connection."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import text

from backend.database import get_engine, is_postgresql, unit_of_work
from backend.services import validation
from backend.services.acting import OPERATOR
from tests.faults.deployment import Deployment, assert_invariants
from tests.faults.test_killed_processes import prepared_campaign


def test_nothing_leaves_while_the_database_is_locked_for_longer_than_a_lease(deployment: Deployment) -> None:
    campaign_id = prepared_campaign(3_000)
    deployment.start_scheduler()
    deployment.start_workers(2)
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait(lambda: deployment.accepted() > 500, "some are handed over")
    with unit_of_work() as session:
        # On SQLite any statement of a writing transaction locks the file.
        session.execute(text("LOCK TABLE recipient IN ACCESS EXCLUSIVE MODE" if is_postgresql(session) else "SELECT 1"))
        time.sleep(2)  # windows that were claimed before
        before = deployment.accepted()
        time.sleep(8)
        assert deployment.accepted() == before, "nobody is sent to without a committed claim"
    deployment.wait_until_done(campaign_id)
    # Claims that had to wait longer than their lease are not sent any more, and count as unknown.
    unknown = assert_invariants(deployment, campaign_id, recipients=3_000, kills=1)
    print(f"{unknown} unknown after the lock")


@pytest.mark.parametrize("deployment", ["postgresql"], indirect=True)  # SQLite has no connections to cut
def test_cut_connections_leave_at_most_the_windows_in_flight_unknown(deployment: Deployment) -> None:
    campaign_id = prepared_campaign(4_000)
    deployment.start_scheduler()
    deployment.start_workers(2)
    validation.validate_campaign(OPERATOR, campaign_id)
    cuts = 0
    for moment in (600, 1_700, 2_800):
        deployment.wait(lambda moment=moment: deployment.accepted() > moment, f"{moment} are handed over")
        with get_engine().connect() as connection:
            query = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'unisoft'"
            cut = connection.execute(text(f"{query} AND pid <> pg_backend_pid()")).scalar_one()
        assert cut > 1
        cuts += 1
    deployment.wait_until_done(campaign_id)
    unknown = assert_invariants(deployment, campaign_id, recipients=4_000, kills=cuts)
    print(f"{unknown} unknown after {cuts} cuts")
