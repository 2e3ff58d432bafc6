from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from backend.processes.embedded_valkey import embedded_valkey, find_server, prepare_valkey
from tests.integration.test_processes_supervisor import eventually

_HOLD_OPEN = """
import sys
from pathlib import Path
from backend.processes.embedded_valkey import embedded_valkey
with embedded_valkey(Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


def answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def test_what_is_written_survives_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "with space's"
    with embedded_valkey(folder) as url, redis.Redis.from_url(url) as client:
        client.set("campaign", "wake up")
    with embedded_valkey(folder) as url, redis.Redis.from_url(url) as client:
        assert client.get("campaign") == b"wake up"
    assert not answers(url)


def test_nobody_gets_in_without_the_password(tmp_path: Path) -> None:
    with embedded_valkey(tmp_path) as url:
        address = url.rpartition("@")[2]
        with redis.Redis.from_url(f"redis://{address}") as client, pytest.raises(redis.AuthenticationError):
            client.ping()
    for path in tmp_path.glob("*/server.conf"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_password_is_on_no_command_line(tmp_path: Path) -> None:
    server = prepare_valkey(tmp_path)
    password = server.url.split(":")[2].split("@")[0]

    assert password not in " ".join(server.command)


def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD_OPEN, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        url = parent.stdout.readline().strip()
        assert answers(url)
        parent.kill()

    eventually(lambda: not answers(url))


def test_a_server_on_the_path_is_preferred_when_it_is_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    installed = tmp_path / "valkey-server"
    installed.write_text("#!/bin/sh\necho 'Valkey server v=8.1.3 sha=0 bits=64'\n")
    installed.chmod(0o755)
    assert find_server() == (str(installed), "valkey-8")

    installed.write_text("#!/bin/sh\necho 'Valkey server v=6.0.1 sha=0 bits=64'\n")
    assert find_server()[0] != str(installed)
