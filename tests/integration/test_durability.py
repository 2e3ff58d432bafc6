"""What a commit waits for: the disk, unless what it wrote comes back by itself."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlmodel import Session

from backend.database import Survives, unit_of_work

_FULL, _NORMAL = 2, 1  # as SQLite numbers them


def waits_for_the_disk(session: Session, database: str) -> bool:
    if database == "sqlite":
        return session.execute(text("PRAGMA synchronous")).scalar_one() == _FULL
    # As the server is told, which is to wait for the disk wherever nobody says otherwise.
    told_by = "SELECT source FROM pg_settings WHERE name = 'synchronous_commit'"
    return session.execute(text(told_by)).scalar_one() != "session"


@pytest.mark.parametrize(
    ("must_survive", "on_sqlite", "on_postgresql"),
    [
        (Survives.POWER_CUT, True, True),
        (Survives.CRASH, False, True),  # of PostgreSQL's own processes, too, which hold what is not on the disk yet
        (Survives.NOTHING, False, False),
    ],
)
def test_a_commit_waits_for_what_it_must_survive(
    database: str,
    must_survive: Survives,
    on_sqlite: bool,
    on_postgresql: bool,
) -> None:
    expected = on_sqlite if database == "sqlite" else on_postgresql
    with unit_of_work(must_survive) as session:
        assert waits_for_the_disk(session, database) is expected
    with unit_of_work() as session:
        assert waits_for_the_disk(session, database), "the next transaction of the same connection waits again"
