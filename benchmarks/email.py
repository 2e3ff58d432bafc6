"""`python -m benchmarks.email`: recipients a second of the whole way of 20,000 emails; events are off."""

from __future__ import annotations

from benchmarks.campaigns import add_contacts, email_campaign, send
from benchmarks.reports import Figure, show
from benchmarks.stages import stage

RECIPIENTS, RUNS = 20_000, 3


def main() -> None:
    runs: list[float] = []
    with stage() as running:
        add_contacts(RECIPIENTS)
        running.start_worker()
        for _ in range(RUNS):
            runs.append(RECIPIENTS / send(email_campaign(), RECIPIENTS))
            running.control("DELETE", "messages")
    show(f"Email: {RECIPIENTS:,} recipients, SQLite, one worker", [Figure("whole way", "recipients/s", runs)])


if __name__ == "__main__":
    main()
