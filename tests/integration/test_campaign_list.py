from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import event, text

from backend.database import get_engine, unit_of_work
from backend.domain.campaign_list import CampaignPage, CampaignQuery, CampaignRow, Sort, Tab, TabCounts
from backend.domain.channels import Channel
from backend.domain.rights import Right, Role
from backend.domain.search import fold
from backend.domain.statuses import CampaignStatus, RunState
from backend.errors import ForbiddenError
from backend.models import (
    Campaign,
    CampaignCategory,
    CampaignFile,
    CampaignLink,
    Category,
    FileKind,
    TargetRole,
)
from backend.repositories import campaign_list, campaign_search, organisations
from backend.services import installing, proofs
from backend.services.acting import ActingUser
from backend.services.campaign_list import list_campaigns
from backend.services.proofs import Drift

VIEWER = ActingUser(None, "viewer@example.org", "Viewer", Role.SECONDARY, frozenset({Right.CAMPAIGNS_VIEW}))
STRANGER = ActingUser(None, "stranger@example.org", "Stranger", Role.SECONDARY)
START = datetime(2026, 9, 1, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _installation(database: str) -> None:
    del database
    with unit_of_work() as session:
        organisations.get(session).time_zone = "Asia/Jerusalem"


def campaign(
    number: int = 0, *, title: str = "Title", subject: str = "", validated: bool = False, **values: object
) -> Campaign:
    life = {"status": CampaignStatus.VALIDATE, "run_state": RunState.DONE, "validated_at": START} if validated else {}
    return Campaign(**{
        "title": title,
        "subject": subject,
        "search_text": fold(f"{title}\n{subject}"),
        "channel": Channel.SMS,
        "preview": "Shabbat Shalom",
        "created_at": START + timedelta(minutes=number),
        **life,
        **values,
    })  # fmt: skip


def save(*campaigns: Campaign) -> list[int]:
    with unit_of_work() as session:
        session.add_all(campaigns)
        session.flush()
        return [saved.id for saved in campaigns if saved.id is not None]


def listed(**values: object) -> CampaignPage:
    return list_campaigns(VIEWER, CampaignQuery(**values))  # pyright: ignore[reportArgumentType]


def titles(**values: object) -> list[str]:
    return [row.title for row in listed(**values).rows]


def test_needs_the_right_to_view() -> None:
    with pytest.raises(ForbiddenError):
        list_campaigns(STRANGER, CampaignQuery())


def test_the_page_says_whether_a_campaign_may_be_made() -> None:
    assert not listed().may_create
    editor = replace(VIEWER, rights=VIEWER.rights | {Right.CAMPAIGNS_EDIT})
    assert list_campaigns(editor, CampaignQuery()).may_create


def test_an_empty_list_has_one_page_and_the_zone() -> None:
    page = listed(page=7)
    assert (page.rows, page.total, page.page, page.counts) == ([], 0, 1, TabCounts())
    assert page.time_zone == "Asia/Jerusalem"


def test_tabs_filter_and_count() -> None:
    save(campaign(1, title="a"), campaign(2, title="b", validated=True), campaign(3, title="c", validated=True))
    assert titles() == ["c", "b", "a"]
    assert titles(tab=Tab.DRAFT) == ["a"]
    assert titles(tab="validated") == ["c", "b"]
    counts = listed(tab=Tab.DRAFT).counts
    assert (counts.all, counts.draft, counts.validated) == (3, 1, 2)


def test_tab_counts_follow_the_search() -> None:
    save(campaign(1, title="Rosh Hashanah"), campaign(2, title="Rosh Hodesh", validated=True), campaign(3))
    page = listed(search="rosh", tab=Tab.VALIDATED)
    assert page.counts == TabCounts(draft=1, validated=1)
    assert (page.total, [row.title for row in page.rows]) == (1, ["Rosh Hodesh"])


def test_deleted_campaigns_are_out() -> None:
    save(campaign(1, title="kept"), campaign(2, title="gone", deleted_at=START))
    page = listed()
    assert [row.title for row in page.rows] == ["kept"]
    assert page.counts.all == 1


@pytest.mark.parametrize(
    ("title", "search"),
    [
        ("Fête de Pourim", "FETE"),
        ("Fete de Pourim", "fête"),
        ("ÉLECTION", "élection"),
        ("Straße", "STRASSE"),
        ("שַׁבָּת שָׁלוֹם", "שבת שלום"),
        ("שבת שלום", "שַׁבָּת"),
        ("Rappel : חֲנֻכָּה", "rappel חנכה"),
        ("L’assemblée générale", "l'assemblee"),
        ("Rosh Hashanah service", "hashanah rosh"),
        ("100% kasher", "100%"),
        ("snake_case", "snake_case"),
        ("a/b\\c", "a/b\\c"),
        ('Le "grand" gala', '"grand"'),
        ("L'AG annuelle", "AG"),
        ("Vote en AG ordinaire", "ag ordinaire"),
        ("סדר של ט״ו בשבט", 'ט"ו'),
        ("AND OR NOT NEAR", "or not near"),
        ("Soirée 🎉 privée", "🎉"),
    ],
)
def test_search_ignores_case_accents_and_niqqud(title: str, search: str) -> None:
    save(campaign(1, title=title), campaign(2, title="Something else"))
    assert titles(search=search) == [title]


@pytest.mark.parametrize("search", ["%", "_", "100_", "a%z", "\\", "/", "100*", '"', "'", "found:to", "x" * 10_000])
def test_wildcards_stand_for_themselves(search: str) -> None:
    save(campaign(1, title="100 a to z"))
    assert titles(search=search) == []


def test_search_covers_the_subject() -> None:
    save(campaign(1, title="A", subject="Ordre du jour"), campaign(2, title="B"))
    assert titles(search="ordre") == ["A"]


@pytest.mark.parametrize("search", ["\x00", "\ud800", "   ", "\n\t"])
def test_a_search_without_a_word_finds_everything(search: str) -> None:
    save(campaign(1))
    assert listed(search=search).total == 1


def test_sorts_by_date() -> None:
    save(campaign(2, title="second"), campaign(1, title="first"))
    assert titles() == ["second", "first"]
    assert titles(descending=False) == ["first", "second"]


def test_sorts_by_targets_with_the_newest_first_among_equals() -> None:
    save(*(campaign(n, title=f"{n}", targets_count=targets) for n, targets in enumerate([5, 20, 5])))
    assert titles(sort=Sort.TARGETS) == ["1", "2", "0"]
    assert titles(sort=Sort.TARGETS, descending=False) == ["2", "0", "1"]


def test_sorts_by_deliverability_with_drafts_last() -> None:
    save(
        campaign(1, title="draft"),
        campaign(2, title="half", validated=True, delivered_count=1, failed_count=1),
        campaign(3, title="all", validated=True, sent_count=3),
        campaign(4, title="none yet", validated=True, pending_count=3),
        campaign(5, title="nothing to count", validated=True, skipped_count=3),
    )
    assert titles(sort=Sort.DELIVERABILITY) == ["all", "half", "none yet", "nothing to count", "draft"]
    rising = titles(sort=Sort.DELIVERABILITY, descending=False)
    assert rising == ["none yet", "half", "all", "nothing to count", "draft"]


def test_pages() -> None:
    save(*(campaign(n, title=f"{n}") for n in range(24)))
    assert titles() == [f"{n}" for n in range(23, 13, -1)]
    assert titles(page=3) == ["3", "2", "1", "0"]
    assert len(titles(page_size=25)) == 24


def test_a_page_beyond_the_end_is_the_last_one() -> None:
    save(*(campaign(n, title=f"{n}") for n in range(24)))
    page = listed(page=999)
    assert (page.page, [row.title for row in page.rows]) == (3, ["3", "2", "1", "0"])


def test_rows_carry_categories_links_files_and_outcome() -> None:
    first, second = save(
        campaign(1, targets_count=9),
        campaign(
            2, validated=True, run_state=RunState.SENDING, template_id=None,
            pending_count=2, claimed_count=1, accepted_count=1, delivered_count=4, failed_count=1, skipped_count=5,
        ),
    )  # fmt: skip
    with unit_of_work() as session:
        names = [Category(name=name) for name in ("Youth", "Members", "Board")]
        session.add_all(names)
        session.flush()
        roles = (TargetRole.INCLUDE, TargetRole.INCLUDE, TargetRole.EXCLUDE)
        session.add_all(
            CampaignCategory(campaign_id=second, category_id=name.id or 0, role=role)
            for name, role in zip(names, roles, strict=True)
        )
        session.add(CampaignLink(campaign_id=second, url="https://example.org"))
        session.add_all(
            CampaignFile(campaign_id=second, kind=kind, name="n", content_type="t", size_bytes=1, sha256="s")
            for kind in FileKind
        )
    newest, oldest = listed().rows
    assert (newest.id, newest.categories, newest.link_count, newest.file_count) == (second, ["Members", "Youth"], 1, 2)
    assert (newest.deliverability, newest.processed) == ((9, 4, 1, 4), 6)
    assert (oldest.id, oldest.categories, oldest.link_count, oldest.file_count, oldest.targets) == (first, [], 0, 0, 9)


def test_a_thousand_campaigns_cost_as_many_statements_as_one() -> None:
    save(campaign(0))
    few = _statements()
    save(*(campaign(n, title=f"Title {n}", email_html="x" * 2_000) for n in range(1, 1_000)))
    assert _statements() == few <= 6
    assert listed(search="title 4", page_size=50).total > 50


def test_a_word_of_the_old_title_finds_nothing_after_a_change() -> None:
    (saved,) = save(campaign(1, title="Pourim"))
    with unit_of_work() as session:
        changed = session.get(Campaign, saved)
        assert changed is not None
        changed.title, changed.search_text = "Soukot", "soukot"
    assert (titles(search="pourim"), titles(search="soukot")) == ([], ["Soukot"])


def test_the_search_follows_a_campaign_from_tab_to_tab_and_into_the_trash() -> None:
    (saved,) = save(campaign(1, title="Pourim"))
    assert listed(search="pourim").counts == TabCounts(draft=1)
    change(saved, status=CampaignStatus.VALIDATE, run_state=RunState.DONE, validated_at=START)
    assert listed(search="pourim").counts == listed().counts == TabCounts(validated=1)
    change(saved, deleted_at=START)
    assert listed(search="pourim").total == listed().total == 0
    change(saved, deleted_at=None)
    assert listed(search="pourim").total == listed().total == 1
    with unit_of_work() as session:
        session.delete(session.get(Campaign, saved))
    assert listed(search="pourim").total == listed().total == 0


def change(campaign_id: int, **values: object) -> None:
    with unit_of_work() as session:
        changed = session.get(Campaign, campaign_id)
        for name, value in values.items():
            setattr(changed, name, value)


def test_counting_stops_where_a_search_finds_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign_search, "MOST_COUNTED", 10)
    save(*(campaign(n, title=f"Gala {n}", validated=n % 2 == 0) for n in range(30)), campaign(40, title="Pourim"))
    page = listed(search="gala", page=2)
    assert (page.counts, page.total) == (TabCounts(10, 10, bounded=True), 20)
    assert [row.title for row in page.rows] == [f"Gala {n}" for n in range(19, 9, -1)]
    assert titles(search="gala", tab=Tab.DRAFT) == [f"Gala {n}" for n in range(29, 10, -2)]
    assert not listed(search="pourim").counts.bounded


