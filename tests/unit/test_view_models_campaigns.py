from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from backend.domain.campaign_list import Action, CampaignPage, CampaignQuery, CampaignRow, TabCounts
from backend.domain.channels import Channel
from backend.domain.deliverability import Deliverability
from backend.domain.statuses import CampaignStatus, RunState
from unisoft_ui.view_models.campaigns import CampaignLine, CampaignList, campaign_list, tab_labels
from unisoft_ui.view_models.excerpts import Part

NOW = datetime(2026, 9, 16, 12, tzinfo=UTC)
DRAFT = CampaignRow(
    id=7,
    title="Kol Nidre reminder",
    channel=Channel.SMS_EMAIL,
    status=CampaignStatus.INIT,
    run_state=RunState.IDLE,
    created_at=datetime(2026, 9, 15, 22, 5, tzinfo=UTC),
    scheduled_at=None,
    targets=1250,
    deliverability=Deliverability(0, 0, 0, 0),
    processed=0,
    preview="Shalom",
    from_template=False,
    categories=(),
    link_count=0,
    file_count=0,
)
SENDING = replace(
    DRAFT,
    status=CampaignStatus.VALIDATE,
    run_state=RunState.SENDING,
    deliverability=Deliverability(642, 392, 13, 237),
    processed=1405,
)


def shown(*rows: CampaignRow, search: str = "", total: int | None = None, zone: str = "Europe/Paris") -> CampaignList:
    counts = TabCounts(draft=7, validated=1017)
    page = CampaignPage(rows, counts, len(rows) if total is None else total, 1, 10, zone)
    return campaign_list(page, CampaignQuery(search=search), NOW)


def line(row: CampaignRow, search: str = "", zone: str = "Europe/Paris") -> CampaignLine:
    return shown(row, search=search, zone=zone).lines[0]


@pytest.mark.parametrize(
    ("zone", "date", "time"),
    [
        ("Europe/Paris", "16 Sep 2026", "00:05"),
        ("Asia/Jerusalem", "16 Sep 2026", "01:05"),
        ("America/New_York", "15 Sep 2026", "18:05"),
    ],
)
def test_dates_are_in_the_organisations_zone(zone: str, date: str, time: str) -> None:
    assert (line(DRAFT, zone=zone).date, line(DRAFT, zone=zone).time) == (date, time)


def test_tabs_show_their_counts() -> None:
    assert shown(DRAFT).tabs == ["All (1,024)", "Draft (7)", "Validated (1,017)"]
    assert tab_labels("–") == ["All (–)", "Draft (–)", "Validated (–)"]


@pytest.mark.parametrize(
    ("draft", "validated", "tabs"),
    [
        (1000, 12, ["All (1,012+)", "Draft (1,000+)", "Validated (12)"]),
        (12, 1000, ["All (1,012+)", "Draft (12)", "Validated (1,000+)"]),
        (3, 4, ["All (7+)", "Draft (3+)", "Validated (4+)"]),
    ],
    ids=["many drafts", "many validated", "two letters, looked for among the newest"],
)
def test_a_count_that_stopped_says_so(draft: int, validated: int, tabs: list[str]) -> None:
    counts = TabCounts(draft, validated, bounded=True)
    found = campaign_list(CampaignPage([DRAFT], counts, counts.all, 1, 10, "UTC"), CampaignQuery(search="x"), NOW)
    assert found.tabs == tabs
    assert found.pagination.shown.endswith(f"of {counts.all:,}+")


@pytest.mark.parametrize(
    ("channel", "label", "scheme", "icon"),
    [
        (Channel.EMAIL, "Email", "blue", "mail"),
        (Channel.SMS, "SMS", "violet", "message-square-text"),
        (Channel.WHATSAPP, "WhatsApp", "green", "message-circle"),
        (Channel.WHATSAPP_SMS, "WhatsApp / SMS", "teal", "message-circle"),
        (Channel.SMS_EMAIL, "SMS / Email", "plum", "message-square-text"),
        (Channel.WHATSAPP_SMS_EMAIL, "WhatsApp / SMS / Email", "teal", "message-circle"),
    ],
)
def test_channels_have_their_tag(channel: Channel, label: str, scheme: str, icon: str) -> None:
    tag = line(replace(DRAFT, channel=channel)).channel
    assert (tag.label, tag.scheme, tag.icon) == (label, scheme, icon)


def test_large_numbers_are_grouped() -> None:
    assert line(DRAFT).targets == "1,250"


