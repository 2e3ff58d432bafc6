from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from backend import clock
from backend.database import get_engine, unit_of_work
from backend.domain.campaign_list import Action, CampaignQuery
from backend.domain.channels import Channel, Medium
from backend.domain.reactions import Clicked, ClickedKind, Reaction
from backend.domain.refusals import Meaning
from backend.domain.rights import Right, Role
from backend.domain.statuses import CampaignStatus, LedgerKind, Reason, RecipientStatus, RunState
from backend.domain.timelines import minute_of
from backend.domain.tracking import STATUSES_OF, CampaignDetails, Failure, Numbers, RecipientQuery, RecipientTab
from backend.errors import ForbiddenError, NotFoundError
from backend.models import Campaign, CampaignLink, Contact, Recipient, User
from backend.repositories import audit, campaign_minutes, campaigns, credits, link_clicks, organisations
from backend.services import tracking
from backend.services.acting import ActingUser
from backend.services.campaign_list import list_campaigns
from backend.services.tracking import campaign_details, list_recipients
from tests.makers import connect_whatsapp, make_draft, make_run

STRANGER = ActingUser(None, "stranger@example.org", "Stranger", Role.SECONDARY)
VIEWER = replace(STRANGER, rights=frozenset({Right.CAMPAIGNS_VIEW}))
SENDER = replace(STRANGER, rights=frozenset({Right.CAMPAIGNS_VIEW, Right.CAMPAIGNS_SEND}))
START = datetime(2026, 9, 1, 8, tzinfo=UTC)
Status = RecipientStatus


@pytest.fixture(autouse=True)
def _installation(database: str) -> None:
    del database
    with unit_of_work() as session:
        organisations.get(session).time_zone = "Asia/Jerusalem"


def make_campaign(**values: Any) -> int:
    """A validated campaign without recipients; gives its id."""
    with unit_of_work() as session:
        campaign = Campaign(**{
            "title": "Kol Nidre",
            "channel": Channel.SMS,
            "status": CampaignStatus.VALIDATE,
            "run_state": RunState.SENDING,
            "validated_at": START,
            "created_at": START,
            **values,
        })  # fmt: skip
        session.add(campaign)
        session.flush()
        return campaign.id or 0


def add_recipients(campaign_id: int, *rows: dict[str, Any]) -> list[int]:
    """A contact for each row, named by its own keys, and its recipient; gives the recipients' ids."""
    people = ("first_name", "last_name", "hebrew_first_name")
    with unit_of_work() as session:
        contacts = [Contact(**{name: row[name] for name in people if name in row}) for row in rows]
        session.add_all(contacts)
        session.flush()
        recipients = [
            Recipient(
                campaign_id=campaign_id,
                contact_id=contact.id or 0,
                **{"status": Status.DELIVERED, "medium": Medium.SMS, "address": f"+33600{contact.id:06d}"}
                | {name: value for name, value in row.items() if name not in people},
            )
            for contact, row in zip(contacts, rows, strict=True)
        ]
        session.add_all(recipients)
        session.flush()
        return [recipient.id or 0 for recipient in recipients]


def details(campaign_id: int, actor: ActingUser = VIEWER) -> CampaignDetails:
    return campaign_details(actor, campaign_id)


def shown(campaign_id: int, **values: object) -> list[int]:
    page = list_recipients(VIEWER, campaign_id, RecipientQuery(**values))  # pyright: ignore[reportArgumentType]
    return [row.id for row in page.rows]


@pytest.mark.parametrize(
    "ask", [campaign_details, lambda actor, number: list_recipients(actor, number, RecipientQuery())]
)
def test_an_existing_campaign_and_the_right_to_view_are_needed(ask):
    campaign_id = make_campaign()
    deleted = make_campaign(deleted_at=START)
    ask(VIEWER, campaign_id)
    with pytest.raises(ForbiddenError):
        ask(STRANGER, campaign_id)
    for number in (deleted, deleted + 1):
        with pytest.raises(NotFoundError):
            ask(VIEWER, number)


def test_the_life_of_a_campaign_is_told():
    with unit_of_work() as session:
        user = User(email="ilana@example.org", first_name="Ilana", last_name="Benhamou", password_hash="-")
        session.add(user)
        session.flush()
    campaign_id = make_campaign(
        subject="This evening",
        validated_by_id=user.id,
        scheduled_at=START,
        started_at=START,
        run_state=RunState.HALTED,
        halt_code="too_many_refusals",
        late_by_s=90,
    )
    told = details(campaign_id)
    assert (told.title, told.subject, told.channel, told.status) == (
        "Kol Nidre", "This evening", Channel.SMS, CampaignStatus.VALIDATE,
    )  # fmt: skip
    assert (told.run_state, told.halt_code, told.late_by_s) == (RunState.HALTED, "too_many_refusals", 90)
    assert (told.validated_by, told.validated_at, told.time_zone) == ("Ilana Benhamou", START, "Asia/Jerusalem")
    assert (told.created_at, told.scheduled_at, told.started_at, told.finished_at) == (START, START, START, None)


