from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from backend.database import get_engine, unit_of_work
from backend.domain.campaign_list import CampaignPage, CampaignQuery, Sort, Tab, TabCounts
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
from backend.repositories import organisations
from backend.services.acting import ActingUser
from backend.services.campaign_list import list_campaigns

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
    ],
)
def test_search_ignores_case_accents_and_niqqud(title: str, search: str) -> None:
    save(campaign(1, title=title), campaign(2, title="Something else"))
    assert titles(search=search) == [title]


@pytest.mark.parametrize("search", ["%", "_", "100_", "a%z", "\\", "/"])
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


def test_five_thousand_campaigns_cost_as_many_statements_as_one() -> None:
    save(campaign(0))
    few = _statements()
    save(*(campaign(n, title=f"Title {n}", email_html="x" * 2_000) for n in range(1, 5_000)))
    assert _statements() == few <= 6
    assert listed(search="title 49", page_size=50).total > 50


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
