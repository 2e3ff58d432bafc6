"""A private PostgreSQL server for tests. `python -m tests.integration.postgres` makes sure that there is one."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, create_engine, make_url

from backend.processes.ports import free_port
from backend.processes.spawning import Guard, kill_group

_START_WITHIN_S = 30.0
_STOP_WITHIN_S = 10.0
# A test's data may be lost with the machine, so nothing waits for the disk.
_FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_connections=100",
    "shared_buffers=64MB",
    "autovacuum=off",  # what it finds out would change how later tests are served
)
_COPY_STRATEGIES_SINCE = 150_000
# Dead rows stay: beyond this a new copy is quicker to work with.
_LARGE_BYTES = 2 * 1024 * 1024
_TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"
_SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"
# Changes with whatever is no row of a table: columns, constraints, triggers, functions, statistics, settings.
_SHAPE = """
SELECT md5(string_agg(part, ',' ORDER BY part)) FROM (
  SELECT concat('c', oid, ':', xmin, ':', reltuples) FROM pg_class WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT concat('a', attrelid, '.', attnum, ':', xmin) FROM pg_attribute WHERE attrelid > 16383
  UNION ALL SELECT concat('k', oid, ':', xmin) FROM pg_constraint
  UNION ALL SELECT concat('t', oid, ':', xmin) FROM pg_trigger
  UNION ALL SELECT concat('p', oid, ':', xmin) FROM pg_proc WHERE oid > 16383
  UNION ALL SELECT concat('s', starelid, '.', staattnum, ':', xmin) FROM pg_statistic WHERE starelid > 16383
  UNION ALL SELECT concat('d', setdatabase, setrole, setconfig) FROM pg_db_role_setting
) AS parts (part)
"""
_BYTES = """
SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
"""
_END_OTHERS = """
SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class NoPostgresError(Exception):
    """One sentence that says what to install."""


def postgres_programs() -> Path:
    """The folder with `initdb` and `postgres`. Installs the server when there is none and we are root.

    Raises:
        NoPostgresError: nothing was found and nothing could be installed.
    """
    if found := _find():
        return found
    if os.geteuid() == 0 and shutil.which("apt-get") and _install_with_apt() and (found := _find()):
        return found
    raise NoPostgresError("The database tests need a PostgreSQL server: install the package postgresql and try again.")


class PostgresServer:
    """A new cluster on a free loopback port, which tests may crash and start again. `url` is SQLAlchemy's.

    Args:
        folder: an empty folder for it. Who runs the server must be able to enter it.
        durable: wait for the disk like a production server, for tests of crashes.
    """

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self._programs, self._port, self._user = postgres_programs(), free_port(), _unprivileged_user()
        self._folder, self._log = folder, folder / "log"
        self._options = ["listen_addresses=127.0.0.1", *(() if durable else _FAST)]
        self._guard = Guard(grace_s=0)
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self._port}/postgres"
        if self._user is not None:
            shutil.chown(folder, self._user)
        _run([str(self._programs / "initdb"), "-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8",
              "--locale=C", "--no-sync"], folder, self._user)  # fmt: skip

    def start(self) -> None:
        """Start the server, and let it recover after a crash."""
        command = [str(self._programs / "postgres"), "-D", str(self._folder / "data"), "-p", str(self._port)]
        command += ["-k", str(self._folder), *(part for option in self._options for part in ("-c", option))]
        with self._log.open("ab") as output:
            self._process = _start(command, self._folder, self._user, output.fileno())
        self._guard.watch(self._process.pid)
        _wait_until_up(self._process, self._programs, self._port, self._log)

    def crash(self) -> None:
        """What `pg_ctl stop -m immediate` does: nothing is finished, and the next start has to recover."""
        self._end(signal.SIGQUIT)

    def is_running(self) -> bool:
        """Whether the server is there: without room for its log of writes it gives up by itself."""
        return self._process is not None and self._process.poll() is None

    def close(self) -> None:
        """Stop it for good."""
        self._end(signal.SIGINT)  # "fast": connections are cut, nobody is waited for
        self._guard.close()

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            _stop(self._process, number)
            self._guard.release(self._process.pid)
            self._process = None


@contextlib.contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[PostgresServer]:
    """Run a new, empty cluster. Takes about two seconds.

    Stopped and removed at the end, also when this process is killed (then the files stay in the
    temporary folder).
    """
    with tempfile.TemporaryDirectory(prefix="unisoft-postgres-", ignore_cleanup_errors=True) as name:
        server = PostgresServer(Path(name), durable=durable)
        try:
            server.start()
            yield server
        finally:
            server.close()