def test_a_validator_without_a_name_is_told_by_address_and_none_is_none():
    with unit_of_work() as session:
        user = User(email="ilana@example.org", password_hash="-")
        session.add(user)
        session.flush()
    assert details(make_campaign(validated_by_id=user.id)).validated_by == "ilana@example.org"
    assert details(make_campaign()).validated_by is None


def test_a_draft_has_nothing_to_count():
    told = details(make_draft())
    assert (told.status, told.validated_at, told.failures) == (CampaignStatus.INIT, None, [])
    assert told.deliverability.success_percent is None


def test_the_numbers_come_from_the_counters_and_agree_with_the_list():
    counts = {status: 2**place for place, status in enumerate(Status)}
    campaign_id = make_campaign(targets_count=2000, **{f"{status}_count": n for status, n in counts.items()})
    told = details(campaign_id)
    pending, claimed, accepted, sent, delivered, read, failed, skipped, cancelled, unknown = counts.values()
    assert told.numbers == Numbers(
        targets=2000,
        sent=sent + delivered + read,
        delivered=delivered + read,
        read=read,
        failed=failed,
        pending=pending + claimed + accepted,
        needs_attention=unknown,
        left_out=skipped,
        cancelled=cancelled,
    )
    n = told.numbers
    assert n.sent + n.failed + n.pending + n.needs_attention + n.left_out + n.cancelled == sum(counts.values())
    [row] = list_campaigns(VIEWER, CampaignQuery()).rows
    assert (told.deliverability, told.processed) == (row.deliverability, row.processed)
    assert told.processed == sent + delivered + read + failed + accepted + unknown
    tabs = list_recipients(VIEWER, campaign_id, RecipientQuery()).counts
    assert tabs[RecipientTab.ALL] == sum(counts.values()) == sum(tabs.values()) - tabs[RecipientTab.ALL]
    assert tabs[RecipientTab.LEFT_OUT] == skipped + cancelled


def test_what_can_be_done_follows_state_and_rights():
    campaign_id = make_campaign(run_state=RunState.PAUSED)
    assert details(campaign_id).actions == {Action.DETAILS}
    assert details(campaign_id, SENDER).actions == {Action.DETAILS, Action.RESUME, Action.CANCEL}


def test_a_run_that_waits_for_whatsapp_offers_to_connect_it():
    campaign_id = make_campaign(channel=Channel.WHATSAPP, run_state=RunState.WAITING_CONNECTION)
    assert Action.CONNECT_WHATSAPP in details(campaign_id, SENDER).actions
    connect_whatsapp()
    assert Action.CONNECT_WHATSAPP not in details(campaign_id, SENDER).actions


def test_failures_are_counted_by_reason_and_the_most_frequent_come_first():
    campaign_id = make_campaign()
    add_recipients(
        campaign_id,
        *[{"status": Status.FAILED, "vendor_code": "30003"}] * 2,
        {"status": Status.FAILED, "vendor_code": "30003", "medium": Medium.WHATSAPP},
        *[{"status": Status.FAILED, "vendor_code": "5.1.1", "medium": Medium.EMAIL}] * 2,
        {"status": Status.FAILED, "reason": Reason.NO_ADDRESS, "medium": None, "address": None},
        {"status": Status.SKIPPED, "reason": Reason.OPTED_OUT, "vendor_code": "21610"},
        {"status": Status.DELIVERED},
        {"status": Status.UNKNOWN, "vendor_code": "20500"},
    )
    add_recipients(make_campaign(), {"status": Status.FAILED, "vendor_code": "30003"})
    assert details(campaign_id).failures == [
        Failure(Status.FAILED, None, "30003", Meaning.RETRIABLE, 3),
        Failure(Status.FAILED, None, "5.1.1", Meaning.BAD_ADDRESS, 2),
        Failure(Status.FAILED, Reason.NO_ADDRESS, None, None, 1),
        Failure(Status.SKIPPED, Reason.OPTED_OUT, "21610", Meaning.OPTED_OUT, 1),
    ]


