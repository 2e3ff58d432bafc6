"""Deleting, the trash and restoring: nothing is sent afterwards, credits come back once, and the books stay true."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import event, text
from sqlmodel import select

from backend import clock
from backend.database import get_engine, reading, unit_of_work
from backend.domain.campaign_list import CampaignQuery, CampaignSelection, DeletionSummary, Tab
from backend.domain.channels import Channel, Medium
from backend.domain.rights import Right, Role
from backend.domain.statuses import CampaignStatus, CreditState, LedgerKind, RecipientStatus, RunState
from backend.errors import ForbiddenError, NotFoundError
from backend.models import AuditEntry, Campaign, LedgerEntry, Recipient
from backend.repositories import campaigns, claims, credits
from backend.services import deleting, drafts, proofs, runs, sending, upkeep, validation
from backend.services.acting import OPERATOR, ActingUser
from backend.services.campaign_list import count_selection, list_campaigns
from backend.services.sending import DrainEnd
from backend.simulator.serving import RunningSimulator
from tests.makers import buy_credits, make_contacts, make_draft, make_run

pytestmark = pytest.mark.usefixtures("database")

DELETER = ActingUser(None, "deleter@example.org", "Deleter", Role.SECONDARY, frozenset({Right.CAMPAIGNS_DELETE}))
EDITOR = ActingUser(
    None, "editor@example.org", "Editor", Role.SECONDARY, frozenset(set(Right) - {Right.CAMPAIGNS_DELETE})
)


def chosen(*ids: int) -> CampaignSelection:
    return CampaignSelection(ids=ids)


def stored(campaign_id: int) -> Campaign:
    with reading() as session:
        campaign = session.get(Campaign, campaign_id)
        assert campaign is not None
        return campaign


def balance() -> credits.Balance:
    with reading() as session:
        return credits.get_balance(session)


def make_scheduled() -> int:
    buy_credits(100)
    campaign_id = make_draft(scheduled_local="2100-01-01T10:00")
    validation.validate_campaign(OPERATOR, campaign_id)
    return campaign_id


def listed_ids() -> set[int]:
    return {row.id for row in list_campaigns(OPERATOR, CampaignQuery(page_size=50)).rows}


def assert_books_are_true() -> None:
    assert proofs.recount(repair=False) == []
    assert proofs.audit_credits() == []


@pytest.fixture
def long_ago(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the clock so many days forward."""
    real = clock.now

    def forward(days: float) -> None:
        monkeypatch.setattr(clock, "now", lambda: real() + timedelta(days=days))

    return forward


def test_every_act_needs_the_right_to_delete() -> None:
    campaign_id = make_draft()
    for act in (
        lambda: deleting.describe(EDITOR, chosen(campaign_id)),
        lambda: deleting.delete(EDITOR, chosen(campaign_id)),
        lambda: deleting.list_trash(EDITOR),
        lambda: deleting.restore(EDITOR, [campaign_id]),
    ):
        with pytest.raises(ForbiddenError):
            act()
    assert listed_ids() == {campaign_id}


def test_a_deleted_campaign_claims_nobody_even_where_its_run_was_not_ended() -> None:
    make_contacts(1)
    campaign_id = make_run()
    with unit_of_work() as session:
        campaigns.get(session, campaign_id).deleted_at = clock.now()
    with unit_of_work() as session:
        lease_until = clock.now() + timedelta(minutes=1)
        assert claims.claim_window(session, campaign_id, Medium.SMS, limit=10, lease_until=lease_until) == []


def test_what_will_happen_is_what_happens() -> None:
    make_contacts(4)
    draft, scheduled, running, done = make_draft(), make_scheduled(), make_run(), make_run()
    with unit_of_work() as session:
        finished = session.get(Campaign, done)
        sent = session.exec(select(Recipient).where(Recipient.campaign_id == running)).first()
        assert finished is not None
        assert sent is not None
        finished.run_state = RunState.DONE
        for recipient in session.exec(select(Recipient).where(Recipient.campaign_id == done)):
            recipient.status, recipient.credit_state = RecipientStatus.DELIVERED, CreditState.CHARGED
        credits.move(session, LedgerKind.CHARGE, 4, campaign_id=done)
        sent.status = RecipientStatus.ACCEPTED
    proofs.recount(repair=True)  # the counters follow
    selection = chosen(draft, scheduled, running, done, 4711)
    told = deleting.describe(DELETER, selection)
    assert told == DeletionSummary(1, 1, 1, 1, left=1, stopped=3, gone=1, newest_id=done)
    assert listed_ids() == {draft, scheduled, running, done}, "describing changes nothing"

    did = deleting.delete(DELETER, selection)

    assert did == DeletionSummary(1, 1, 1, 1, left=1, stopped=3, gone=1)
    assert listed_ids() == set()
    assert [stored(i).run_state for i in (draft, scheduled, running, done)] == [
        RunState.IDLE,
        RunState.CANCELLED,
        RunState.CANCELLED,
        RunState.DONE,
    ]
    assert (stored(running).accepted_count, stored(running).cancelled_count) == (1, 3)
    assert proofs.recount(repair=False) == []


