"""Connections, transactions, and what happens after a commit.

One way for handlers, actors, webhooks and commands: `with unit_of_work() as session:`. It commits
at the edge, rolls back on any error, and runs what was registered with `after_commit`.
"""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlmodel import Session

from backend.logs import brief, get_logger
from backend.settings import Settings, get_settings

log = get_logger(__name__)

_BUSY_TIMEOUT_MS = 30_000
# Whoever was frozen inside a transaction shall not keep everybody else waiting for the rows it locked.
_POSTGRES_LIMITS = "-c lock_timeout=20s -c idle_in_transaction_session_timeout=30s"
# Nobody looks at a page for as long as that; readers wait only where a whole table is locked.
_SOON = " -c lock_timeout=2s"
# What the planner is forbidden it still does where there is no other way, at a price that looks worth compiling for.
_BY_INDEX = " -c enable_seqscan=off -c jit=off"
_TURN_POLL_S = 0.0005
_AFTER_COMMIT = "after_commit"
_MUST_SURVIVE, _SYNCHRONOUS = "must_survive", "synchronous"
_COMMIT_WITHOUT_WAITING = text("SET LOCAL synchronous_commit = off")
_WAIT_AS_WRITERS_DO = text("SET LOCAL lock_timeout = '20s'")
_engine: Engine | None = None
_reads_by_index = False
_reads_soon_or_not = False
_engine_lock = threading.Lock()
_sqlite_writer = threading.Lock()


class Survives(Enum):
    """What a commit has to outlive before anybody goes on.

    `CRASH`: the end of any process, also of the database's own. `NOTHING`: if it is lost, it is done again. The next
    commit that has to outlive more takes those before it along.
    """

    POWER_CUT = "power_cut"
    CRASH = "crash"
    NOTHING = "nothing"


def build_engine(settings: Settings) -> Engine:
    """An engine for `DATABASE_URL`. It opens nothing until it is used."""
    if settings.sql_url.startswith("sqlite"):
        return _build_sqlite(settings)
    return create_engine(
        settings.sql_url,
        pool_size=settings.worker_threads * 3,
        max_overflow=8,
        pool_pre_ping=True,
        hide_parameters=True,  # errors are logged, and parameters are people's data
        connect_args={"connect_timeout": 10, "application_name": "unisoft", "options": _postgres_options()},
    )


def read_by_index() -> None:
    """Have PostgreSQL find rows in this process by their indexes alone. Call it before the first use.

    For workers: they ask for some rows of large tables, again and again. A plan made while a table is small, or before
    the database has looked at what came in lately, would read all of it for every window.
    """
    global _reads_by_index  # noqa: PLW0603 - as a whole process does
    _reads_by_index = True


def read_soon_or_not() -> None:
    """Have PostgreSQL refuse what this process reads from a locked table after 2 s. Call it before the first use.

    For the web process: a page says in time that it cannot be read, and a locked table does not take its threads away
    from pages that need another. Who writes waits as everywhere.
    """
    global _reads_soon_or_not  # noqa: PLW0603 - as a whole process does
    _reads_soon_or_not = True


def _postgres_options() -> str:
    return _POSTGRES_LIMITS + (_BY_INDEX if _reads_by_index else "") + (_SOON if _reads_soon_or_not else "")