def test_at_most_fifty_failures_are_listed_and_the_others_are_added_up():
    campaign_id = make_campaign(failed_count=110)
    codes = [code for code in range(60) for _ in range(2 if code < 50 else 1)]
    add_recipients(campaign_id, *({"status": Status.FAILED, "vendor_code": f"{code:05d}"} for code in codes))
    told = details(campaign_id)
    assert (len(told.failures), told.other_failures) == (50, 10)
    assert {failure.recipients for failure in told.failures} == {2}


def test_failures_that_were_not_looked_at_are_among_the_others(monkeypatch):
    monkeypatch.setattr(tracking, "_MOST_COUNTED", 3)
    campaign_id = make_campaign(failed_count=5, skipped_count=1)
    failed = {"status": Status.FAILED, "vendor_code": "30003"}
    add_recipients(campaign_id, *[failed] * 5, {"status": Status.SKIPPED, "reason": Reason.DECEASED})
    told = details(campaign_id)
    assert ([failure.recipients for failure in told.failures], told.other_failures) == ([3, 1], 2)


def test_credits_are_those_of_this_campaign():
    mine, other = make_campaign(), make_campaign()
    with unit_of_work() as session:
        credits.move(session, LedgerKind.PURCHASE, 1000)
        for kind, amount in (("reserve", 100), ("charge", 60), ("release", 10), ("refund", 5)):
            credits.move(session, LedgerKind(kind), amount, campaign_id=mine)
        credits.move(session, LedgerKind.RESERVE, 300, campaign_id=other)
    assert (details(mine).credits_spent, details(mine).credits_reserved) == (55, 30)
    assert (details(other).credits_spent, details(other).credits_reserved) == (0, 300)


def test_a_run_reserves_what_its_page_shows():
    add_contact_to_send_to()
    campaign_id = make_run()
    told = details(campaign_id)
    assert (told.numbers.targets, told.numbers.pending, told.credits_reserved, told.credits_spent) == (1, 1, 1, 0)
    [row] = list_recipients(VIEWER, campaign_id, RecipientQuery()).rows
    assert (row.first_name, row.address, row.status, row.segments) == ("Zoé", "+33612345677", Status.PENDING, 1)


def add_contact_to_send_to() -> None:
    with unit_of_work() as session:
        session.add(Contact(first_name="Zoé", mobile_e164="+33612345677"))


def test_each_tab_holds_its_statuses():
    campaign_id = make_campaign()
    told = {
        status: {"reason": Reason.DECEASED} if status is Status.SKIPPED else {"lease_until": START}
        for status in (Status.SKIPPED, Status.CLAIMED)
    }
    ids = add_recipients(campaign_id, *({"status": status, **told.get(status, {})} for status in Status))
    of_status = dict(zip(Status, ids, strict=True))
    assert shown(campaign_id) == sorted(ids)
    for tab, statuses in STATUSES_OF.items():
        assert shown(campaign_id, tab=tab) == sorted(of_status[status] for status in statuses)
    assert shown(campaign_id, tab="nonsense") == sorted(ids)


def test_a_row_says_who_where_and_why():
    campaign_id = make_campaign()
    add_recipients(
        campaign_id,
        {"first_name": "Ruth", "last_name": "Azoulay", "hebrew_first_name": "רות", "segments": 2,
         "status": Status.FAILED, "vendor_code": "30005", "updated_at": START, "address": "+33612345678"},
        {"status": Status.ACCEPTED, "vendor_code": "30005"},
    )  # fmt: skip
    row, accepted = list_recipients(VIEWER, campaign_id, RecipientQuery()).rows
    assert (row.first_name, row.last_name, row.hebrew_first_name) == ("Ruth", "Azoulay", "רות")
    assert (row.medium, row.address, row.segments, row.updated_at) == (Medium.SMS, "+33612345678", 2, START)
    assert (row.status, row.vendor_code, row.reason, row.meaning) == (
        Status.FAILED, "30005", None, Meaning.BAD_ADDRESS,
    )  # fmt: skip
    assert accepted.meaning is None, "nobody refused it"


def test_pages_follow_each_other_both_ways():
    campaign_id, other = make_campaign(), make_campaign()
    kinds = [Status.DELIVERED, Status.FAILED, Status.READ]
    ids: list[int] = []
    for number in range(60):
        ids += add_recipients(campaign_id, {"status": kinds[number % 3]})
        if number % 20 == 0:
            add_recipients(other, {})
    query, walked = RecipientQuery(), []
    while True:
        page = list_recipients(VIEWER, campaign_id, query)
        walked.append([row.id for row in page.rows])
        if page.next_after is None:
            break
        query = RecipientQuery(after=page.next_after)
    assert walked == [ids[:25], ids[25:50], ids[50:]]
    back = list_recipients(VIEWER, campaign_id, RecipientQuery(before=page.previous_before))
    assert [row.id for row in back.rows] == ids[25:50]
    assert back.next_after == ids[49]
    first = list_recipients(VIEWER, campaign_id, RecipientQuery(before=back.previous_before))
    assert ([row.id for row in first.rows], first.previous_before) == (ids[:25], None)


