from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from backend.domain.campaign_list import TrashPage, TrashRow
from backend.domain.channels import Channel
from backend.domain.statuses import CampaignStatus, RunState
from unisoft_ui.view_models.trash import TrashLine, trash_list

DRAFT = TrashRow(
    id=7,
    title="Kol Nidre",
    channel=Channel.SMS,
    status=CampaignStatus.INIT,
    run_state=RunState.IDLE,
    deleted_at=datetime(2026, 9, 15, 22, 5, tzinfo=UTC),
    deleted_by="ilana@example.org",
    days_left=30,
)


def line(row: TrashRow) -> TrashLine:
    return trash_list(TrashPage([row], 1, 1, 10, "Europe/Paris")).lines[0]


def test_a_row_says_what_it_was_and_who_deleted_it_when() -> None:
    shown = line(DRAFT)
    assert (shown.title, shown.state, shown.channel.label) == ("Kol Nidre", "Draft", "SMS")
    assert (shown.date, shown.time, shown.deleted_by) == ("16 Sep 2026", "00:05", "ilana@example.org")
    assert (shown.select_label, shown.restore_label) == ("Select Kol Nidre, 16 Sep 2026 00:05", "Restore Kol Nidre")


@pytest.mark.parametrize(("days", "left"), [(30, "30 days"), (1, "1 day")])
def test_the_time_left_is_in_days(days: int, left: str) -> None:
    assert line(replace(DRAFT, days_left=days)).left == left


@pytest.mark.parametrize("state", RunState)
def test_every_state_has_a_word_and_what_was_stopped_comes_back_cancelled(state: RunState) -> None:
    shown = line(replace(DRAFT, run_state=state))
    assert shown.state
    unchanged = state in {RunState.IDLE, RunState.DONE, RunState.CANCELLED}
    assert shown.comes_back == ("" if unchanged else "comes back as cancelled")


def test_an_empty_trash_is_a_status_of_its_own() -> None:
    assert trash_list(TrashPage([], 0, 1, 10, "Europe/Paris")).status == "empty"
    found = trash_list(TrashPage([DRAFT], 24, 2, 10, "Europe/Paris"))
    assert (found.status, found.line_ids, found.pagination.shown) == ("ready", [7], "11–20 of 24")


def test_what_nobody_named_is_named() -> None:
    assert line(replace(DRAFT, title="", deleted_by="")).title == "Without a title"
    assert line(replace(DRAFT, deleted_by="")).deleted_by == "—"
