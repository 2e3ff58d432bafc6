"""`python -m benchmarks.claims`: claiming a window of a run of 1,000,000 SMS: at its start, half way, and near its end.

As workers do it, with what they ask of PostgreSQL's planner: one transaction claims 64, looks for what is in their way
and opens their attempts. Those before are taken for sent by large statements, which leave as many dead rows behind as a
run does; nobody but the database itself analyses or clears the tables.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise

from sqlalchemy import text

from backend import clock
from backend.database import dispose_engine, read_by_index, unit_of_work
from backend.domain.channels import Medium
from backend.repositories import claims
from benchmarks import arguments
from benchmarks.recipients import RECIPIENTS, add_campaign
from benchmarks.reports import Figure, show
from benchmarks.stages import DATABASE_NAMES, Database, stage

_WINDOW = 64
_WINDOWS = 40
_DONE_PERCENT = (0, 50, 95)
_CHUNK = 20_000
_LEASE = timedelta(hours=1)
_Times = tuple[float, float]


def main() -> None:
    asked = arguments.read(recipients=RECIPIENTS, runs=5)
    for database in asked.databases:
        title = f"Claiming {_WINDOW} of {asked.recipients:,} SMS, {DATABASE_NAMES[database]}"
        show(title, _measure(database, asked.recipients, asked.runs))


def _measure(database: Database, recipients: int, runs: int) -> list[Figure]:
    with stage(database):
        campaign_id = add_campaign(recipients, status="'pending'", credit_state="reserved", analysed=False)
        dispose_engine()
        read_by_index()
        found: dict[int, list[_Times]] = {}
        for before, percent in pairwise((0, *_DONE_PERCENT)):
            _take_for_sent(campaign_id, recipients * before // 100, recipients * percent // 100)
            found[percent] = [_run(campaign_id) for _ in range(runs)]
    return [
        figure
        for part, name in enumerate(("the claim itself", "the transaction"))
        for figure in _figures(name, {percent: [run[part] for run in found[percent]] for percent in found})
    ]


def _figures(name: str, runs: Mapping[int, Sequence[float]]) -> list[Figure]:
    start, *_, end = (statistics.median(times) for times in runs.values())
    return [
        *(Figure(f"{name}, {percent} % done", "ms", times, digits=2) for percent, times in runs.items()),
        Figure(f"{name}, the last of these over the first", "times", [end / start], digits=2),
    ]


def _take_for_sent(campaign_id: int, first: int, end: int) -> None:
    """Have the recipients of these numbers delivered, those that were claimed among them."""
    delivered = """UPDATE recipient SET status = 'delivered', lease_until = NULL, credit_state = 'charged'
        WHERE campaign_id = :campaign AND contact_id > :first AND contact_id <= :end"""
    for start in range(first, end, _CHUNK):
        with unit_of_work() as session:
            given = {"campaign": campaign_id, "first": start, "end": min(start + _CHUNK, end)}
            session.execute(text(delivered), given)


def _run(campaign_id: int) -> _Times:
    """Medians of some windows, one after the other, in milliseconds."""
    windows = [_claim(campaign_id) for _ in range(_WINDOWS)]
    claim, whole = (statistics.median(times) * 1000 for times in zip(*windows, strict=True))
    return claim, whole


def _claim(campaign_id: int) -> _Times:
    """Seconds until a window is claimed, and until it is committed."""
    started = time.perf_counter()
    with unit_of_work() as session:
        lease_until = clock.now() + _LEASE
        claimed = claims.claim_window(session, campaign_id, Medium.SMS, limit=_WINDOW, lease_until=lease_until)
        claimed_s = time.perf_counter() - started
        claims.find_obstacles(session, [one.id for one in claimed], Medium.SMS)
        claims.open_attempts(session, claimed, "twilio")
    if len(claimed) != _WINDOW:
        raise RuntimeError(f"Only {len(claimed)} were left: measure with more recipients, or fewer runs")
    return claimed_s, time.perf_counter() - started


if __name__ == "__main__":
    main()
