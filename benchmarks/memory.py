"""`python -m benchmarks.memory`: resident memory of each process, at rest and after 20,000 SMS, three times over.

The worker must stay flat from campaign to campaign. A web process is measured when the pages are built.
"""

from __future__ import annotations

import psutil

from benchmarks.campaigns import add_contacts, send, sms_campaign
from benchmarks.reports import Figure, show
from benchmarks.stages import Stage, pages_are_built, stage

RECIPIENTS, RUNS = 20_000, 3
_MIB = 1024 * 1024


def main() -> None:
    with stage() as running:
        worker = running.start_worker()
        scheduler = running.spawn("backend.cli", "scheduler")
        rest = {"worker, at rest": rss_mib(worker.pid)}
        add_contacts(RECIPIENTS)
        after: list[float] = []
        for _ in range(RUNS):
            send(sms_campaign(), RECIPIENTS)
            after.append(rss_mib(worker.pid))
        rest |= {"scheduler": rss_mib(scheduler.pid), **_web(running)}
    figures = [Figure(name, "MiB", [size]) for name, size in rest.items()]
    show("Memory, resident", [*figures, Figure(f"worker, after {RECIPIENTS:,} more recipients each", "MiB", after)])


def _web(running: Stage) -> dict[str, float]:
    if not pages_are_built():
        return {}
    web = running.start_web()
    return {"web, no tab open": rss_mib(web.pid)}


def rss_mib(pid: int) -> float:
    """Resident memory of a process and its children."""
    process = psutil.Process(pid)
    return sum(one.memory_info().rss for one in (process, *process.children(recursive=True))) / _MIB


if __name__ == "__main__":
    main()