def test_describing_costs_one_statement_however_many() -> None:
    ids = [make_draft() for _ in range(12)]
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            seen.append(statement)

    event.listen(get_engine(), "before_cursor_execute", note)
    try:
        assert deleting.describe(DELETER, chosen(*ids)).drafts == 12
    finally:
        event.remove(get_engine(), "before_cursor_execute", note)
    assert len(seen) == 1


def test_a_scheduled_campaign_never_starts_and_gives_its_credits_back() -> None:
    make_contacts(3)
    campaign_id = make_scheduled()
    assert balance().reserved == 3
    deleting.delete(DELETER, chosen(campaign_id))
    assert balance().reserved == 0
    with get_engine().begin() as connection:
        connection.execute(text("UPDATE campaign SET scheduled_at = created_at"))
    assert upkeep.start_due_campaigns() == 0
    assert stored(campaign_id).run_state is RunState.CANCELLED
    assert_books_are_true()


def test_an_interrupted_deletion_is_finished_by_the_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    make_contacts(3)
    campaign_id = make_run()

    def killed(_campaign_id: int) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(deleting, "finish_cancelling", killed)
    with pytest.raises(KeyboardInterrupt):
        deleting.delete(DELETER, chosen(campaign_id))
    assert (stored(campaign_id).pending_count, balance().reserved) == (3, 3)
    assert upkeep.finish_cancelled() == 3
    assert (stored(campaign_id).cancelled_count, balance().reserved) == (3, 0)
    assert_books_are_true()


def test_two_people_who_delete_the_same_delete_it_once() -> None:
    make_contacts(5)
    ids = [*(make_run() for _ in range(4)), *(make_draft() for _ in range(4))]
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda actor: deleting.delete(actor, chosen(*ids)), [DELETER, OPERATOR])
    assert first.total + second.total == len(ids)
    assert (first.gone, second.gone) == (second.total, first.total)
    assert first.stopped + second.stopped == 20
    assert balance().reserved == 0
    with reading() as session:
        assert len(session.exec(select(AuditEntry).where(AuditEntry.action == "delete")).all()) == len(ids)
        released = session.exec(select(LedgerEntry.amount).where(LedgerEntry.kind == "release")).all()
    assert sum(released) == 20
    assert_books_are_true()


def test_deleting_twice_does_nothing_the_second_time() -> None:
    campaign_id = make_draft()
    deleting.delete(DELETER, chosen(campaign_id))
    deleted_at = stored(campaign_id).deleted_at
    assert deleting.delete(DELETER, chosen(campaign_id)) == DeletionSummary(gone=1)
    assert stored(campaign_id).deleted_at == deleted_at


def test_all_results_of_a_search_are_found_on_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deleting, "_BATCH", 3)
    rosh = [make_draft(title=f"Rosh Hashanah {n}") for n in range(10)]
    other = make_draft(title="Pourim")
    selection = CampaignSelection(all_results=True, search="hashanah", tab=Tab.DRAFT, excluded_ids=[rosh[4]])
    told = deleting.describe(DELETER, selection)
    assert (told.drafts, count_selection(OPERATOR, selection)) == (9, 9)
    later = make_draft(title="Rosh Hashanah, later")
    confirmed = CampaignSelection(
        all_results=True, search="hashanah", tab=Tab.DRAFT, excluded_ids=[rosh[4]], newest_id=told.newest_id
    )
    assert deleting.delete(DELETER, confirmed).drafts == 9
    assert listed_ids() == {rosh[4], other, later}
    assert deleting.delete(DELETER, CampaignSelection(all_results=True, tab=Tab.VALIDATED)).total == 0
    assert deleting.delete(DELETER, CampaignSelection(all_results=True)).total == 3
    assert_books_are_true()


def test_an_empty_selection_deletes_nothing() -> None:
    campaign_id = make_draft()
    assert deleting.delete(DELETER, chosen()) == DeletionSummary()
    assert listed_ids() == {campaign_id}


def test_a_deleted_campaign_is_out_of_reach() -> None:
    make_contacts(1)
    campaign_id = make_run()
    deleting.delete(DELETER, chosen(campaign_id))
    for act in (runs.pause_campaign, runs.resume_campaign, runs.back_to_draft, drafts.load_draft):
        with pytest.raises(NotFoundError):
            act(OPERATOR, campaign_id)


