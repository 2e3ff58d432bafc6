from __future__ import annotations

import pytest

from backend.domain.statuses import (
    HANDED_OVER,
    RUN_MOVES,
    UNANSWERED,
    CampaignStatus,
    RecipientStatus,
    RunState,
    states_that_may_become,
)
from backend.models import COUNTED

# Rows: from; columns, in this order: to. A dot is a move nobody may make.
STATES = [
    "idle",
    "scheduled",
    "sending",
    "done",
    "paused",
    "waiting_connection",
    "missed",
    "halted",
    "held",
    "cancelled",
]
TABLE = """
idle                .  x  x  .  .  .  .  .  .  .
scheduled           x  .  x  .  x  .  x  .  x  x
sending             .  .  .  x  x  x  x  x  x  x
done                .  .  x  .  .  .  .  .  .  .
paused              .  x  x  .  .  .  .  .  .  x
waiting_connection  .  .  x  .  x  .  .  .  x  x
missed              .  x  x  .  .  .  .  .  .  x
halted              .  .  x  .  .  .  .  .  .  x
held                .  .  x  .  x  .  .  .  .  x
cancelled           .  .  .  .  .  .  .  .  .  .
"""
ALLOWED = {
    (row.split()[0], target): mark == "x"
    for row in TABLE.strip().splitlines()
    for target, mark in zip(STATES, row.split()[1:], strict=True)
}


def test_the_table_is_whole() -> None:
    assert set(STATES) == {state.value for state in RunState} == {state.value for state in RUN_MOVES}
    assert len(ALLOWED) == len(STATES) ** 2


@pytest.mark.parametrize("target", RunState)
@pytest.mark.parametrize("source", RunState)
def test_every_move_of_a_run(source: RunState, target: RunState) -> None:
    assert (target in RUN_MOVES[source]) == ALLOWED[source, target]


@pytest.mark.parametrize("target", RunState)
def test_the_condition_of_a_move_names_its_sources(target: RunState) -> None:
    assert states_that_may_become(target) == {source for source in RunState if ALLOWED[source, target]}


def test_nothing_leaves_cancelled() -> None:
    assert not RUN_MOVES[RunState.CANCELLED]


def test_only_a_scheduled_campaign_goes_back_to_draft() -> None:
    assert states_that_may_become(RunState.IDLE) == {RunState.SCHEDULED}


def test_the_published_codes() -> None:
    assert [status.value for status in CampaignStatus] == ["INIT", "VALIDATE"]


def test_every_recipient_status_has_a_counter() -> None:
    assert set(COUNTED) == {status.value for status in RecipientStatus}


def test_the_groups_of_statuses_do_not_overlap() -> None:
    assert not HANDED_OVER & UNANSWERED