def test_a_search_of_two_letters_looks_at_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign_search, "_MOST_LOOKED_AT", 3)
    save(*(campaign(n, title=f"AG {n}") for n in range(5)))
    page = listed(search="ag")
    assert ([row.title for row in page.rows], page.counts.bounded) == (["AG 4", "AG 3", "AG 2"], True)


@pytest.mark.parametrize("drafts", [5, 50])
def test_a_search_that_finds_nearly_everything_counts_what_one_that_finds_little_counts(
    drafts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(*(campaign(n, title=f"Gala {n}", validated=n >= drafts) for n in range(100)))
    save(campaign(200, title="Gala gone", deleted_at=START), campaign(201, title="Pourim"))
    assert listed(search="gala").counts == listed(search="gala al").counts == TabCounts(drafts, 100 - drafts)
    monkeypatch.setattr(campaign_search, "MOST_COUNTED", 10)
    for search in ("gala", "GALA al"):
        page = listed(search=search, tab=Tab.DRAFT)
        assert page.counts == TabCounts(min(drafts, 10), 10, bounded=True)
        assert page.rows[0].title == f"Gala {drafts - 1}"
    assert listed(search="pourim").counts == TabCounts(draft=1)


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("search", ["gala", "ag", "gala ag"])
def test_a_search_is_shown_in_every_order(sort: Sort, search: str) -> None:
    save(*(
        campaign(n, title=f"AG gala {n}", validated=n % 2 == 0, targets_count=n % 3, sent_count=n % 2, failed_count=n)
        for n in range(25)
    ))  # fmt: skip
    save(campaign(30, title="Pourim"))
    for descending in (True, False):
        for tab in Tab:
            shown = [
                row.id
                for page in (1, 2, 3)
                for row in listed(sort=sort, descending=descending, tab=tab, page=page, search=search).rows
            ]
            everything = listed(sort=sort, descending=descending, tab=tab, page_size=50).rows
            expected = [row.id for row in everything if row.title != "Pourim"]
            assert list(dict.fromkeys(shown)) == expected


def test_a_search_sees_no_counters() -> None:
    # A text is written once for its campaign, not for each window that is sent.
    (saved,) = save(campaign(1, title="Pourim", validated=True))
    before = _search_rows()
    change(saved, sent_count=7, pending_count=3)
    assert _search_rows() == before
    change(saved, title="Soukot", search_text="soukot")
    assert _search_rows() != before


def _search_rows() -> list[tuple[object, ...]]:
    """Where each text is stored; a row that is written again has another place."""
    is_server = get_engine().dialect.name == "postgresql"
    query = (
        "SELECT ctid::text, search_text FROM campaign_search_row" if is_server else "SELECT * FROM campaign_search_data"
    )
    with get_engine().connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


@pytest.mark.parametrize("tab", list(Tab))
@pytest.mark.parametrize("descending", [True, False])
def test_pages_found_by_their_week_are_those_found_by_counting(
    tab: Tab, descending: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    week = 7 * 24 * 60
    saved = save(*(campaign(n * week // 4, title=f"{n}", validated=n % 3 == 0) for n in range(120)))
    save(campaign(-90 * 365 * 24 * 60, title="before 1970"))
    change(saved[30], deleted_at=START)
    change(saved[31], deleted_at=START)
    change(saved[31], deleted_at=None)
    change(saved[40], status=CampaignStatus.VALIDATE, run_state=RunState.DONE, validated_at=START)
    change(saved[50], created_at=START + timedelta(weeks=500))
    with unit_of_work() as session:
        session.delete(session.get(Campaign, saved[60]))

    def pages() -> list[list[int]]:
        return [[row.id for row in listed(tab=tab, descending=descending, page=n).rows] for n in range(1, 13)]

    counted = pages()
    monkeypatch.setattr(campaign_list, "_WORTH_SKIPPING", -1)
    assert pages() == counted
    with get_engine().begin() as connection:
        connection.execute(text("UPDATE campaign_totals SET draft = 0"))
    proofs.recount_tabs()
    assert pages() == counted


@pytest.mark.parametrize("tab", list(Tab))
@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("descending", [True, False])
def test_every_order_goes_through_every_campaign_once(tab: Tab, sort: Sort, descending: bool) -> None:
    save(*(campaign(n // 2, title=f"{n}", targets_count=n % 4) for n in range(12)))
    save(*(
        campaign(n // 2, title=f"{n}", validated=True, targets_count=n % 4, sent_count=n % 5, failed_count=n % 2)
        for n in range(25)
    ))  # fmt: skip
    pages = [listed(tab=tab, sort=sort, descending=descending, page=n) for n in range(1, 5)]
    rows = [row for page in pages[: -(-pages[0].total // 10)] for row in page.rows]
    assert len({row.id for row in rows}) == len(rows) == pages[0].total
    newest_first = sorted(rows, key=lambda row: (row.created_at, row.id), reverse=descending or sort is not Sort.DATE)
    assert rows == sorted(newest_first, key=lambda row: _rank(row, sort, 1 - 2 * descending))


def _rank(row: CampaignRow, sort: Sort, sign: int) -> tuple[bool, float]:
    """Nothing to count comes last in both directions."""
    outcome = row.deliverability
    if sort is Sort.DATE:
        return False, 0
    if sort is Sort.TARGETS:
        return False, sign * row.targets
    return outcome.total == 0, sign * outcome.success / max(outcome.total, 1)


def test_totals_of_tabs_that_drift_are_found_and_set_right() -> None:
    save(campaign(1), campaign(2, validated=True), campaign(3, deleted_at=START))
    assert proofs.recount_tabs() == []
    with get_engine().begin() as connection:
        connection.execute(text("UPDATE campaign_totals SET draft = 7"))
    assert listed().counts.draft == 7, "they are looked up, not counted"
    assert proofs.recount_tabs(repair=False) == [Drift("tab draft", 7, 1)]
    assert proofs.recount() == [Drift("tab draft", 7, 1)]
    assert proofs.recount() == []
    assert listed().counts == TabCounts(1, 1)


def test_totals_are_true_after_many_made_campaigns_at_once() -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: save(campaign(n), campaign(n + 50, validated=True)), range(40)))
    assert listed().counts == TabCounts(40, 40)
    assert proofs.recount_tabs() == []


def test_a_filled_database_gets_its_totals_and_its_search() -> None:
    save(campaign(1, title="Pourim"), campaign(2, title="Pourim", validated=True), campaign(3, deleted_at=START))
    migrate("downgrade", "0001")
    migrate("upgrade", "head")
    assert listed().counts == listed(search="pourim").counts == TabCounts(1, 1)
    assert proofs.recount_tabs() == []


def migrate(act: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(installing._ROOT / "migrations"))
    with get_engine().begin() as connection:
        config.attributes["connection"] = connection
        getattr(command, act)(config, revision)


def _statements() -> int:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            seen.append(statement)

    event.listen(get_engine(), "before_cursor_execute", note)
    try:
        listed(page_size=50)
    finally:
        event.remove(get_engine(), "before_cursor_execute", note)
    return len(seen)
