from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import sqlalchemy

from tests.integration.postgres import postgres_server
from tests.integration.test_processes_supervisor import eventually

_HOLD_OPEN = """
import sys
from tests.integration.postgres import postgres_server
with postgres_server() as url:
    print(url, flush=True)
    sys.stdin.read()
"""


def test_it_runs_and_ends() -> None:
    with postgres_server() as url:
        engine = sqlalchemy.create_engine(url)
        with engine.connect() as connection:
            assert connection.scalar(sqlalchemy.text("SELECT 1")) == 1
        engine.dispose()
        port = sqlalchemy.make_url(url).port
        assert listens(port)
    assert not listens(port)


def test_it_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD_OPEN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        url = parent.stdout.readline().strip()
        engine = sqlalchemy.create_engine(url)
        with engine.connect() as connection:
            data = Path(connection.scalar(sqlalchemy.text("SHOW data_directory")) or "")
        engine.dispose()
        parent.kill()

    eventually(lambda: not listens(sqlalchemy.make_url(url).port))
    assert data.name == "data"
    shutil.rmtree(data.parent)


def listens(port: int | None) -> bool:
    return any(
        connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
        for connection in psutil.net_connections("tcp")
        if connection.laddr
    )
