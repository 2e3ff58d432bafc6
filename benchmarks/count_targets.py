"""`python -m benchmarks.count_targets`: what the editor of a campaign asks for while targets are chosen."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import insert

from backend.database import unit_of_work
from backend.domain.channels import Channel, Medium
from backend.domain.reach import Obstacle, not_on
from backend.models import ContactCategory, table_of
from backend.services.acting import OPERATOR
from backend.services.contact_search import search_contacts
from backend.services.draft_input import DraftInput
from backend.services.sms_cost import sms_cost
from backend.services.target_lists import list_group
from backend.services.targets import count_targets
from benchmarks import arguments
from benchmarks.campaigns import add_contacts
from benchmarks.reports import Figure, show
from benchmarks.stages import DATABASE_NAMES, Database, stage
from tests.makers import make_category

CONTACTS = 100_000


def main() -> None:
    asked = arguments.read(recipients=CONTACTS)
    for database in asked.databases:
        runs = _runs(database, asked.recipients, asked.runs)
        figures = [Figure(name, "ms", [run[name] for run in runs], digits=0) for name in runs[0]]
        show(f"Count the targets: {asked.recipients:,} contacts, {DATABASE_NAMES[database]}", figures)


def _runs(database: Database, contacts_number: int, runs: int) -> list[dict[str, float]]:
    with stage(database):
        add_contacts(contacts_number)
        halves = [_category(f"Half {n}", range(1 + n, contacts_number + 1, 2)) for n in (0, 1)]
        return [_run(halves) for _ in range(runs)]


def _category(name: str, contact_ids: range) -> int:
    category_id = make_category(name)
    with unit_of_work() as session:
        rows = [{"category_id": category_id, "contact_id": contact_id} for contact_id in contact_ids]
        session.execute(insert(table_of(ContactCategory)), rows)
    return category_id


def _run(halves: list[int]) -> dict[str, float]:
    """Milliseconds of each question."""
    everyone = DraftInput(title="", channel=Channel.WHATSAPP_SMS_EMAIL, everyone=True, one_per_household=True)
    by_category = DraftInput(title="", channel=Channel.SMS_EMAIL, category_ids=halves)
    minus = DraftInput(title="", channel=Channel.SMS, everyone=True, excluded_category_ids=halves[:1])
    personal = DraftInput(title="", channel=Channel.SMS, everyone=True, sms_text="Shalom {{full_name}}")
    return {
        "count everyone, three media": _timed_ms(lambda: count_targets(OPERATOR, everyone)),
        "count two categories of half each": _timed_ms(lambda: count_targets(OPERATOR, by_category)),
        "count everyone minus half": _timed_ms(lambda: count_targets(OPERATOR, minus)),
        "what the SMS to everyone cost": _timed_ms(lambda: sms_cost(OPERATOR, personal)),
        "the list behind a number": _timed_ms(
            lambda: list_group(OPERATOR, everyone, not_on(Medium.SMS, Obstacle.MISSING))
        ),
        "find a contact by two letters": _timed_ms(lambda: search_contacts(OPERATOR, "le")),
        "find a contact by its name": _timed_ms(lambda: search_contacts(OPERATOR, "david levy")),
        "find nobody": _timed_ms(lambda: search_contacts(OPERATOR, "nebuchadnezzar")),
    }


def _timed_ms(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