def _build_sqlite(settings: Settings) -> Engine:
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_engine(
        settings.sql_url,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": _BUSY_TIMEOUT_MS / 1000},
        pool_size=settings.worker_threads * 3,
        max_overflow=8,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by `_begin_sqlite`, not by the driver
    cursor = connection.cursor()
    # FULL: a claim that a power cut rolls back after its message left would be sent twice.
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"busy_timeout = {_BUSY_TIMEOUT_MS}",
        "cache_size = -32000",
        "temp_store = MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    # A transaction that reads first and writes later fails at once when another writer came between.
    if options.get("readonly", False):
        connection.exec_driver_sql("BEGIN")
        return
    # What SQLite has written is in the system's hands: without waiting for the disk it is lost with the power only.
    synchronous = "FULL" if options.get(_MUST_SURVIVE, Survives.POWER_CUT) is Survives.POWER_CUT else "NORMAL"
    if connection.info.get(_SYNCHRONOUS, "FULL") != synchronous:
        connection.exec_driver_sql(f"PRAGMA synchronous = {synchronous}")
        connection.info[_SYNCHRONOUS] = synchronous
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def get_engine() -> Engine:
    """The engine of this process, built on first use: a forked worker must build its own."""
    global _engine  # noqa: PLW0603 - one engine a process
    with _engine_lock:
        if _engine is None:
            _engine = build_engine(get_settings())
        return _engine


def dispose_engine() -> None:
    """Close every connection and forget the engine, so that the next use builds a new one."""
    global _engine  # noqa: PLW0603 - one engine a process
    with _engine_lock:
        if _engine is not None:
            _engine.dispose()
            _engine = None


@contextmanager
def unit_of_work(must_survive: Survives = Survives.POWER_CUT) -> Iterator[Session]:
    """One writing transaction. Commits on leaving, then runs what `after_commit` registered."""
    engine = get_engine()
    waits = must_survive is Survives.POWER_CUT
    bound = engine if waits else engine.execution_options(**{_MUST_SURVIVE: must_survive})
    with Session(bound, expire_on_commit=False) as session:
        with _writers_turn(engine), session.begin():
            if engine.dialect.name == "postgresql":
                if must_survive is Survives.NOTHING:
                    session.execute(_COMMIT_WITHOUT_WAITING)
                if _reads_soon_or_not:
                    session.execute(_WAIT_AS_WRITERS_DO)
            yield session
        _run_after_commit(session)


@contextmanager
def _writers_turn(engine: Engine) -> Iterator[None]:
    # SQLite has one writer, and waits for it in steps of up to 100 ms. Threads queue here instead, and processes
    # at a file beside the database. It only saves time: `BEGIN IMMEDIATE` is what keeps writers apart. So behind one
    # that gets nowhere nobody queues for longer than that one waits.
    if not has_one_writer():
        yield
        return
    deadline = time.monotonic() + _BUSY_TIMEOUT_MS / 1000
    is_mine = _sqlite_writer.acquire(timeout=_BUSY_TIMEOUT_MS / 1000)
    try:
        with Path(f"{engine.url.database}-turn").open("ab") as turn:
            _wait_for_turn(turn, deadline)
            yield
    finally:
        if is_mine:
            _sqlite_writer.release()


def _wait_for_turn(turn: IO[bytes], deadline: float) -> None:
    while time.monotonic() < deadline:
        with suppress(BlockingIOError):
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(_TURN_POLL_S)


@contextmanager
def reading() -> Iterator[Session]:
    """One consistent view of the data; nothing is written, and on SQLite no writer is held up."""
    engine = get_engine()
    # PostgreSQL would otherwise take a new view for every statement.
    level: dict[str, Any] = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with engine.connect() as connection:
        view = connection.execution_options(readonly=True, **level)
        with Session(view, expire_on_commit=False, autoflush=False) as session:
            yield session


def after_commit(session: Session, act: Callable[[], Any]) -> None:
    """Run `act` when the transaction has committed. Its failure is logged, never raised.

    For hints only (wake-ups, progress): whatever must not be lost belongs in the transaction.
    """
    session.info.setdefault(_AFTER_COMMIT, []).append(act)


def _run_after_commit(session: Session) -> None:
    for act in session.info.pop(_AFTER_COMMIT, []):
        try:
            act()
        except Exception as error:  # noqa: BLE001 - a lost hint must not turn a commit into an error
            log.warning("after_commit_failed", error=brief(error))


def has_one_writer() -> bool:
    """Whether transactions that write wait for each other, whatever they write: on SQLite."""
    return get_engine().dialect.name == "sqlite"


def is_postgresql(session: Session) -> bool:
    """Whether row locks are taken with SKIP LOCKED (PostgreSQL), or the whole file is (SQLite)."""
    return session.get_bind().dialect.name == "postgresql"
