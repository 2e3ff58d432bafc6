"""Real databases, a real Redis-compatible server and the simulated providers, for one test or a whole process."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy import create_engine, make_url, text

from backend.database import dispose_engine
from backend.processes.embedded_valkey import embedded_valkey
from backend.services import installing
from backend.settings import get_settings
from backend.simulator.serving import RunningSimulator, running_simulator
from tests.integration.postgres import postgres_server

PROVIDERS = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "token",
    "TWILIO_SMS_FROM": "+33939000001",
    "TWILIO_WHATSAPP_FROM": "+33939000002",
    "SENDGRID_API_KEY": "SG.key",
    "SENDGRID_FROM_EMAIL": "office@example.org",
    "SENDGRID_WEBHOOK_PUBLIC_KEY": "key",
    "SECRET_KEY": "a secret for tests",
}


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A private PostgreSQL cluster with a migrated database to copy from."""
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty, migrated database in its own `DATA_DIR`; gives its kind. Tests run on both."""
    monkeypatch.chdir(tmp_path)
    for name, value in {**PROVIDERS, "DATA_DIR": str(tmp_path), "REDIS_URL": ""}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DATABASE_URL", _new_database(request) if request.param == "postgresql" else "")
    _forget()
    installing.migrate()
    yield request.param
    _forget()


def _new_database(request: pytest.FixtureRequest) -> str:
    server = make_url(request.getfixturevalue("postgres_url"))
    name = f"test_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return server.set(database=name).render_as_string(hide_password=False)


def _forget() -> None:
    dispose_engine()
    get_settings.cache_clear()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A private server; gives its URL."""
    with embedded_valkey(tmp_path_factory.mktemp("valkey")) as url:
        yield url


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The server of this process, emptied."""
    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
    return redis_server


@pytest.fixture(scope="session")
def simulator_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    """Simulated providers in a thread; their reports go nowhere."""
    with running_simulator(tmp_path_factory.mktemp("simulator")) as simulator:
        yield simulator


@pytest.fixture
def simulator(
    database: str, redis_url: str, simulator_process: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> RunningSimulator:
    """Clean simulated providers, configured beside the database of the test."""
    del database
    simulator_process.control("DELETE", "messages")
    simulator_process.control("PUT", "script", {"callbacks": "off"})
    for name, value in simulator_process.environment.items():
        if name not in {"DATA_DIR", "PUBLIC_URL"}:
            monkeypatch.setenv(name, value)
    for name in ("SMS", "WHATSAPP", "EMAIL"):
        monkeypatch.setenv(f"{name}_RATE_PER_S", "50000")
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("PROVIDER_TIMEOUT_S", "20")
    get_settings.cache_clear()
    return simulator_process
