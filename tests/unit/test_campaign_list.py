from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.campaign_list import PAGE_SIZES, Action, CampaignQuery, Sort, Tab, TabCounts, actions_for
from backend.domain.rights import Right
from backend.domain.statuses import RunState

ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers()) | st.binary()


@given(st.lists(ANYTHING, min_size=6, max_size=6))
def test_any_query_is_a_valid_one(values: list[object]) -> None:
    query = CampaignQuery(*values)  # pyright: ignore[reportArgumentType]
    assert isinstance(query.tab, Tab)
    assert isinstance(query.sort, Sort)
    assert isinstance(query.descending, bool)
    assert 1 <= query.page <= 1_000_000
    assert query.page_size in PAGE_SIZES
    assert len(query.search) <= 200
    query.search.encode()
    assert "\x00" not in query.search


@pytest.mark.parametrize(
    ("page", "expected"),
    [("4", 4), (3, 3), ("-3", 1), ("٣", 1), (0, 1), (True, 1), (2.0, 1), ("9" * 30, 1), (10**9, 10**6)],
)
def test_pages_are_whole_and_positive(page: object, expected: int) -> None:
    assert CampaignQuery(page=page).page == expected  # pyright: ignore[reportArgumentType]


def test_codes_are_read_as_they_stand_in_an_address() -> None:
    query = CampaignQuery("draft", " a\u2028b\n", "targets", False, "2", "25")  # pyright: ignore[reportArgumentType]
    assert query == CampaignQuery(Tab.DRAFT, "a b", Sort.TARGETS, descending=False, page=2, page_size=25)


def test_the_first_tab_holds_the_others() -> None:
    counts = TabCounts(draft=2, validated=3)
    assert [counts.of(tab) for tab in Tab] == [5, 2, 3]


NOTHING: set[Action] = set()
STOPPABLE = {Action.PAUSE, Action.CANCEL}


@pytest.mark.parametrize(
    ("state", "actions"),
    [
        (RunState.IDLE, {Action.EDIT, Action.VALIDATE}),
        (RunState.SCHEDULED, STOPPABLE),
        (RunState.SENDING, STOPPABLE),
        (RunState.WAITING_CONNECTION, STOPPABLE),
        (RunState.HELD, STOPPABLE),
        (RunState.PAUSED, {Action.RESUME, Action.CANCEL}),
        (RunState.HALTED, {Action.RESUME, Action.CANCEL}),
        (RunState.MISSED, {Action.RESUME, Action.CANCEL}),
        (RunState.DONE, NOTHING),
        (RunState.CANCELLED, NOTHING),
    ],
)
def test_actions_of_each_run_state(state: RunState, actions: set[Action]) -> None:
    assert actions_for(state, set(Right)) == actions
    assert actions_for(state, {Right.CAMPAIGNS_VIEW}) == NOTHING


def test_editing_and_sending_are_two_rights() -> None:
    assert actions_for(RunState.IDLE, {Right.CAMPAIGNS_EDIT}) == {Action.EDIT}
    assert actions_for(RunState.IDLE, {Right.CAMPAIGNS_SEND}) == {Action.VALIDATE}
