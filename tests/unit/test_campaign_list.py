from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.campaign_list import (
    PAGE_SIZES,
    Action,
    CampaignQuery,
    CampaignSelection,
    RowFacts,
    Sort,
    Tab,
    TabCounts,
    actions_for,
    restored_state,
)
from backend.domain.channels import Channel
from backend.domain.rights import Right
from backend.domain.statuses import RunState
from backend.errors import InvalidInputError

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


SEEN = {Action.DETAILS, Action.DUPLICATE, Action.DELETE}
STOPPABLE = {Action.PAUSE, Action.CANCEL}


@pytest.mark.parametrize(
    ("state", "actions"),
    [
        (RunState.IDLE, {Action.EDIT, Action.VALIDATE, Action.DUPLICATE, Action.DELETE}),
        (RunState.SCHEDULED, SEEN | STOPPABLE | {Action.BACK_TO_DRAFT}),
        (RunState.SENDING, SEEN | STOPPABLE),
        (RunState.WAITING_CONNECTION, SEEN | STOPPABLE),
        (RunState.HELD, SEEN | STOPPABLE),
        (RunState.PAUSED, SEEN | {Action.RESUME, Action.CANCEL}),
        (RunState.HALTED, SEEN | {Action.RESUME, Action.CANCEL}),
        (RunState.MISSED, SEEN | {Action.RESUME, Action.CANCEL}),
        (RunState.DONE, SEEN),
        (RunState.CANCELLED, SEEN),
    ],
)
def test_actions_of_each_run_state(state: RunState, actions: set[Action]) -> None:
    assert actions_for(RowFacts(state), set(Right)) == actions
    assert actions_for(RowFacts(state), {Right.CAMPAIGNS_VIEW}) == actions & {Action.DETAILS}
    assert actions_for(RowFacts(state), {Right.CAMPAIGNS_DELETE}) == {Action.DELETE}
    assert actions_for(RowFacts(state), set()) == set()


def test_editing_and_sending_are_two_rights() -> None:
    draft = RowFacts(RunState.IDLE)
    assert actions_for(draft, {Right.CAMPAIGNS_EDIT}) == {Action.EDIT, Action.DUPLICATE}
    assert actions_for(draft, {Right.CAMPAIGNS_SEND}) == {Action.VALIDATE}


def test_what_has_started_does_not_go_back_to_draft() -> None:
    assert Action.BACK_TO_DRAFT not in actions_for(RowFacts(RunState.SCHEDULED, has_started=True), set(Right))


@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("state", list(RunState))
def test_the_orange_button_is_for_whatsapp_that_waits_for_its_connection(state: RunState, channel: Channel) -> None:
    uses_it = channel in {Channel.WHATSAPP, Channel.WHATSAPP_SMS, Channel.WHATSAPP_SMS_EMAIL}
    under_way = state not in {RunState.IDLE, RunState.DONE, RunState.CANCELLED}
    offered = actions_for(RowFacts(state, channel, whatsapp_connected=False), {Right.CAMPAIGNS_SEND})
    assert (Action.CONNECT_WHATSAPP in offered) == (uses_it and under_way)
    assert Action.CONNECT_WHATSAPP not in actions_for(RowFacts(state, channel), set(Right))


@pytest.mark.parametrize("state", list(RunState))
def test_what_is_restored_never_runs(state: RunState) -> None:
    assert restored_state(state) in {RunState.IDLE, RunState.DONE, RunState.CANCELLED}
    assert (restored_state(state) is RunState.IDLE) == (state is RunState.IDLE)


@given(st.lists(ANYTHING, min_size=6, max_size=6))
def test_any_selection_is_a_valid_one(values: list[object]) -> None:
    selection = CampaignSelection(*values)  # pyright: ignore[reportArgumentType]
    assert all(type(number) is int and number > 0 for number in [*selection.ids, *selection.excluded_ids])
    assert isinstance(selection.tab, Tab)


def test_a_selection_keeps_ids_only() -> None:
    given_ids = [3, "2", 3, True, -1, 0, None, "x", 2**40]
    assert CampaignSelection(ids=given_ids).ids == (2, 3)


def test_too_many_ids_are_refused_and_not_cut_off() -> None:
    with pytest.raises(InvalidInputError) as caught:
        CampaignSelection(ids=range(1, 2_502))
    assert caught.value.code == "too_many"
