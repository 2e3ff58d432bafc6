"""What waits for a database that somebody else holds locked, and for how long."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from backend import database as product
from backend.database import dispose_engine, reading, unit_of_work
from backend.settings import get_settings

_PATIENCE_S = 0.3
_WRITERS = 12


@pytest.fixture
def impatient(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As the web process, and SQLite is waited for a hundred times less."""
    monkeypatch.setattr(product, "_reads_soon_or_not", True)
    monkeypatch.setattr(product, "_BUSY_TIMEOUT_MS", int(_PATIENCE_S * 1000))
    dispose_engine()
    yield
    dispose_engine()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # PostgreSQL's writers do not take turns
@pytest.mark.usefixtures("impatient")
def test_nobody_queues_behind_writers_that_get_nowhere(database: str) -> None:
    file = Path(get_settings().data_dir) / "unisoft.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other, ThreadPoolExecutor(_WRITERS) as threads:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        outcomes = list(threads.map(lambda _: _error_of_a_write(), range(_WRITERS)))
        assert time.monotonic() - began < 4 * _PATIENCE_S, "each of them waited for those before it"
        assert all("locked" in outcome for outcome in outcomes), outcomes
        other.execute("ROLLBACK")
        assert _error_of_a_write() == ""


def _error_of_a_write() -> str:
    try:
        with unit_of_work() as session:
            session.execute(text("SELECT 1"))
    except OperationalError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # SQLite's readers wait for nobody
@pytest.mark.usefixtures("impatient")
def test_who_reads_for_a_page_waits_for_a_locked_table_more_briefly_than_who_writes(database: str) -> None:
    patience = text("SHOW lock_timeout")
    with reading() as session:
        assert session.execute(patience).scalar_one() == "2s"
    with unit_of_work() as session:
        assert session.execute(patience).scalar_one() == "20s"
    with reading() as session:
        assert session.execute(patience).scalar_one() == "2s", "as before on the same connection"
