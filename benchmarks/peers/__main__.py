"""`python -m benchmarks.peers`: 20,000 recipients with what people would write instead, beside the product.

SMS with Celery (prefork), lean and as tutorials write it; email with django-post-office and in a plain loop; the same
simulator, Valkey and database. How many processes and threads suit a peer best is tried with fewer recipients; then it
runs once. Celery gets two processes or more, so the product is shown with two workers as well. Celery, SQLAlchemy and
Django are installed into an environment of their own the first time.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks import arguments
from benchmarks.arguments import Asked
from benchmarks.campaigns import add_contacts, email_campaign, send, sms_campaign
from benchmarks.peers.celery_run import lean_rate, orm_rate
from benchmarks.peers.email_loop import email_loop_rate
from benchmarks.peers.environment import peers_python
from benchmarks.peers.post_office_run import Pool, post_office_rate
from benchmarks.reports import Figure, show
from benchmarks.stages import DATABASE_NAMES, Database, Stage, stage

RECIPIENTS = 20_000
TRIAL = 2_000
CONCURRENCIES = (2, 4)
POOLS = (Pool(1, 5), Pool(2, 2), Pool(2, 5), Pool(4, 5))


def main() -> None:
    asked = arguments.read(recipients=RECIPIENTS)
    python = peers_python()
    for database in asked.databases:
        title = f"Beside what one would write instead: {asked.recipients:,} recipients, {DATABASE_NAMES[database]}"
        show(title, _measure(database, asked, python))


def _measure(database: Database, asked: Asked, python: Path) -> list[Figure]:
    number, trial = asked.recipients, min(asked.recipients, TRIAL)
    with stage(database) as running:
        lean_processes = max(CONCURRENCIES, key=lambda tried: lean_rate(running, python, trial, tried))
        lean = lean_rate(running, python, number, lean_processes)
        orm_processes = max(CONCURRENCIES, key=lambda tried: orm_rate(running, python, trial, tried))
        orm = orm_rate(running, python, number, orm_processes)
        pool = max(POOLS, key=lambda tried: post_office_rate(running, python, trial, tried))
        post_office = post_office_rate(running, python, number, pool)
        loop = email_loop_rate(running, number)
        add_contacts(number)
        running.start_worker()
        sms = [_ours(running, sms_campaign, number) for _ in range(asked.runs)]
        email = [_ours(running, email_campaign, number) for _ in range(asked.runs)]
        running.start_worker()
        sms_by_two = [_ours(running, sms_campaign, number) for _ in range(asked.runs)]
    return [
        Figure("SMS: the product, one worker", "recipients/s", sms),
        Figure("SMS: the product, two workers", "recipients/s", sms_by_two),
        Figure(f"SMS: Celery with an ORM, {orm_processes} processes", "recipients/s", [orm]),
        *_ratios(sms, sms_by_two, orm),
        Figure(f"SMS: Celery, lean, {lean_processes} processes", "recipients/s", [lean]),
        *_ratios(sms, sms_by_two, lean),
        Figure("email: the product, one worker", "recipients/s", email),
        Figure(f"email: django-post-office, {pool}", "recipients/s", [post_office]),
        _ratio("one worker ÷ that", email, post_office),
        Figure("email: a loop with the vendor's client", "recipients/s", [loop]),
        _ratio("one worker ÷ that", email, loop),
    ]


def _ours(running: Stage, campaign: Callable[[], int], number: int) -> float:
    rate = number / send(campaign(), number)
    running.control("DELETE", "messages")
    return rate


def _ratios(by_one: list[float], by_two: list[float], peer: float) -> list[Figure]:
    return [_ratio("one worker ÷ that", by_one, peer), _ratio("two workers ÷ that", by_two, peer)]


def _ratio(name: str, ours: list[float], peer: float) -> Figure:
    return Figure(f"  {name}", "times", [our / peer for our in ours], digits=1)


if __name__ == "__main__":
    main()
