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

from backend.processes.ports import free_port
from backend.processes.spawning import Guard, kill_group

_START_WITHIN_S = 30.0
_STOP_WITHIN_S = 10.0
# A test's data may be lost with the machine, so nothing waits for the disk.
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=100", "shared_buffers=64MB")


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


@contextlib.contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[str]:
    """Run a new, empty cluster on a free loopback port; yields a SQLAlchemy URL of its first database.

    Takes about two seconds. Stopped and removed at the end, also when this process is killed
    (then the files stay in the temporary folder).

    Args:
        durable: wait for the disk like a production server, for tests of crashes.
    """
    programs, port = postgres_programs(), free_port()
    with tempfile.TemporaryDirectory(prefix="unisoft-postgres-", ignore_cleanup_errors=True) as name:
        folder, user = Path(name), _unprivileged_user()
        if user is not None:
            shutil.chown(folder, user)
        data, log = folder / "data", folder / "log"
        _run([str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8",
              "--locale=C", "--no-sync"], folder, user)  # fmt: skip
        options = ["listen_addresses=127.0.0.1", *(() if durable else _FAST)]
        command = [str(programs / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder)]
        command += [part for option in options for part in ("-c", option)]
        guard = Guard(grace_s=0)
        with log.open("wb") as output:
            process = _start(command, folder, user, output.fileno())
        guard.watch(process.pid)
        try:
            url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
            _wait_until_up(process, programs, port, log)
            yield url
        finally:
            _stop(process)
            guard.release(process.pid)
            guard.close()


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


def _stop(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)  # "fast": connections are cut, nobody is waited for
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_STOP_WITHIN_S)
    kill_group(process)


if __name__ == "__main__":
    try:
        postgres_programs()
    except NoPostgresError as error:
        sys.exit(str(error))