@pytest.mark.parametrize(
    ("categories", "first", "more", "names"),
    [
        ([], [], "", ""),
        (["A", "B"], ["A", "B"], "", ""),
        (["A", "B", "C"], ["A", "B"], "+1", "Also: C"),
        (["A", "B", "C", "D"], ["A", "B"], "+2", "Also: C, D"),
    ],
)
def test_two_categories_are_shown(categories: list[str], first: list[str], more: str, names: str) -> None:
    shown_line = line(replace(DRAFT, categories=categories))
    assert (shown_line.categories, shown_line.more_categories, shown_line.more_names) == (first, more, names)


def test_the_preview_is_cut_and_the_tooltip_is_not() -> None:
    text = "Kol Nidre is this Sunday 20 September at 7:15 PM. Doors open at 6:30 PM, please bring your entry card."
    shown_line = line(replace(DRAFT, preview=text))
    assert shown_line.preview == [
        Part("Kol Nidre is this Sunday 20 September at 7:15 PM. Doors open at 6:30 PM, please…")
    ]
    assert shown_line.tooltip == text


def test_a_stored_preview_of_full_length_is_the_beginning_of_a_longer_message() -> None:
    assert line(replace(DRAFT, preview="x" * 300)).tooltip == "x" * 300 + "…"
    assert line(replace(DRAFT, preview="x" * 299)).tooltip == "x" * 299


def test_searched_words_are_marked_in_the_preview() -> None:
    shown_line = line(replace(DRAFT, title="Rosh Hashanah", preview="Our rosh campaign"), search="ROSH")
    assert shown_line.preview == [Part("Our "), Part("rosh", marked=True), Part(" campaign")]
    assert shown_line.matched_title == []


def test_the_title_is_shown_when_only_it_was_found() -> None:
    assert line(DRAFT, search="nidre").matched_title == [Part("Kol "), Part("Nidre", marked=True), Part(" reminder")]
    assert line(DRAFT).matched_title == []


def test_attachments_are_counted() -> None:
    shown_line = line(replace(DRAFT, link_count=1, file_count=2))
    assert (shown_line.links, shown_line.links_spoken) == ("1", "1 web link")
    assert (shown_line.files, shown_line.files_spoken) == ("2", "2 documents and videos")
    assert (line(DRAFT).links, line(DRAFT).files) == ("", "")


def test_drafts_have_no_deliverability() -> None:
    assert not line(DRAFT).outcome.shown
    assert line(DRAFT).note.text == ""


def test_a_running_campaign_shows_its_bar() -> None:
    outcome = line(SENDING).outcome
    assert (outcome.shown, outcome.success, outcome.failed, outcome.percent) == (True, "61%", "2%", 61)
    assert (outcome.success_width, outcome.failed_width, outcome.pending_width) == ("61.06%", "2.02%", "36.92%")
    assert outcome.spoken == "61% sent successfully, 2% in error, 37% pending"


@pytest.mark.parametrize(
    ("counts", "success", "failed", "spoken"),
    [
        ((12, 12, 0, 0), "100%", "0%", "100% sent successfully, 0% in error"),
        ((1000, 999, 1, 0), "99%", "1%", "99% sent successfully, 1% in error"),
        ((1000, 999, 0, 1), "99%", "0%", "99% sent successfully, 0% in error, 1% pending"),
        ((1000, 1, 999, 0), "1%", "99%", "1% sent successfully, 99% in error"),
        ((10_000, 1, 9_998, 1), "1%", "99%", "1% sent successfully, 99% in error, 1% pending"),
        ((86, 0, 0, 86), "0%", "0%", "0% sent successfully, 0% in error, 100% pending"),
    ],
)
def test_percentages_never_flatter(counts: tuple[int, int, int, int], success: str, failed: str, spoken: str) -> None:
    outcome = line(replace(SENDING, deliverability=Deliverability(*counts))).outcome
    assert (outcome.success, outcome.failed, outcome.spoken) == (success, failed, spoken)