def test_the_trash_says_who_when_and_what_it_was(long_ago: Callable[[float], None]) -> None:
    make_contacts(1)
    first, second = make_draft(title="First"), make_run(title="Second")
    deleting.delete(OPERATOR, chosen(first))
    long_ago(2.5)
    deleting.delete(DELETER, chosen(second))
    page = deleting.list_trash(DELETER)
    assert [(row.title, row.run_state, row.deleted_by, row.days_left) for row in page.rows] == [
        ("Second", RunState.SENDING, "deleter@example.org", 30),
        ("First", RunState.IDLE, "operator", 28),
    ]
    assert (page.total, page.page, deleting.list_trash(DELETER, 99).page) == (2, 1, 1)
    assert page.rows[0].channel is Channel.SMS


def test_a_draft_comes_back_as_a_draft() -> None:
    campaign_id = make_draft()
    deleting.delete(DELETER, chosen(campaign_id))
    restored = deleting.restore(DELETER, [campaign_id, 4711])
    assert (list(restored.ids), restored.gone) == ([campaign_id], 1)
    assert listed_ids() == {campaign_id}
    assert deleting.list_trash(DELETER).total == 0
    assert list(deleting.restore(DELETER, [campaign_id]).ids) == [], "the second time it is there already"
    assert drafts.load_draft(OPERATOR, campaign_id)[0].title == "Kol Nidre"
    assert_books_are_true()


@pytest.mark.parametrize("state", ["sending", "scheduled", "paused", "halted"])
def test_what_is_restored_by_force_of_any_state_never_starts(state: str) -> None:
    make_contacts(2)
    campaign_id = make_run()
    deleting.delete(DELETER, chosen(campaign_id))
    with get_engine().begin() as connection:
        connection.execute(text(f"UPDATE campaign SET run_state = '{state}'"))
    deleting.restore(DELETER, [campaign_id])
    assert stored(campaign_id).run_state is RunState.CANCELLED
    assert stored(campaign_id).status is CampaignStatus.VALIDATE
    assert upkeep.start_due_campaigns() == upkeep.wake_forgotten_campaigns() == 0


def test_after_thirty_days_nothing_is_restored_and_drafts_are_erased(long_ago: Callable[[float], None]) -> None:
    make_contacts(1)
    draft, run, back = make_draft(), make_run(), make_scheduled()
    runs.back_to_draft(OPERATOR, back)
    deleting.delete(DELETER, chosen(draft, run, back))
    long_ago(29.9)
    assert deleting.erase_old_drafts() == 0
    assert deleting.list_trash(DELETER).total == 3
    long_ago(30.1)
    assert deleting.list_trash(DELETER).total == 0
    assert deleting.restore(DELETER, [draft, run, back]).gone == 3
    assert deleting.erase_old_drafts() == 1
    assert deleting.erase_old_drafts() == 0
    with reading() as session:
        assert set(session.exec(select(Campaign.id))) == {run, back}, "what has a ledger or recipients stays"
    assert_books_are_true()


def test_deleting_while_sending_sends_only_what_was_in_flight(simulator: RunningSimulator) -> None:
    make_contacts(600)
    campaign_id = make_run()
    simulator.control("PUT", "script", {"callbacks": "off", "slow_rate": 1, "slow_s": 0.2})

    async def delete_in_the_middle() -> DeletionSummary:
        loop, begun, rounds = asyncio.get_running_loop(), asyncio.Event(), itertools.count()

        def stopping() -> bool:
            if next(rounds) == 6:
                loop.call_soon_threadsafe(begun.set)
            return False

        draining = asyncio.create_task(sending.drain(campaign_id, stopping=stopping, slice_s=30))
        await begun.wait()
        did = await asyncio.to_thread(deleting.delete, DELETER, chosen(campaign_id))
        await draining
        return did

    did = asyncio.run(delete_in_the_middle())
    campaign, sent = stored(campaign_id), simulator.control("GET", "counts")
    assert campaign.accepted_count + campaign.cancelled_count == 600
    assert sent["total"] == campaign.accepted_count
    assert sent["by_address_max"] == 1
    assert 0 < sent["total"] <= did.left, "nothing but the windows in flight as it committed"
    assert 0 < did.stopped == campaign.cancelled_count
    assert (balance().reserved, balance().charged) == (0, campaign.accepted_count)
    assert_books_are_true()

    deleting.restore(DELETER, [campaign_id])
    assert stored(campaign_id).run_state is RunState.CANCELLED
    upkeep.run_upkeep()
    assert asyncio.run(sending.drain(campaign_id, stopping=lambda: False)) is DrainEnd.STOPPED
    assert simulator.control("GET", "counts")["total"] == sent["total"], "restoring sends nothing"
    assert_books_are_true()
