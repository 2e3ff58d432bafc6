"""Every order of the recipients, page after page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend.database import unit_of_work
from backend.domain import tracking as domain
from backend.domain.statuses import RecipientStatus as Status
from backend.domain.tracking import RecipientQuery, RecipientSort, RecipientTab
from backend.models import Recipient
from backend.services import tracking
from backend.services.tracking import list_recipients
from tests.integration.recipients import VIEWER, add_campaign, add_recipients

pytestmark = pytest.mark.usefixtures("database")

ORDERS = [(sort, descending) for sort in RecipientSort for descending in (False, True)]


def add_some(number: int = 60) -> tuple[int, list[int]]:
    campaign_id = add_campaign()
    kinds = (Status.DELIVERED, Status.FAILED, Status.READ)
    names = ("Azoulay", "", "Benhamou", "Azoulay")
    people = [{"last_name": names[n % 4], "first_name": f"Ruth{n % 5}", "status": kinds[n % 3]} for n in range(number)]
    add_recipients(add_campaign(), {"last_name": "Azoulay"})
    return campaign_id, add_recipients(campaign_id, *people)


def walk(campaign_id: int, query: RecipientQuery, between: object = None) -> list[int]:
    """All pages forwards; then all backwards, which must be the same."""
    forwards: list[list[int]] = []
    while True:
        page = list_recipients(VIEWER, campaign_id, query)
        forwards.append([row.id for row in page.rows])
        if callable(between):
            between()
        if page.next_after is None:
            break
        query = replace(query, after=page.next_after, before=None, at=page.next_at)
    if between is None:
        backwards = [forwards[-1]]
        while page.previous_before is not None:
            query = replace(query, after=None, before=page.previous_before, at=page.previous_at)
            page = list_recipients(VIEWER, campaign_id, query)
            backwards.append([row.id for row in page.rows])
        assert [id_ for ids in reversed(backwards) for id_ in ids] == [id_ for ids in forwards for id_ in ids]
    return [id_ for ids in forwards for id_ in ids]


def key_of(campaign_id: int, sort: RecipientSort) -> list[int]:
    """The ids in the order that Python gives them."""
    found = []
    query = RecipientQuery(page_size=100)
    rows = list_recipients(VIEWER, campaign_id, query).rows
    for row in rows:
        keys = {
            RecipientSort.SENDING: (row.id,),
            RecipientSort.NAME: (row.last_name, row.first_name, row.contact_id),
            RecipientSort.UPDATED: (row.updated_at, row.id),
        }
        found.append((keys[sort], row.id))
    return [id_ for _, id_ in sorted(found)]


@pytest.mark.parametrize("few", [10_000, 10], ids=["few", "many"])
def test_every_order_is_walked_whole_both_ways(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign_id, ids = add_some()
    monkeypatch.setattr(tracking, "FEW_NAMES", few)
    for sort, descending in ORDERS:
        walked = walk(campaign_id, RecipientQuery(sort=sort, descending=descending))
        expected = key_of(campaign_id, sort)
        assert sorted(walked) == sorted(ids)
        assert walked == (expected[::-1] if descending else expected), (sort, descending)


@pytest.mark.parametrize("few", [10_000, 10], ids=["few", "many"])
def test_tab_and_search_hold_in_every_order(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign_id, _ = add_some()
    monkeypatch.setattr(tracking, "FEW_NAMES", few)
    by_sending = walk(campaign_id, RecipientQuery(tab=RecipientTab.SENT, search="azoulay"))
    assert len(by_sending) == 20
    for sort in RecipientSort:
        walked = walk(campaign_id, RecipientQuery(tab=RecipientTab.SENT, search="azoulay", sort=sort))
        assert sorted(walked) == by_sending


@pytest.mark.parametrize(
    ("sort", "descending"), [(RecipientSort.SENDING, False), (RecipientSort.NAME, True), (RecipientSort.UPDATED, True)]
)
def test_a_walk_meets_nobody_twice_while_rows_change(sort: RecipientSort, descending: bool) -> None:
    campaign_id, ids = add_some()
    changing = iter(ids[::7] + ids[::5])

    def change() -> None:
        with unit_of_work() as session:
            for _ in range(5):
                recipient = session.get_one(Recipient, next(changing))
                recipient.status = Status.READ
                recipient.updated_at = recipient.updated_at.replace(hour=20)

    walked = walk(campaign_id, RecipientQuery(sort=sort, descending=descending), change)
    assert len(walked) == len(set(walked))
    if sort is not RecipientSort.UPDATED:  # what changes goes to the front there, where the walk has been
        assert sorted(walked) == sorted(ids)


def test_the_order_of_changes_is_for_tabs_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign_id, ids = add_some(30)
    monkeypatch.setattr(domain, "FEW", 12)
    query = RecipientQuery(sort=RecipientSort.UPDATED, descending=True, after=ids[3], at=5)
    page = list_recipients(VIEWER, campaign_id, query)
    assert (page.sort, page.descending, page.rows[0].id) == (RecipientSort.SENDING, False, ids[0])
    assert RecipientSort.UPDATED not in page.sorts
    page = list_recipients(VIEWER, campaign_id, replace(query, tab=RecipientTab.FAILED, after=None))
    assert (page.sort, RecipientSort.UPDATED in page.sorts) == (RecipientSort.UPDATED, True)


def test_cursors_of_elsewhere_are_no_way_in() -> None:
    campaign_id, ids = add_some(5)
    [foreign] = add_recipients(add_campaign(), {"last_name": "Zzz"})
    for sort in (RecipientSort.NAME, RecipientSort.UPDATED):
        page = list_recipients(VIEWER, campaign_id, RecipientQuery(sort=sort, after=foreign))
        assert {row.id for row in page.rows} <= set(ids)