def test_nobody_to_count_is_a_dash() -> None:
    assert not line(replace(SENDING, deliverability=Deliverability(0, 0, 0, 0))).outcome.shown


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (RunState.SENDING, "Sending 1,405 of 642"),
        (RunState.SCHEDULED, "Scheduled 24 Sep, 09:00"),
        (RunState.PAUSED, "Paused"),
        (RunState.WAITING_CONNECTION, "WhatsApp not connected"),
        (RunState.MISSED, "Missed 24 Sep, 09:00"),
        (RunState.HALTED, "Halted"),
        (RunState.HELD, "Held"),
        (RunState.CANCELLED, "Cancelled"),
        (RunState.DONE, ""),
    ],
)
def test_every_run_state_has_its_line(state: RunState, text: str) -> None:
    row = replace(SENDING, run_state=state, scheduled_at=datetime(2026, 9, 24, 7, tzinfo=UTC))
    assert line(row).note.text == text
    assert line(row).note.tone == (state if text else "")


def test_a_schedule_of_another_year_names_it() -> None:
    row = replace(SENDING, run_state=RunState.SCHEDULED, scheduled_at=datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    assert line(row).note.text == "Scheduled 1 Jan 2027"
    assert line(row).note.moment == "Friday 1 January 2027, 00:30"


def test_a_row_without_rights_has_no_button() -> None:
    plain = line(DRAFT)
    assert not [key for key, value in vars(plain).items() if key.startswith("may_") and value]
    assert not plain.has_menu


@pytest.mark.parametrize(
    ("action", "name", "in_menu"),
    [
        (Action.EDIT, "may_edit", False),
        (Action.VALIDATE, "may_validate", False),
        (Action.DETAILS, "may_see_details", False),
        (Action.CONNECT_WHATSAPP, "may_connect", False),
        (Action.DUPLICATE, "may_duplicate", True),
        (Action.BACK_TO_DRAFT, "may_go_back", True),
        (Action.PAUSE, "may_pause", True),
        (Action.RESUME, "may_resume", True),
        (Action.CANCEL, "may_cancel", True),
        (Action.DELETE, "may_delete", True),
    ],
)
def test_each_action_has_its_button(action: Action, name: str, in_menu: bool) -> None:
    allowed = line(replace(DRAFT, actions={action}))
    assert [key for key in vars(allowed) if key.startswith("may_") and getattr(allowed, key)] == [name]
    assert allowed.has_menu is in_menu


def test_every_action_has_a_button() -> None:
    flags = [key for key in vars(line(DRAFT)) if key.startswith("may_")]
    assert len(flags) == len(Action)


def test_buttons_lead_to_the_campaign() -> None:
    assert line(DRAFT).edit_href == "/app/messages/campagnes/edit?id=7"
    assert line(DRAFT).details_href == "/app/messages/detail?id=7"


def test_a_checkbox_says_what_it_selects() -> None:
    assert line(DRAFT).select_label == "Select Kol Nidre reminder, 16 Sep 2026 00:05"


@pytest.mark.parametrize(
    ("search", "total", "bounded", "offer"),
    [
        ("", 1, False, ""),
        ("", 1024, False, "Select all 1,024 campaigns"),
        ("rosh", 24, False, "Select all 24 results of this search"),
        ("rosh", 1000, True, "Select all results of this search"),
    ],
    ids=["all on this page", "all campaigns", "a search", "more than were counted"],
)
def test_what_is_on_other_pages_is_offered(search: str, total: int, bounded: bool, offer: str) -> None:
    counts = TabCounts(draft=total, bounded=bounded)
    page = CampaignPage([DRAFT], counts, total, 1, 10, "Europe/Paris")
    found = campaign_list(page, CampaignQuery(search=search), NOW)
    assert (found.select_results, found.line_ids) == (offer, [7])


@pytest.mark.parametrize(
    ("rows", "search", "counts", "status"),
    [
        ([DRAFT], "", TabCounts(1, 0), "ready"),
        ([], "x", TabCounts(0, 0), "no_result"),
        ([], "x", TabCounts(1, 0), "no_result"),
        ([], "", TabCounts(0, 0), "empty"),
        ([], "", TabCounts(1, 0), "empty_tab"),
    ],
    ids=["rows", "nothing found", "found in another tab", "no campaign", "none in this tab"],
)
def test_what_stands_in_place_of_rows(rows: list[CampaignRow], search: str, counts: TabCounts, status: str) -> None:
    page = CampaignPage(rows, counts, len(rows), 1, 10, "Europe/Paris")
    assert campaign_list(page, CampaignQuery(search=search), NOW).status == status


def test_a_preview_shown_whole_has_no_tooltip() -> None:
    assert line(DRAFT).tooltip == ""
    template = line(replace(DRAFT, from_template=True, preview="Shalom"))
    assert template.tooltip == "Shalom"
