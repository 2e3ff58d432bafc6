"""`python -m benchmarks.email`: recipients a second of the whole way of 20,000 emails; events are off."""

from __future__ import annotations

from benchmarks.campaigns import add_contacts, email_campaign, send
from benchmarks.reports import Figure, show
from benchmarks.stages import cpu_s, stage

RECIPIENTS, RUNS = 20_000, 3


def main() -> None:
    runs: list[float] = []
    costs: list[float] = []
    with stage() as running:
        add_contacts(RECIPIENTS)
        worker = running.start_worker()
        for _ in range(RUNS):
            before_s = cpu_s(worker)
            runs.append(RECIPIENTS / send(email_campaign(), RECIPIENTS))
            costs.append((cpu_s(worker) - before_s) / RECIPIENTS * 1e6)
            running.control("DELETE", "messages")
    show(
        f"Email: {RECIPIENTS:,} recipients, SQLite, one worker",
        [
            Figure("whole way", "recipients/s", runs),
            Figure("processor time of the worker", "µs/recipient", costs),
        ],
    )


if __name__ == "__main__":
    main()