class Cluster:
    """The databases of a server that runs. `url` leads to any one of them."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._engine = create_engine(self._url, isolation_level="AUTOCOMMIT")
        with self._engine.connect() as connection:
            version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
        # Copied files bring their caches: the first connection is cheaper than after a copy through the log.
        self._strategy = "STRATEGY FILE_COPY" if version >= _COPY_STRATEGIES_SINCE else ""

    def url_of(self, name: str) -> str:
        """SQLAlchemy's URL of a database."""
        return self._url.set(database=name).render_as_string(hide_password=False)

    def copy(self, source: str, name: str) -> None:
        """Make a database like another one, to which nobody may be connected."""
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}" {self._strategy}')

    def execute(self, statement: str) -> None:
        """Run a statement that wants no transaction, such as `CREATE DATABASE`."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql(statement)

    def close(self) -> None:
        """Close the connection."""
        self._engine.dispose()


class RecycledDatabase:
    """A database for one test after another: each finds it as if it had just been copied from `source`.

    Deleting the few rows of a test takes a twentieth of the time of a copy. Where a test changed anything else, or
    left much behind, a copy is made all the same.
    """

    def __init__(self, cluster: Cluster, source: str, name: str) -> None:
        self._cluster, self._source, self._name = cluster, source, name
        self._engine = create_engine(cluster.url_of(name), isolation_level="AUTOCOMMIT", pool_size=1)
        self._connection: Connection | None = None
        self._shape = ""

    @property
    def url(self) -> str:
        """SQLAlchemy's URL."""
        return self._cluster.url_of(self._name)

    def renew(self) -> None:
        """Make it as `source` is. Whoever is still connected is cut off."""
        if not self._emptied():
            self._copy()

    def close(self) -> None:
        """Close the connection; the database stays."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._engine.dispose()

    def _emptied(self) -> bool:
        """Whether deleting what was written was enough."""
        if self._connection is None:
            return False
        ask = self._connection.exec_driver_sql
        ask(_END_OTHERS)
        if ask(_SHAPE).scalar_one() != self._shape or ask(_BYTES).scalar_one() > _LARGE_BYTES:
            return False
        ask("SELECT kept.give_back()")
        return True

    def _copy(self) -> None:
        self.close()
        self._cluster.execute(f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)')
        self._cluster.copy(self._source, self._name)
        self._connection = self._engine.connect()
        ask = self._connection.exec_driver_sql
        ask("SET session_replication_role = replica")  # no foreign key asks who goes first
        ask("CREATE SCHEMA kept")
        ask(f"CREATE FUNCTION kept.give_back() RETURNS void LANGUAGE sql AS $$ {';'.join(self._steps())} $$")
        self._shape = ask(_SHAPE).scalar_one()

    def _steps(self) -> Iterator[str]:
        """What brings every table and every sequence back to where they are now."""
        assert self._connection is not None
        ask = self._connection.exec_driver_sql
        for (table,) in ask(_TABLES).all():
            yield f'DELETE FROM public."{table}"'
            if ask(f'SELECT EXISTS (SELECT FROM public."{table}")').scalar_one():
                ask(f'CREATE TABLE kept."{table}" AS TABLE public."{table}"')
                yield f'INSERT INTO public."{table}" SELECT * FROM kept."{table}"'
        for (sequence,) in ask(_SEQUENCES).all():
            value, is_called = ask(f'SELECT last_value, is_called FROM public."{sequence}"').one()
            yield f"SELECT setval('public.\"{sequence}\"', {value}, {is_called})"


@contextlib.contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[str]:
    """As `running_postgres`; yields a SQLAlchemy URL of its first database."""
    with running_postgres(durable=durable) as server:
        yield server.url


def _find() -> Path | None:
    on_path = shutil.which("initdb")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -_version(path))
    return next((path for path in candidates if (path / "initdb").exists() and (path / "postgres").exists()), None)


def _version(path: Path) -> float:
    with contextlib.suppress(ValueError):
        return float(path.parent.name)
    return 0


def _install_with_apt() -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "--yes", "--no-install-recommends", "postgresql"]):
        print("Installing PostgreSQL:", *command, file=sys.stderr, flush=True)
        if subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=environment, check=False
        ).returncode:
            return False
    return True


def _unprivileged_user() -> str | None:
    """Whom to become: PostgreSQL refuses to run as root. None when we are not root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _start(command: list[str], folder: Path, user: str | None, output: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=folder,
        user=user,
        group=None if user is None else pwd.getpwnam(user).pw_gid,
        extra_groups=None if user is None else [],
        env={"PATH": os.environ.get("PATH", ""), "TZ": "UTC", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        process_group=0,
    )


def _run(command: list[str], folder: Path, user: str | None) -> None:
    with tempfile.TemporaryFile() as output:
        process = _start(command, folder, user, output.fileno())
        if process.wait(_START_WITHIN_S):
            output.seek(0)
            raise RuntimeError(f"{command[0]} failed: {output.read().decode(errors='replace')}")


def _wait_until_up(process: subprocess.Popen[bytes], programs: Path, port: int, log: Path) -> None:
    deadline_s = time.monotonic() + _START_WITHIN_S
    ask = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres"]
    while subprocess.run(ask, check=False).returncode:
        if process.poll() is not None or time.monotonic() > deadline_s:
            raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}")
        time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_STOP_WITHIN_S)
    kill_group(process)


if __name__ == "__main__":
    try:
        postgres_programs()
    except NoPostgresError as error:
        sys.exit(str(error))
