"""Real databases, a real Redis-compatible server and the simulated providers, for one test or a whole process."""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import redis
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Engine, text
from sqlalchemy.util import LRUCache

from backend import database as product
from backend.database import dispose_engine, unit_of_work
from backend.processes.embedded_valkey import embedded_valkey
from backend.services import installing, passwords
from backend.settings import Settings, get_settings
from backend.simulator.serving import RunningSimulator, running_simulator
from tests.integration.postgres import Cluster, RecycledDatabase, postgres_server

_STATEMENTS = 5_000  # of all tests
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


@pytest.fixture(scope="session", autouse=True)
def _compiled_once() -> Iterator[None]:
    """Statements are compiled once a process: once a test, as every test has its engine, takes a third of the time."""
    build, kept = product.build_engine, dict[str, Engine]()

    def build_engine(settings: Settings) -> Engine:
        engine = build(settings)
        known = kept.setdefault(engine.dialect.name, engine)
        if not known.dialect.server_version_info:  # it has never been connected
            kept[engine.dialect.name] = engine
            engine._compiled_cache = LRUCache(_STATEMENTS)
            return engine
        engine.dialect, engine._compiled_cache = known.dialect, known._compiled_cache
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(product, "build_engine", build_engine)
        yield


@pytest.fixture(scope="session", autouse=True)
def _passwords_in_no_time() -> Iterator[None]:
    """A password costs a core for a sixth of a second, as it should; not where hundreds of tests sign somebody in."""
    cheap = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", lambda: cheap)
        yield


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A private PostgreSQL cluster."""
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database that was migrated from nothing, to copy from."""
    folder = tmp_path_factory.mktemp("migrated")
    _migrate(folder, "")
    return folder / "unisoft.db"


@pytest.fixture(scope="session")
def migrated_cluster(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A PostgreSQL cluster with a database that was migrated from nothing, to copy from."""
    cluster = Cluster(postgres_url)
    cluster.execute("CREATE DATABASE migrated")
    _migrate(tmp_path_factory.mktemp("migrated"), cluster.url_of("migrated"))
    yield cluster
    cluster.close()


@pytest.fixture(scope="session")
def recycled_database(migrated_cluster: Cluster) -> Iterator[RecycledDatabase]:
    """The PostgreSQL database of this process, for one test after another."""
    recycled = RecycledDatabase(migrated_cluster, "migrated", "recycled")
    yield recycled
    recycled.close()


def _migrate(folder: Path, database_url: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        _configure(patch, folder, database_url)
        installing.migrate()
        _forget()  # closes every connection: a database in use cannot be copied


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty, migrated database in its own `DATA_DIR`; gives its kind. Tests run on both."""
    with _new_postgresql(request) if request.param == "postgresql" else _new_sqlite(request, tmp_path) as url:
        monkeypatch.chdir(tmp_path)
        _configure(monkeypatch, tmp_path, url)
        with unit_of_work() as session:  # a copy that knows it is none
            session.execute(text("UPDATE installation SET lineage = :lineage"), {"lineage": uuid.uuid4().hex})
        yield request.param
        _forget()


@contextlib.contextmanager
def _new_sqlite(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    shutil.copy(request.getfixturevalue("migrated_file"), folder)
    yield ""


@contextlib.contextmanager
def _new_postgresql(request: pytest.FixtureRequest) -> Iterator[str]:
    recycled: RecycledDatabase = request.getfixturevalue("recycled_database")
    recycled.renew()
    yield recycled.url


def _configure(patch: pytest.MonkeyPatch, folder: Path, database_url: str) -> None:
    values = {**PROVIDERS, "DATA_DIR": str(folder), "REDIS_URL": "", "DATABASE_URL": database_url}
    for name, value in values.items():
        patch.setenv(name, value)
    _forget()


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
        if name not in {"DATA_DIR", "PUBLIC_URL"} and not name.startswith("WHATSAPP_GATEWAY_"):
            monkeypatch.setenv(name, value)
    for name in ("SMS", "WHATSAPP", "EMAIL"):
        monkeypatch.setenv(f"{name}_RATE_PER_S", "50000")
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("PROVIDER_TIMEOUT_S", "20")
    get_settings.cache_clear()
    return simulator_process


@pytest.fixture
def gateway(simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> RunningSimulator:
    """The same, with a gateway whose paired phone carries WhatsApp as fast as it can; without it Twilio does."""
    for name, value in simulator.environment.items():
        if name.startswith("WHATSAPP_GATEWAY_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("WHATSAPP_GATEWAY_JITTER_S", "0")
    monkeypatch.setenv("WHATSAPP_GATEWAY_PAUSE_S", "0")
    get_settings.cache_clear()
    simulator.control("POST", "whatsapp/phone", {"do": "connect"})
    return simulator


@pytest.fixture
def phone(gateway: RunningSimulator) -> RunningSimulator:
    """The simulated providers with a phone that is not connected."""
    settings = get_settings()
    url = f"{settings.whatsapp_gateway_url}/api/session/disconnect"
    with urlopen(Request(url, b"", {"X-Api-Key": settings.whatsapp_gateway_key}), timeout=5):
        return gateway
