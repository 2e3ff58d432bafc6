"""`python -m benchmarks.email`: recipients a second of the whole way of 100,000 emails; events are off.

With one worker and with two, to a provider that answers at once and to one that takes 200 ms for every request.
"""

from __future__ import annotations

from benchmarks import arguments
from benchmarks.arguments import Asked
from benchmarks.campaigns import add_contacts, email_campaign, send
from benchmarks.reports import Figure, show
from benchmarks.stages import DATABASE_NAMES, Database, Stage, cpu_s, stage

RECIPIENTS = 100_000
LATENCIES_MS = (0, 200)


def main() -> None:
    asked = arguments.read(recipients=RECIPIENTS)
    for database in asked.databases:
        figures = _measure(database, asked)
        show(f"Email: {asked.recipients:,} recipients, {DATABASE_NAMES[database]}", figures)


def _measure(database: Database, asked: Asked) -> list[Figure]:
    number = asked.recipients
    with stage(database) as running:
        add_contacts(number)
        worker = running.start_worker()
        before_s = cpu_s(worker)
        figures = _rates(running, "one worker", asked)
        per_recipient_us = (cpu_s(worker) - before_s) / (number * asked.runs * len(LATENCIES_MS)) * 1e6
        running.start_worker()
        figures += _rates(running, "two workers", asked)
    return [*figures, Figure("processor time of the one worker", "µs/recipient", [per_recipient_us])]


def _rates(running: Stage, workers: str, asked: Asked) -> list[Figure]:
    figures: list[Figure] = []
    for latency_ms in LATENCIES_MS:
        running.follow(callbacks="off", slow_rate=1 if latency_ms else 0, slow_s=latency_ms / 1000)
        runs = [_rate(running, asked.recipients) for _ in range(asked.runs)]
        figures.append(Figure(f"{workers}, answers after {latency_ms} ms", "recipients/s", runs))
    return figures


def _rate(running: Stage, number: int) -> float:
    """Recipients a second of one campaign. Raises RuntimeError when somebody was sent to twice."""
    rate = number / send(email_campaign(), number)
    if running.control("GET", "counts")["by_address_max"] != 1:
        raise RuntimeError("somebody was sent to twice")
    running.control("DELETE", "messages")
    return rate


if __name__ == "__main__":
    main()