def test_past_the_last_page_there_is_a_way_back():
    campaign_id = make_campaign()
    [last] = add_recipients(campaign_id, {})
    page = list_recipients(VIEWER, campaign_id, RecipientQuery(after=last))
    assert (page.rows, page.next_after) == ([], None)
    assert shown(campaign_id, before=page.previous_before) == [last]
    page = list_recipients(VIEWER, campaign_id, RecipientQuery(before=last))
    assert (page.rows, page.previous_before) == ([], None)
    assert shown(campaign_id, after=page.next_after) == [last]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("azoulay", "ruth"), ("AZOU rut", "ruth"), ("helene", "helene"), ("HÉLÈNE", "helene"), ("elodie", "elodie"),
        ("שלום", "shalom"), ("שָׁלוֹם", "shalom"), ("3312345", ""), ("12 34 56 78", "ruth"),
        ("56 78 12 34", ""), ("06.12.34.56.78", "ruth"),
        ("+33 6 12 34", "ruth"), ("example.org", "helene"), ("30005", "ruth"), ("opted out", "shalom"), ("%", ""),
        ("_", ""), ("azoulay helene", ""), ("o'brien", "elodie"),
    ],
)  # fmt: skip
def test_recipients_are_found_by_name_address_and_reason(search, found):
    campaign_id = make_campaign()
    people = {
        "ruth": {"first_name": "Ruth", "last_name": "Azoulay", "address": "+33612345678", "status": Status.FAILED,
                 "vendor_code": "30005"},
        "helene": {"first_name": "Hélène", "address": "h@example.org", "medium": Medium.EMAIL},
        "elodie": {"first_name": "ÉLODIE", "last_name": "O’Brien", "address": "+972500000000"},
        "shalom": {"hebrew_first_name": "שָׁלוֹם", "address": "+972500000001", "status": Status.SKIPPED,
                   "reason": Reason.OPTED_OUT},
    }  # fmt: skip
    ids = dict(zip(people, add_recipients(campaign_id, *people.values()), strict=True))
    add_recipients(make_campaign(), *people.values())
    assert shown(campaign_id, search=search) == ([ids[found]] if found else [])


def test_reasons_are_found_by_their_text_in_the_readers_language():
    campaign_id = make_campaign()
    ids = add_recipients(
        campaign_id,
        {"status": Status.SKIPPED, "reason": Reason.DECEASED},
        {"status": Status.FAILED, "vendor_code": "30006"},
        {"status": Status.FAILED, "vendor_code": "30003"},
    )
    assert shown(campaign_id, search="décédé") == []
    assert shown(campaign_id, search="décédé", reasons=[Reason.DECEASED]) == ids[:1]
    assert shown(campaign_id, search="ligne fixe", vendor_codes=["30006"]) == ids[1:2]
    assert shown(campaign_id, search="ligne", vendor_codes=["30006"], tab=RecipientTab.LEFT_OUT) == []


def test_a_search_has_pages_too():
    campaign_id = make_campaign()
    ids = add_recipients(campaign_id, *({"first_name": "Ruth" if n % 2 else "Léa"} for n in range(80)))[::2]
    page = list_recipients(VIEWER, campaign_id, RecipientQuery(search="lea"))
    assert [row.id for row in page.rows] == ids[:25]
    assert shown(campaign_id, search="lea", after=page.next_after) == ids[25:]


@pytest.mark.parametrize(
    "values",
    [
        {"after": "x"},
        {"after": -1},
        {"after": True},
        {"before": 2**80},
        {"page_size": 10_000},
        {"search": 5},
        {"tab": []},
    ],
)
def test_what_does_not_fit_becomes_the_default(values):
    assert RecipientQuery(**values) == RecipientQuery()


