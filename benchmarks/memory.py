"""`python -m benchmarks.memory`: resident memory of each process over 60,000 SMS with two reports each.

A campaign of 20,000 recipients warms them up. Then one sample of worker, scheduler and web process after every 20,000
recipients, when all their reports have been applied; `--full` goes on to 300,000 recipients and 600,000 reports. What
counts is the mean of the last third beside that of the first: a process that has more than 12 MiB more then is not
flat, and fails. That is what 60 bytes kept of each recipient make of it in 300,000.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time

from benchmarks.campaigns import add_contacts, send, sms_campaign, wait_until_delivered
from benchmarks.reports import Figure, show
from benchmarks.stages import DATABASE_NAMES, DATABASES, Database, Stage, pages_are_built, rss_mib, stage

RECIPIENTS, FULL_RECIPIENTS, A_SAMPLE = 60_000, 300_000, 20_000
_MOST_MORE_MIB = 12.0
_SETTLE_S = 1.0
_Samples = dict[str, list[float]]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true", help=f"{FULL_RECIPIENTS:,} recipients")
    parser.add_argument("--recipients", type=int, default=RECIPIENTS)
    parser.add_argument("--sample", type=int, default=A_SAMPLE, help="recipients from one sample to the next")
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    given = parser.parse_args()
    if not pages_are_built():
        print("The pages are not built: run `python -m unisoft_ui.build` first", file=sys.stderr)
        return 1
    recipients = FULL_RECIPIENTS if given.full else given.recipients
    rest, samples = _measure(given.database, recipients, given.sample)
    title = f"Memory, resident: {recipients:,} SMS, {recipients * 2:,} reports, {DATABASE_NAMES[given.database]}"
    show(title, [figure for name in samples for figure in _figures(name, rest[name], samples[name])])
    grown = [name for name in samples if _more(samples[name]) > _MOST_MORE_MIB]
    if grown:
        print(f"Not flat: {', '.join(grown)} grew by more than {_MOST_MORE_MIB:g} MiB", file=sys.stderr)
    return 1 if grown else 0


def _measure(database: Database, recipients: int, a_sample: int) -> tuple[dict[str, float], _Samples]:
    """Process → MiB at rest, and MiB at every sample."""
    with stage(database, callbacks=True) as running:
        add_contacts(a_sample)
        processes = {
            "worker": running.start_worker(),
            "scheduler": running.spawn("backend.cli", "scheduler"),
            "web": running.start_web(),
        }
        time.sleep(_SETTLE_S)
        rest = {name: rss_mib(process) for name, process in processes.items()}
        _campaign(running, a_sample)
        samples: _Samples = {name: [] for name in processes}
        for _ in range(max(recipients // a_sample, 1)):
            _campaign(running, a_sample)
            for name, process in processes.items():
                samples[name].append(rss_mib(process))
    return rest, samples


def _campaign(running: Stage, recipients: int) -> None:
    campaign_id = sms_campaign()
    send(campaign_id, recipients)
    wait_until_delivered(campaign_id, recipients)
    time.sleep(_SETTLE_S)
    running.control("DELETE", "messages")


def _figures(name: str, rest: float, samples: list[float]) -> list[Figure]:
    return [
        Figure(f"{name}, at rest", "MiB", [rest], digits=1),
        Figure(f"{name}, at every sample", "MiB", samples, digits=1),
        Figure(f"{name}, last third more than the first", "MiB", [_more(samples)], digits=1),
    ]


def _more(samples: list[float]) -> float:
    third = -(-len(samples) // 3)
    return statistics.mean(samples[-third:]) - statistics.mean(samples[:third])


if __name__ == "__main__":
    sys.exit(main())
