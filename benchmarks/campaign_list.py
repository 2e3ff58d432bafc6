"""`python -m benchmarks.campaign_list`: what a page of the list costs, with 100 campaigns and with 100,000.

A page is its rows and the numbers of the tabs; the whole page is what the server does for it: who asks, the rows, and
the words they are shown in. The long list has ten recipients a campaign. What is compared is the lower quartile of
many readings in one process, which on a busy machine is steadier than the median, and their time of the processor,
with PostgreSQL's.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import psutil
from sqlalchemy import func, insert, select, text

from backend import clock
from backend.database import get_engine, reading, unit_of_work
from backend.domain.campaign_list import CampaignQuery, Sort, Tab
from backend.domain.channels import Channel
from backend.domain.search import fold
from backend.domain.statuses import CampaignStatus, RunState
from backend.models import COUNTED, Campaign, Contact, User, table_of
from backend.services.acting import OPERATOR
from backend.services.campaign_list import list_campaigns
from backend.services.sessions import authenticate, hash_token, open_session
from backend.services.users import ensure_admin
from backend.settings import get_settings
from benchmarks.stages import DATABASE_NAMES, DATABASES, Database, stage
from unisoft_ui.view_models.campaigns import CampaignList, campaign_list

_FEW, _MANY = 100, 100_000
_RECIPIENTS = 10
_CHUNK = 1_000
_READINGS = 100
_WARM_UP = 12
_START = datetime(2020, 1, 1, tzinfo=UTC)
_WORDS = ("service", "fête", "collecte", "kiddush", "assemblée", "cours", "rappel", "invitation", "lettre", "שבת",
          "חנוכה", "gala", "tournoi", "camp")  # fmt: skip

_PAGES: Mapping[str, CampaignQuery] = {
    "first page": CampaignQuery(),
    "page 100": CampaignQuery(page=100),
    "page 5,000": CampaignQuery(page=5_000),
    "last page": CampaignQuery(page=1_000_000),
    "tab Draft": CampaignQuery(tab=Tab.DRAFT),
    "tab Validated": CampaignQuery(tab=Tab.VALIDATED),
    "oldest first": CampaignQuery(descending=False),
    "most targets first": CampaignQuery(sort=Sort.TARGETS),
    "fewest targets first": CampaignQuery(sort=Sort.TARGETS, descending=False),
    "best deliverability first": CampaignQuery(sort=Sort.DELIVERABILITY),
    "worst deliverability first": CampaignQuery(sort=Sort.DELIVERABILITY, descending=False),
    "tab Draft, most targets first": CampaignQuery(tab=Tab.DRAFT, sort=Sort.TARGETS),
    "tab Validated, best deliverability first": CampaignQuery(tab=Tab.VALIDATED, sort=Sort.DELIVERABILITY),
    "search, 5 hits": CampaignQuery(search="hochana rabba"),
    "search, 5 hits, by targets": CampaignQuery(search="hochana", sort=Sort.TARGETS),
    "search, a third of all": CampaignQuery(search="rosh hashanah"),
    "search, a third of all, tab Draft": CampaignQuery(search="hashanah", tab=Tab.DRAFT),
    "search, a third of all, by targets": CampaignQuery(search="hashanah", sort=Sort.TARGETS),
    "search, no hit": CampaignQuery(search="purimspiel"),
    "search, two letters": CampaignQuery(search="ro"),
}


class _Cost(NamedTuple):
    """Milliseconds of one reading: by the clock, and of the processor."""

    clock_ms: float
    cpu_ms: float


class _Costs(NamedTuple):
    """Of a page of the list, and of all that the server does for it."""

    page: _Cost
    whole_page: _Cost


def main() -> None:
    for database in _databases():
        with stage(database):
            contacts = _add_contacts()
            _add_campaigns(0, _FEW, contacts)
            session = _sign_in()
            few = _measure(session)
            _add_campaigns(_FEW, _MANY, contacts)
            many = _measure(session)
        _show(database, few, many)


def _databases() -> Sequence[Database]:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=DATABASES, help="measure this one only, not one after the other")
    asked = parser.parse_args().database
    return (asked,) if asked else DATABASES


def _add_contacts() -> list[int]:
    with unit_of_work() as session:
        rows = [Contact(first_name=f"Ruth{n}", email=f"ruth{n}@example.org") for n in range(_RECIPIENTS)]
        session.add_all(rows)
        session.flush()
        return [row.id or 0 for row in rows]


def _add_campaigns(first: int, end: int, contacts: list[int]) -> None:
    rng = random.Random(first)
    for start in range(first, end, _CHUNK):
        numbers = range(start, min(start + _CHUNK, end))
        with unit_of_work() as session:
            session.execute(insert(table_of(Campaign)), [_campaign(rng, n) for n in numbers])
            session.execute(
                text("""INSERT INTO recipient (campaign_id, contact_id, status, medium, address, fields, segments,
                    credit_state, attempt_count, updated_at)
                    SELECT c.id, p.id, 'delivered', 'email', p.email, '{}', 0, 'none', 1, c.created_at
                    FROM campaign c CROSS JOIN contact p WHERE c.id > :before AND c.id <= :last"""),
                {"before": numbers[0], "last": numbers[-1] + 1},
            )
    # What PostgreSQL does by itself within a minute.
    settle = "VACUUM ANALYZE" if get_engine().dialect.name == "postgresql" else "ANALYZE"
    with get_engine().connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(settle))


def _campaign(rng: random.Random, number: int) -> dict[str, Any]:
    """Every third one is a draft, every third is about Rosh Hashanah, and five of any number about one day."""
    words = [*rng.sample(_WORDS, 3), str(number)]
    words += ["Rosh Hashanah"] if rng.randrange(3) == 0 else []
    words += ["Hochana Rabba"] if number < 5 else []
    title, is_draft = " ".join(words), number % 3 == 0
    delivered = 0 if is_draft else rng.randrange(_RECIPIENTS + 1)
    counts = {f"{name}_count": 0 for name in COUNTED}
    return {
        **counts,
        "id": number + 1,
        "title": title,
        "subject": "",
        "search_text": fold(title),
        "channel": Channel.EMAIL,
        "status": CampaignStatus.INIT if is_draft else CampaignStatus.VALIDATE,
        "run_state": RunState.IDLE if is_draft else RunState.DONE,
        "version": 1,
        "preview": " ".join(rng.choices(_WORDS, k=30)),
        "targets_count": rng.randrange(2_000),
        "created_at": _START + timedelta(minutes=number * 7),
        "updated_at": _START,
        "validated_at": None if is_draft else _START,
        "delivered_count": delivered,
        "failed_count": 0 if is_draft else _RECIPIENTS - delivered,
        "handed_over_count": 0,
        "refused_count": 0,
        "late_by_s": 0,
        "schedule_zone": "",
        "sms_text": "",
        "whatsapp_text": "",
        "email_html": "<p>Shalom</p>" * 100,
        "targets_everyone": True,
        "target_match": "any",
        "one_per_household": False,
    }


def _sign_in() -> str:
    ensure_admin(get_settings())
    with reading() as session:
        user_id = session.execute(select(func.min(table_of(User).c.id))).scalar_one()
    token, _ = open_session(user_id, stay_signed_in=True)
    return hash_token(token)


def _measure(session: str) -> Mapping[str, _Costs]:
    return {
        name: _Costs(
            _cost(lambda query=query: list_campaigns(OPERATOR, query)),
            _cost(lambda query=query: _whole_page(session, query)),
        )
        for name, query in _PAGES.items()
    }


def _whole_page(session: str, query: CampaignQuery) -> CampaignList:
    actor = authenticate(session)
    if actor is None:
        raise RuntimeError("nobody is signed in")
    return campaign_list(list_campaigns(actor, query), query, clock.now())


def _cost(act: Callable[[], object]) -> _Cost:
    for _ in range(_WARM_UP):
        act()
    times, server = [], _database_process()
    used_before_s = _cpu_s(server)
    for _ in range(_READINGS):
        started = time.perf_counter()
        act()
        times.append((time.perf_counter() - started) * 1000)
    used_s = _cpu_s(server) - used_before_s
    return _Cost(statistics.quantiles(times, n=4)[0], used_s / _READINGS * 1000)


def _database_process() -> psutil.Process | None:
    """PostgreSQL's for our one connection; SQLite works in this process."""
    if get_engine().dialect.name == "sqlite":
        return None
    with get_engine().connect() as connection:
        return psutil.Process(connection.execute(select(func.pg_backend_pid())).scalar_one())


def _cpu_s(server: psutil.Process | None) -> float:
    used = server.cpu_times() if server else None
    return time.process_time() + (used.user + used.system if used else 0)


def _show(database: Database, few: Mapping[str, _Costs], many: Mapping[str, _Costs]) -> None:
    print(f"\nA page of the list, {DATABASE_NAMES[database]}: milliseconds with {_FEW:,} and {_MANY:,} campaigns,")
    print("by the clock, then how many times as much, by the clock and of the processor")
    print(f"  {'':<42} {'the list':>30}   {'the whole page':>30}")
    for name in _PAGES:
        print(f"  {name:<42} " + "   ".join(_compared(*pair) for pair in zip(few[name], many[name], strict=True)))


def _compared(before: _Cost, after: _Cost) -> str:
    by_clock, of_processor = (y / x for x, y in zip(before, after, strict=True))
    return f"{before.clock_ms:7.2f} {after.clock_ms:7.2f} {by_clock:6.2f} {of_processor:6.2f} x"


if __name__ == "__main__":
    main()
