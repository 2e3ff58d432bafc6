"""`python -m benchmarks.freeze`: what validating a campaign to 100,000 contacts costs, and where."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from sqlmodel import Session

from backend import clock
from backend.database import get_engine, reading
from backend.repositories import campaigns, contacts, recipients
from backend.repositories.contacts import Selection
from backend.services.acting import OPERATOR
from backend.services.packed_rows import PackedRows
from backend.services.targets import compute_targets
from backend.services.validation import summarise, validate_campaign
from benchmarks import arguments
from benchmarks.campaigns import add_contacts, sms_campaign
from benchmarks.reports import Figure, show
from benchmarks.stages import DATABASE_NAMES, Database, stage

CONTACTS = 100_000
_Answer = TypeVar("_Answer")


def main() -> None:
    asked = arguments.read(recipients=CONTACTS)
    for database in asked.databases:
        runs = _runs(database, asked.recipients, asked.runs)
        figures = [Figure(name, "s", [run[name] for run in runs], digits=2) for name in runs[0]]
        title = f"Freeze: {asked.recipients:,} contacts, SMS with a personal field, {DATABASE_NAMES[database]}"
        show(title, figures)


def _runs(database: Database, contacts_number: int, runs: int) -> list[dict[str, float]]:
    with stage(database):
        add_contacts(contacts_number)
        return [_run(sms_campaign()) for _ in range(runs)]


def _run(campaign_id: int) -> dict[str, float]:
    """Seconds of each part. The first four change nothing."""
    read_s, _ = _timed(_read_contacts)
    compute_s, rows = _timed(lambda: _compute(campaign_id))
    summary_s, _ = _timed(lambda: summarise(OPERATOR, campaign_id))
    insert_s, _ = _timed(lambda: _insert(campaign_id, rows))
    validate_s, _ = _timed(lambda: validate_campaign(OPERATOR, campaign_id))
    return {
        "read the contacts": read_s,
        "choose, fill in, count segments": compute_s - read_s,
        "compute, both together": compute_s,
        "the summary dialog": summary_s,
        "insert the recipients": insert_s,
        "validate, all of it": validate_s,
        "the transaction alone": validate_s - compute_s,
    }


def _timed(act: Callable[[], _Answer]) -> tuple[float, _Answer]:
    started = time.perf_counter()
    answer = act()
    return time.perf_counter() - started, answer


def _read_contacts() -> int:
    with reading() as session:
        return sum(1 for _ in contacts.list_candidates(session, Selection(everyone=True)))


def _compute(campaign_id: int) -> PackedRows:
    rows = PackedRows()
    with reading() as session:
        compute_targets(session, campaigns.get(session, campaign_id), ["first_name"], rows.append)
    return rows


def _insert(campaign_id: int, rows: PackedRows) -> None:
    with Session(get_engine()) as session:
        recipients.freeze_campaign(session, campaign_id, clock.now(), rows)
        session.rollback()


if __name__ == "__main__":
    main()