def test_the_course_of_a_cascade_ends_where_the_counters_are():
    campaign_id = make_campaign(channel=Channel.WHATSAPP_SMS, started_at=START, run_state=RunState.PAUSED)
    with unit_of_work() as session:
        minute = minute_of(START)
        campaign_minutes.add(session, campaign_id, minute - 90, {"": {"processed": 2, "failed": 2}})
        campaign_minutes.add(session, campaign_id, minute, {"whatsapp": {"processed": 5, "sent": 5}})
        campaign_minutes.add(session, campaign_id, minute + 61, {"whatsapp": {"sent": -5, "delivered": 4, "read": 1}})
        campaign_minutes.add(session, campaign_id, minute + 62, {"sms": {"processed": 3, "delivered": 2, "failed": 1}})
        audit.record(session, "pause", "campaign", campaign_id, user_id=None, actor="operator")
    told = details(campaign_id)
    course = told.course
    assert (course.points[0].at, course.points[0].failed, course.points[0].sent) == (START, 2, 0)
    end = course.points[-1]
    assert (end.sent, end.delivered, end.read, end.failed) == (7, 7, 1, 3)
    assert [(one.medium, one.sent, one.delivered, one.read, one.failed) for one in course.media] == [
        (Medium.WHATSAPP, 5, 5, 1, 0), (Medium.SMS, 2, 2, 0, 1),
    ]  # fmt: skip
    assert (course.speed_per_s, course.left_s, told.paused_by) == (None, None, "operator")
    assert told.paused_at is not None


def test_speed_and_time_left_are_of_a_run_that_moves():
    now = clock.now()
    campaign_id = make_campaign(started_at=now - timedelta(seconds=20), worker_seen_at=now, pending_count=300)
    with unit_of_work() as session:
        campaign_minutes.add(session, campaign_id, minute_of(now - timedelta(seconds=20)), {"sms": {"processed": 500}})
    course = details(campaign_id).course
    assert course.speed_per_s == pytest.approx(25, rel=0.2)
    assert course.left_s is not None
    assert 10 <= course.left_s <= 15
    with unit_of_work() as session:
        campaigns.get(session, campaign_id).run_state = RunState.PAUSED
    assert details(campaign_id).course.left_s is None


def test_links_are_told_by_name_and_those_nobody_clicked_as_well():
    campaign_id = make_campaign(clicked_count=2, delivered_count=2)
    ids = add_recipients(campaign_id, {}, {})
    with unit_of_work() as session:
        links = [CampaignLink(campaign_id=campaign_id, url=f"https://example.org/{n}", title=f"Link {n}") for n in "ab"]
        session.add_all(links)
        session.flush()
        link, address = (
            Clicked(ClickedKind.LINK, links[1].id or 0),
            Clicked(ClickedKind.ADDRESS, 0, "https://x.example"),
        )
        link_clicks.count(session, campaign_id, {Reaction(ids[0], link): 2, Reaction(ids[1], link): 1})
        link_clicks.count(session, campaign_id, {Reaction(ids[0], address): 1})
    told = details(campaign_id)
    assert told.numbers.clicked == 2
    assert [(one.label, one.url, one.people, one.clicks) for one in told.links] == [
        ("Link b", "https://example.org/b", 2, 3),
        ("", "https://x.example", 1, 1),
        ("Link a", "https://example.org/a", 0, 0),
    ]


def test_the_number_of_statements_is_fixed():
    campaign_id = make_campaign()
    add_recipients(campaign_id, *[{"status": Status.FAILED, "vendor_code": "30003"}] * 30)
    statements: list[str] = []
    engine = get_engine()

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT"):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    details(campaign_id)
    assert len(statements) == 9, "one of them only because it is sending"
    statements.clear()
    shown(campaign_id, search="x")
    shown(campaign_id)
    assert len(statements) == 5
    event.remove(engine, "before_cursor_execute", note)
    assert not any("email_html" in statement for statement in statements)


def test_every_page_walks_the_index_and_sorts_only_what_it_found(database: str):
    if database == "postgresql":
        return  # its plans follow the statistics of the day; SQLite's follow the indexes
    campaign_id = make_campaign()
    for query in (RecipientQuery(), RecipientQuery(after=10**6), RecipientQuery(before=10**6, tab=RecipientTab.SENT)):
        walks = [step for step in plan_of(campaign_id, query) if "recipient" in step]
        assert len(walks) == len(STATUSES_OF[query.tab])
        assert all("COVERING INDEX ix_recipient_status (campaign_id=? AND status=?" in step for step in walks)


def plan_of(campaign_id: int, query: RecipientQuery) -> list[str]:
    asked: list[tuple[str, Any]] = []
    engine = get_engine()

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    list_recipients(VIEWER, campaign_id, query)
    event.remove(engine, "before_cursor_execute", note)
    [(statement, parameters)] = [pair for pair in asked if "UNION ALL" in pair[0]]
    with engine.connect() as connection:
        return [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
