"""`python -m benchmarks.tabs`: 200 open tabs that watch a campaign being sent.

From the commit of a change to its arrival at every websocket, while the campaign's own progress goes to all of them;
what that costs the web process; and what is left of it after the tabs have closed, twice over. Tabs are real websocket
clients in a process of their own; the browser's work is not in it.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import multiprocessing
import os
import statistics
import subprocess
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from backend.domain.statuses import RunState
from backend.settings import get_settings
from benchmarks import many_tabs
from benchmarks.campaigns import add_contacts, rename, run_state, sms_campaign, start
from benchmarks.reports import Figure, show
from benchmarks.stages import Stage, call, cpu_s, pages_are_built, rss_mib, sign_in, stage
from tests.integration import counting

TABS, WATCHED_S, ROUNDS = 200, 20, 2
_SMS_PER_S = 200
_FIRST_TABS = 40  # more than there are service threads
_BETWEEN_CHANGES_S = 0.5
_SETTLE_S = 5.0
_ARRIVED_WITHIN_S, _ENDED_WITHIN_S = 20, 30
_KIB = 1024


@dataclass
class _Round:
    """One time of opening, watching and closing."""

    delays_ms: list[float]
    deltas_per_s: float
    cores: float
    open_mib: float
    closed_mib: float
    counts_open: dict[str, int]
    counts_closed: dict[str, int]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tabs", type=int, default=TABS)
    parser.add_argument("--seconds", type=int, default=WATCHED_S)
    given = parser.parse_args()
    if not pages_are_built():
        print("The pages are not built: run `python -m unisoft_ui.build` first")
        return 1
    with stage() as running:
        web = running.start_web("benchmarks.counted_web")
        _prepare(running, given.seconds)
        with _tabs_process(sign_in(running.web_port)) as pipe:
            rest_counts = _counts(running)
            # What the first tabs bring stays: code, and every service thread with its database connection.
            _tell(pipe, _FIRST_TABS)
            _tell(pipe, "close")
            time.sleep(_SETTLE_S)
            rest_mib = rss_mib(web)
            rounds = [
                _round(running, web, pipe, given.tabs, given.seconds, rest_counts["tasks"]) for _ in range(ROUNDS)
            ]
    title = (
        f"Tabs: {given.tabs} on the list, a campaign at {_SMS_PER_S} SMS/s and a change every {_BETWEEN_CHANGES_S} s"
    )
    show(title, _figures(rounds, rest_mib, rest_counts, given.tabs))
    return 0


def _prepare(running: Stage, seconds: int) -> None:
    """A worker that sends slowly enough for the whole time, and the list that the tabs look at."""
    os.environ["SMS_RATE_PER_S"] = str(_SMS_PER_S)
    add_contacts(int(_SMS_PER_S * ROUNDS * (seconds + 30)))
    running.start_worker()
    for _ in range(20):
        sms_campaign()


def _round(
    running: Stage, web: subprocess.Popen[bytes], pipe: Connection, tabs: int, seconds: int, at_most_tasks: int
) -> _Round:
    """`at_most_tasks`: how many the web process has without a tab."""
    if _tell(pipe, tabs) != tabs:
        raise RuntimeError("not every tab could be opened")
    time.sleep(_SETTLE_S)
    sent, renamed = sms_campaign(), sms_campaign()
    start(sent)
    before, before_s, started = _report(pipe), cpu_s(web), time.perf_counter()
    commits = _change(renamed, seconds)
    took_s, used_s = time.perf_counter() - started, cpu_s(web) - before_s
    deltas = _report(pipe).deltas - before.deltas
    if run_state(sent) is not RunState.SENDING:
        raise RuntimeError("the campaign ended before the measurement")
    delays_ms = _delays_ms(commits, _when_all_arrived(pipe, list(commits)[-1]))
    open_mib, counts_open = rss_mib(web), _counts(running)
    _tell(pipe, "close")
    counts_closed = _counts_at_rest(running, at_most_tasks)
    time.sleep(_SETTLE_S)  # memory is given back a moment after the last tab has closed
    closed_mib = rss_mib(web)
    return _Round(delays_ms, deltas / took_s, used_s / took_s, open_mib, closed_mib, counts_open, counts_closed)


def _change(campaign_id: int, seconds: int) -> dict[str, float]:
    """Title → moment of its commit."""
    commits: dict[str, float] = {}
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        title = f"{many_tabs.MARK}{uuid.uuid4().hex}"
        commits[title] = rename(campaign_id, title)
        time.sleep(_BETWEEN_CHANGES_S)
    return commits


def _when_all_arrived(pipe: Connection, last: str) -> many_tabs.Report:
    """What arrived, when every tab shows the last change. Raises RuntimeError when one does not come to it."""
    deadline = time.monotonic() + _ARRIVED_WITHIN_S
    while True:
        report = _report(pipe)
        missing = sum(last not in seen for seen in report.titles)
        if not missing:
            return report
        if time.monotonic() > deadline:
            raise RuntimeError(f"the last change did not reach {missing} of {len(report.titles)} tabs")
        time.sleep(_BETWEEN_CHANGES_S)


def _delays_ms(commits: dict[str, float], report: many_tabs.Report) -> list[float]:
    """Of every change at every tab: until it, or a later one that took its place, was there."""
    delays: list[float] = []
    for seen in report.titles:
        arrived = math.inf
        for title, committed in reversed(commits.items()):
            arrived = min(arrived, seen.get(title, math.inf))
            delays.append((arrived - committed) * 1000)
    return delays


def _figures(rounds: list[_Round], rest_mib: float, rest: dict[str, int], tabs: int) -> list[Figure]:
    names = sorted(rest)
    return [
        Figure("commit to websocket, median", "ms", [statistics.median(one.delays_ms) for one in rounds]),
        Figure("commit to websocket, 95th of 100", "ms", [_percentile_95(one.delays_ms) for one in rounds]),
        Figure("commit to websocket, longest", "ms", [max(one.delays_ms) for one in rounds]),
        Figure("messages to tabs", "a second", [one.deltas_per_s for one in rounds]),
        Figure("web process, processor time", "s a second", [one.cores for one in rounds], digits=2),
        Figure("web process, before", "MiB", [rest_mib], digits=1),
        Figure("web process, tabs open", "MiB", [one.open_mib for one in rounds], digits=1),
        Figure("web process, tabs closed", "MiB", [one.closed_mib for one in rounds], digits=1),
        Figure("memory of a tab", "KiB", [(one.open_mib - rest_mib) * _KIB / tabs for one in rounds[:1]]),
        *(Figure(f"{name}, before", "", [rest[name]]) for name in names),
        *(Figure(f"{name}, tabs open", "", [one.counts_open[name] for one in rounds]) for name in names),
        *(Figure(f"{name}, tabs closed", "", [one.counts_closed[name] for one in rounds]) for name in names),
    ]


def _percentile_95(delays: list[float]) -> float:
    return statistics.quantiles(delays, n=20)[-1]


def _report(pipe: Connection) -> many_tabs.Report:
    return _tell(pipe, "report")


def _counts_at_rest(running: Stage, at_most_tasks: int) -> dict[str, int]:
    """The counts once the tasks of closed tabs have ended, or after a patient while."""
    deadline = time.monotonic() + _ENDED_WITHIN_S
    while (counts := _counts(running))["tasks"] > at_most_tasks and time.monotonic() < deadline:
        time.sleep(_BETWEEN_CHANGES_S)
    return counts


def _counts(running: Stage) -> dict[str, int]:
    return call(running.web_port, "GET", counting.PATH)


@contextlib.contextmanager
def _tabs_process(cookie: str) -> Iterator[Any]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=many_tabs.serve, args=(theirs, get_settings().origin, cookie), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join(10)
        process.kill()


def _tell(pipe: Connection, order: int | str) -> Any:
    pipe.send(order)
    if not pipe.poll(120):
        raise RuntimeError(f"the tabs do not answer to {order!r}")
    return pipe.recv()


if __name__ == "__main__":
    raise SystemExit(main())
