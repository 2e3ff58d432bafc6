"""Deployments for the tests of faults: SQLite, and a PostgreSQL that waits for the disk."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.faults.deployment import Deployment, running_deployment
from tests.integration.postgres import postgres_server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """SQLAlchemy forgets a connection whose server dies while it is made; the test after it would be told."""
    forgotten = pytest.mark.filterwarnings("ignore:<psycopg.Connection object:ResourceWarning")
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(forgotten)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres_server(durable=True) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def deployment(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """Valkey, simulator and an empty database. Tests run on both databases."""
    url = _new_database(request) if request.param == "postgresql" else ""
    with running_deployment(tmp_path, url, monkeypatch) as running:
        yield running


def _new_database(request: pytest.FixtureRequest) -> str:
    server = make_url(request.getfixturevalue("postgres_url"))
    name = f"faults_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return server.set(database=name).render_as_string(hide_password=False)
