from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from backend.processes.ports import free_port
from backend.settings import load_settings


class Run:
    """One stub product under way. Its standard output and error are read as they come."""

    def __init__(self, data_dir: Path, port: int, mode: str) -> None:
        self.data_dir = data_dir
        self.output: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.processes_program", mode],
            env=os.environ | {"DATA_DIR": str(data_dir), "PORT": str(port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self._reader = threading.Thread(target=self.output.extend, args=(self.process.stdout,), daemon=True)
        self._reader.start()

    def pids(self, name: str = "") -> list[int]:
        """Living processes, by what they left in `pids`."""
        left = [path.name.rpartition("-") for path in self.data_dir.glob("pids/*")]
        return [int(pid) for child, _, pid in left if child.startswith(name) and is_alive(int(pid))]

    def ready(self) -> Run:
        eventually(lambda: "READY\n" in self.output, self.said)
        eventually(lambda: len(self.pids()) == 6, self.said)
        return self

    def ended(self, within_s: float = 30) -> int:
        code = self.process.wait(within_s)
        self._reader.join(within_s)
        return code

    def close(self) -> None:
        self._reader.join(30)
        if self.process.stdout:
            self.process.stdout.close()

    def said(self) -> str:
        return "".join(self.output)


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def eventually(condition: Callable[[], object], said: Callable[[], str] = str, within_s: float = 30) -> None:
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, said()
        time.sleep(0.02)


@contextmanager
def running(data_dir: Path, mode: str = "normal", port: int | None = None) -> Iterator[Run]:
    run = Run(data_dir, port or free_port(), mode)
    try:
        yield run
    finally:
        run.process.kill()
        run.process.wait()
        for pid in run.pids():
            os.kill(pid, signal.SIGKILL)
        run.close()


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_services_first_and_leaves_nothing_behind(tmp_path: Path, signal_number: signal.Signals) -> None:
    with running(tmp_path) as run:
        run.ready()
        run.process.send_signal(signal_number)

        assert run.ended() == 0
        assert run.pids() == []
        stops = (tmp_path / "stops").read_text().split()
        assert sorted(stops[:2]) == ["web", "worker"]
        assert stops[2:] == ["store"]
        assert "END\n" in run.output


def test_ctrl_c_in_the_terminal_reaches_no_child(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        groups = {os.getpgid(pid) for pid in run.ready().pids()}

        assert os.getpgid(run.process.pid) not in groups
        assert len(groups) == 3


def test_a_second_ctrl_c_kills_what_does_not_stop(tmp_path: Path) -> None:
    with running(tmp_path, "stubborn") as run:
        run.ready()
        run.process.send_signal(signal.SIGINT)
        eventually(lambda: "stubborn" in (tmp_path / "stops").read_text() if (tmp_path / "stops").exists() else False)
        assert run.process.poll() is None
        run.process.send_signal(signal.SIGINT)

        assert run.ended(10) == 0
        assert run.pids() == []


def test_a_second_sigterm_changes_nothing(tmp_path: Path) -> None:
    with running(tmp_path, "stubborn") as run:
        run.ready()
        run.process.send_signal(signal.SIGTERM)
        run.process.send_signal(signal.SIGTERM)
        eventually(lambda: not run.pids("web"))

        assert len(run.pids("stubborn")) == 2


def test_a_child_that_dies_is_started_again_without_its_old_forks(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.ready()
        old = run.pids("worker")
        os.kill(next(iter(set(old) - set(run.pids("worker.fork")))), signal.SIGKILL)

        eventually(lambda: len(set(run.pids("worker")) - set(old)) == 2, run.said)
        assert not set(run.pids("worker")) & set(old)
        assert "child_ended" in run.said()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the guard asks only after a while")
def test_a_killed_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        pids = run.ready().pids()
        run.process.kill()

        assert len(pids) == 6
        eventually(lambda: not run.pids(), lambda: f"{run.pids()}\n{run.said()}", within_s=40)


def test_a_taken_port_is_said_in_one_sentence(tmp_path: Path) -> None:
    with running(tmp_path / "one", port=(port := free_port())) as first:
        first.ready()
        with running(tmp_path / "two", port=port) as second:
            assert second.ended() == 1
            assert second.said() == (
                f"Port {port} on 127.0.0.1 is used by another program; stop it, or set PORT to a free port.\n"
            )
        assert not (tmp_path / "two").exists()


def test_a_second_run_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        pids = first.ready().pids()
        with running(tmp_path) as second:
            assert second.ended() == 1
            assert (
                second.said() == f"Another `unisoft run` uses {tmp_path}; stop it, or set DATA_DIR to another folder.\n"
            )
            assert first.pids() == pids
            second.data_dir = tmp_path / "nothing"  # what stands in the first's belongs to the first


def test_a_failing_step_stops_everything(tmp_path: Path) -> None:
    with running(tmp_path, "failing_step") as run:
        assert run.ended() == 1
        assert "The step “fail” failed (exit code 3), see above.\n" in run.output
        assert run.pids() == []
        assert "READY\n" not in run.output
        assert not (tmp_path / "run" / "environment").exists()


def test_the_environment_for_other_terminals_is_private_and_lasts_as_long_as_the_run(tmp_path: Path) -> None:
    path = tmp_path / "run" / "environment"
    with running(tmp_path) as run:
        run.ready()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
        assert load_settings(data_dir=tmp_path).redis_url == "redis://:pa'ss${HOME}@127.0.0.1:1/0"
        run.process.send_signal(signal.SIGINT)
        run.ended()

    assert not path.exists()


def test_what_a_killed_run_left_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "run" / "environment"
    path.parent.mkdir()
    path.write_text("REDIS_URL=redis://127.0.0.1:1/0\n")
    with running(tmp_path) as run:
        assert "REDIS_URL=\n" in run.ready().output
