"""Starts the children of a plan, keeps them running and stops them."""

from __future__ import annotations

import subprocess
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from backend.logs import get_logger
from backend.processes.errors import StartError
from backend.processes.plan import Child, Plan, Step
from backend.processes.signals import Signals
from backend.processes.spawning import Guard, kill_group, spawn, terminate
from backend.processes.steps import StepRun

log = get_logger(__name__)

_POLL_S = 0.1
_FIRST_DELAY_S = 0.5
_LONGEST_DELAY_S = 15.0
_STEADY_AFTER_S = 60.0  # a child that ran this long starts again at once, with the shortest delay
_ENDS_BEFORE_READY = 3
_STEP_STOP_WITHIN_S = 10.0


class StopRequested(Exception):  # noqa: N818 - it is a wish, not an error
    """Somebody pressed Ctrl-C or sent SIGTERM."""


@dataclass
class _Running:
    child: Child
    process: subprocess.Popen[bytes] | None = None  # None while it waits for its next start
    is_ready: bool = False
    ends: int = 0
    delay_s: float = _FIRST_DELAY_S
    started_at_s: float = 0.0
    start_at_s: float = 0.0


class Supervision:
    """One thread, no locks: everything happens in `_tick`, which every wait here goes through."""

    def __init__(self, plan: Plan, signals: Signals, guard: Guard) -> None:
        self._plan = plan
        self._signals = signals
        self._guard = guard
        self._running: list[_Running] = []

    def run(self) -> None:
        """Start the plan and keep it running.

        Raises:
            StopRequested: the normal end.
            StartError: something did not come up.
        """
        self._start(self._plan.foundation)
        self._wait_until_ready()
        self._start(self._plan.companions)
        self._prepare(self._plan.preparation)
        self._start(self._plan.services)
        self._wait_until_ready()
        self._plan.on_ready()
        while True:
            self._tick()

    def stop(self) -> None:
        """Stop what is running, services first, what they stand on last. A second Ctrl-C kills it all."""
        for children in (self._plan.services, self._plan.companions, self._plan.foundation):
            self._stop([running for running in self._running if running.child in children])

    def _tick(self) -> None:
        self._signals.wait(_POLL_S)
        if self._signals.stop:
            raise StopRequested
        for running in self._running:
            if running.process and running.process.poll() is not None:
                self._note_end(running, running.process)
            elif not running.process and time.monotonic() >= running.start_at_s:
                self._spawn(running)

    def _start(self, children: Sequence[Child]) -> None:
        for child in children:
            running = _Running(child)
            self._running.append(running)
            self._spawn(running)

    def _spawn(self, running: _Running) -> None:
        running.started_at_s = time.monotonic()
        running.process = spawn(running.child.command, self._plan.environment, guard=self._guard)
        log.debug("child_started", child=running.child.name, pid=running.process.pid)

    def _note_end(self, running: _Running, process: subprocess.Popen[bytes]) -> None:
        self._clear(process)  # its forks too: a dead worker's forks would go on without anybody to stop them
        running.process = None
        running.ends += 1
        if time.monotonic() - running.started_at_s > _STEADY_AFTER_S:
            running.delay_s = _FIRST_DELAY_S
        running.start_at_s = time.monotonic() + running.delay_s
        log.warning(
            "child_ended",
            child=running.child.name,
            exit_code=process.returncode,
            starts_again_in_s=running.delay_s,
        )
        running.delay_s = min(running.delay_s * 2, _LONGEST_DELAY_S)

    def _wait_until_ready(self) -> None:
        began_at_s = time.monotonic()
        while waiting := [running for running in self._running if not running.is_ready]:
            self._tick()
            for running in waiting:
                running.is_ready = running.process is not None and running.child.ready()
                _require_progress(running, time.monotonic() - began_at_s)

    def _prepare(self, sequences: Sequence[Sequence[Step]]) -> None:
        waiting = [deque(steps) for steps in sequences if steps]
        active = {index: self._begin(steps) for index, steps in enumerate(waiting)}
        try:
            while active:
                self._tick()
                for index, step_run in list(active.items()):
                    if step_run.process.poll() is not None:
                        del active[index]
                        self._clear(step_run.process)
                        step_run.finish()
                        if waiting[index]:
                            active[index] = self._begin(waiting[index])
        finally:
            self._end([step_run.process for step_run in active.values()], _STEP_STOP_WITHIN_S)

    def _begin(self, steps: deque[Step]) -> StepRun:
        return StepRun(steps.popleft(), self._plan.environment, self._guard)

    def _stop(self, group: Sequence[_Running]) -> None:
        within_s = max((running.child.stop_within_s for running in group), default=0)
        self._end([running.process for running in group if running.process], within_s)

    def _end(self, processes: Sequence[subprocess.Popen[bytes]], within_s: float) -> None:
        for process in processes:
            terminate(process)
        deadline_s = time.monotonic() + within_s
        left = list(processes)
        while left and not self._signals.kill and time.monotonic() < deadline_s:
            for process in [process for process in left if process.poll() is not None]:
                self._clear(process)
                left.remove(process)
            self._signals.wait(_POLL_S)
        if left:
            log.warning("children_killed", pids=[process.pid for process in left])
        for process in left:
            self._clear(process)

    def _clear(self, process: subprocess.Popen[bytes]) -> None:
        kill_group(process)
        self._guard.release(process.pid)


def _require_progress(running: _Running, waited_s: float) -> None:
    name = running.child.name
    if running.ends >= _ENDS_BEFORE_READY:
        raise StartError(f"The {name} process ended {running.ends} times before it was ready; its messages are above.")
    if not running.is_ready and waited_s > running.child.ready_within_s:
        raise StartError(f"The {name} process was not ready within {running.child.ready_within_s:.0f} seconds.")
