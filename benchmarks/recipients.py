"""`python -m benchmarks.recipients`: pages of the recipients of one campaign of 1,000,000, in every order and tab.

What is shown is the lower quartile of many readings, in milliseconds: the first page, the page 10,000 pages on, or the
middle of what has fewer, and the last one.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

from sqlalchemy import text

from backend.database import get_engine, unit_of_work
from backend.domain.channels import Channel
from backend.domain.statuses import CampaignStatus, RunState
from backend.domain.tracking import RecipientQuery, RecipientSort, RecipientTab, microseconds
from backend.models import Campaign
from backend.services.acting import OPERATOR
from backend.services.recipient_history import other_messages, recipient_history
from backend.services.tracking import list_recipients
from benchmarks import arguments
from benchmarks.stages import DATABASE_NAMES, Database, stage

RECIPIENTS = 1_000_000
_START = datetime(2026, 1, 1, tzinfo=UTC)
_CHUNK = 20_000
_READINGS, _WARM_UP = 20, 3
_DEEP = 250_000  # 10,000 pages of 25
_ORDERS = {
    RecipientSort.SENDING: "r.id",
    RecipientSort.NAME: "c.last_name, c.first_name, c.id",
    RecipientSort.UPDATED: "r.updated_at, r.id",
}
_TABS = {
    RecipientTab.ALL: "1 = 1",
    RecipientTab.SENT: "r.status IN ('sent', 'delivered', 'read')",
    RecipientTab.FAILED: "r.status = 'failed'",
    RecipientTab.PENDING: "r.status IN ('pending', 'claimed', 'accepted')",
    RecipientTab.LEFT_OUT: "r.status IN ('skipped', 'cancelled')",
}
# Of a hundred: 80 delivered, 10 read, 7 accepted, 2 failed, 1 left out, or half of that.
_STATUS = """CASE WHEN n.n % 200 = 0 THEN 'skipped' WHEN n.n % 100 IN (1, 2) THEN 'failed' WHEN n.n % 10 = 3 THEN 'read'
    WHEN n.n % 100 IN (14, 24, 34, 44, 54, 64, 74) THEN 'accepted' ELSE 'delivered' END"""


def main() -> None:
    asked = arguments.read(recipients=RECIPIENTS, runs=1)
    for database in asked.databases:
        with stage(database):
            campaign_id = add_campaign(asked.recipients)
            _show(database, campaign_id, asked.recipients)


def add_campaign(
    recipients: int, *, status: str = _STATUS, credit_state: str = "charged", analysed: bool = True
) -> int:
    """A campaign of so many recipients, each a contact with a name of its own, more or less; gives its id.

    `status`: in SQL, of the recipient number `n.n`.
    """
    with unit_of_work() as session:
        campaign = Campaign(
            title="Large", channel=Channel.SMS, status=CampaignStatus.VALIDATE, run_state=RunState.SENDING,
            validated_at=_START, sms_text="Shalom {{first_name}}",
        )  # fmt: skip
        session.add(campaign)
        session.flush()
        campaign_id = campaign.id or 0
    for first in range(0, recipients, _CHUNK):
        given = {"first": first, "end": min(first + _CHUNK, recipients), "credit_state": credit_state}
        _add({**given, "campaign": campaign_id, "start": _START}, status)
    with unit_of_work() as session:
        counts = session.execute(text("SELECT status, count(*) FROM recipient GROUP BY status")).all()
        for name, number in counts:
            setattr(session.get_one(Campaign, campaign_id), f"{name}_count", number)
    if not analysed:
        return campaign_id
    settle = "VACUUM ANALYZE" if get_engine().dialect.name == "postgresql" else "ANALYZE"
    with get_engine().connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(settle))
    return campaign_id


def _add(given: Mapping[str, object], status: str) -> None:
    numbers = "WITH RECURSIVE n(n) AS (SELECT CAST(:first AS bigint) UNION ALL SELECT n + 1 FROM n WHERE n + 1 < :end)"
    # Names in no order of the ids: 7919 and 104729 are primes.
    contacts = f"""INSERT INTO contact (id, first_name, last_name, hebrew_first_name, language, is_deceased,
        search_text, mobile_e164, created_at, updated_at) {numbers}
        SELECT n.n + 1, 'Ruth' || (n.n * 7919 % 997), 'Azoulay' || (n.n * 104729 % 99991), '', 'fr', :no, '',
        '+336' || (10000000 + n.n), :start, :start FROM n"""
    rows = f"""INSERT INTO recipient (campaign_id, contact_id, status, reason, medium, address, fields, segments,
        credit_state, attempt_count, vendor_code, updated_at) {numbers}
        SELECT :campaign, n.n + 1, {status}, CASE WHEN n.n % 200 = 0 THEN 'opted_out' END, 'sms',
        '+336' || (10000000 + n.n), '{{}}', 1, :credit_state, 1, CASE WHEN n.n % 100 IN (1, 2) THEN '30005' END, :start
        FROM n"""
    with unit_of_work() as session:
        session.execute(text(contacts), {**given, "no": False})
        session.execute(text(rows), given)


def _show(database: Database, campaign_id: int, recipients: int) -> None:
    print(f"\nPages of {recipients:,} recipients, {DATABASE_NAMES[database]}: milliseconds")
    print(f"  {'':<32} {'first':>8} {'page 10,000':>12} {'last':>8}")
    for tab, sort in product(_TABS, RecipientSort):
        if sort not in list_recipients(OPERATOR, campaign_id, RecipientQuery(tab=tab)).sorts:
            continue
        costs = [_cost(campaign_id, query) for query in _pages(campaign_id, tab, sort)]
        print(f"  {tab.value + ', by ' + sort.value:<32} {costs[0]:>8.2f} {costs[1]:>12.2f} {costs[2]:>8.2f}")
    for name, cost in _one(campaign_id, recipients // 2).items():
        print(f"  {name:<32} {cost:>8.2f}")


def _pages(campaign_id: int, tab: RecipientTab, sort: RecipientSort) -> Iterator[RecipientQuery]:
    query = RecipientQuery(tab=tab, sort=sort)
    yield query
    with unit_of_work() as session:
        counted = f"SELECT count(*) FROM recipient r WHERE r.campaign_id = :campaign AND {_TABS[tab]}"
        size = session.execute(text(counted), {"campaign": campaign_id}).scalar_one()
        asked = f"""SELECT r.id FROM recipient r JOIN contact c ON c.id = r.contact_id
            WHERE r.campaign_id = :campaign AND {_TABS[tab]} ORDER BY {_ORDERS[sort]} LIMIT 1 OFFSET :skipped"""
        for skipped in (min(_DEEP, size // 2), size - 26):
            given = {"campaign": campaign_id, "skipped": skipped}
            yield replace(query, after=session.execute(text(asked), given).scalar_one(), at=microseconds(_START))


def _cost(campaign_id: int, query: RecipientQuery) -> float:
    return _quartile(lambda: list_recipients(OPERATOR, campaign_id, query))


def _one(campaign_id: int, recipient_id: int) -> Mapping[str, float]:
    return {
        "one recipient's story": _quartile(lambda: recipient_history(OPERATOR, campaign_id, recipient_id)),
        "the contact's other messages": _quartile(lambda: other_messages(OPERATOR, campaign_id, recipient_id)),
    }


def _quartile(act: object) -> float:
    times = []
    for _ in range(_WARM_UP + _READINGS):
        started = time.perf_counter()
        act()  # pyright: ignore[reportCallIssue]
        times.append((time.perf_counter() - started) * 1000)
    return statistics.quantiles(times[_WARM_UP:], n=4)[0]


if __name__ == "__main__":
    main()
