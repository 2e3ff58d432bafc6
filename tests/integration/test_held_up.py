"""A run that does not move says why: its provider takes nothing, or nobody works on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from backend import clock
from backend.database import get_engine, reading, unit_of_work
from backend.domain.campaign_list import CampaignQuery
from backend.domain.channels import Channel, Medium
from backend.domain.hold_ups import HoldUp, HoldUpCode
from backend.domain.statuses import RunState
from backend.models import Campaign
from backend.processes.ports import free_port
from backend.repositories import campaigns, claims
from backend.services import runs, sending, settling, upkeep
from backend.services.acting import OPERATOR
from backend.services.campaign_list import list_campaigns
from backend.services.sending import DrainEnd
from backend.services.tracking import campaign_details
from backend.settings import get_settings
from backend.simulator.serving import RunningSimulator
from tests.makers import make_contacts, make_run

pytestmark = pytest.mark.usefixtures("database")
_A_MOMENT_S, _A_WHILE_S = 6, 60


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Puts the clock of the product forward."""

    def put_forward(seconds: float) -> None:
        before = clock.now
        monkeypatch.setattr(clock, "now", lambda: before() + timedelta(seconds=seconds))

    return put_forward


def drain(campaign_id: int, slice_s: float = 1) -> DrainEnd:
    return asyncio.run(sending.drain(campaign_id, stopping=lambda: False, slice_s=slice_s))


def throttle(simulator: RunningSimulator, *, on: bool) -> None:
    simulator.control("PUT", "script", {"callbacks": "off", "throttled": on, "retry_after_s": 1})


def stored(campaign_id: int) -> Campaign:
    with reading() as session:
        return campaigns.get(session, campaign_id)


def hold_up(campaign_id: int) -> HoldUp | None:
    """What the list and the page of the campaign tell alike."""
    told = campaign_details(OPERATOR, campaign_id).hold_up
    assert next(row.hold_up for row in list_campaigns(OPERATOR, CampaignQuery()).rows if row.id == campaign_id) == told
    return told


def code(campaign_id: int) -> HoldUpCode | None:
    told = hold_up(campaign_id)
    return told and told.code


def change(campaign_id: int, **values: object) -> None:
    with unit_of_work() as session:
        for name, value in values.items():
            setattr(campaigns.get(session, campaign_id), name, value)


def sending_run(recipients: int = 1) -> int:
    make_contacts(recipients)
    return make_run()


def held_up_run(medium: Medium = Medium.SMS, held_code: HoldUpCode = HoldUpCode.PROVIDER_BUSY) -> int:
    campaign_id = sending_run()
    note(campaign_id, held_up=(medium, held_code))
    return campaign_id


def note(campaign_id: int, *, answered: Medium | None = None, held_up: tuple[Medium, HoldUpCode] | None = None) -> None:
    """As the recording of a window does."""
    books = settling.Books()
    books.count(campaign_id, "handed_over", 1)
    if answered:
        books.answered[campaign_id] = answered
    if held_up:
        books.held_up[campaign_id] = held_up
    with unit_of_work() as session:
        settling.close_books(session, books)


# --- The provider takes nothing.


def test_a_provider_that_takes_nothing_is_named_until_it_takes_messages_again(
    simulator: RunningSimulator, later: Callable[[float], None]
) -> None:
    campaign_id = sending_run(80)
    throttle(simulator, on=True)
    drain(campaign_id)
    since = stored(campaign_id).held_up_since
    assert since is not None
    later(_A_MOMENT_S)
    assert hold_up(campaign_id) == HoldUp(HoldUpCode.PROVIDER_BUSY, since, Medium.SMS)
    drain(campaign_id, slice_s=2)
    assert stored(campaign_id).held_up_since == since, "it is the same wait"

    throttle(simulator, on=False)
    assert drain(campaign_id, slice_s=8) is DrainEnd.NOTHING_LEFT
    assert hold_up(campaign_id) is None
    assert stored(campaign_id).held_up_code is stored(campaign_id).held_up_since is None


def test_a_provider_that_takes_messages_again_ends_the_wait_of_a_run_that_goes_on() -> None:
    make_contacts(1)
    campaign_id = make_run()
    with unit_of_work() as session:
        campaigns.hold_up(session, campaign_id, Medium.SMS, HoldUpCode.PROVIDER_BUSY)
    assert stored(campaign_id).held_up_code == HoldUpCode.PROVIDER_BUSY
    with unit_of_work() as session:
        campaigns.add_counts(session, campaign_id, {"handed_over": 1}, Medium.SMS)
    assert stored(campaign_id).run_state is RunState.SENDING
    assert stored(campaign_id).held_up_code is None


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL])
def test_a_provider_that_nobody_can_reach_is_named(
    simulator: RunningSimulator, later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch, channel: Channel
) -> None:
    del simulator
    for name in ("TWILIO_API_URL", "SENDGRID_API_URL"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    get_settings.cache_clear()
    make_contacts(3)
    campaign_id = make_run(channel)
    drain(campaign_id)
    later(_A_MOMENT_S)
    told = hold_up(campaign_id)
    assert told is not None
    assert (told.code, told.medium) == (HoldUpCode.PROVIDER_UNREACHABLE, Medium(channel))


def test_a_run_that_is_never_held_up_costs_no_statement_more(
    simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    del simulator

    def never(*_: object) -> None:
        raise AssertionError("nothing held it up")

    monkeypatch.setattr(campaigns, "hold_up", never)
    campaign_id, written = sending_run(10), list[str]()

    def listen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("UPDATE campaign SET") and "handed_over_count=" in statement:
            written.append(statement)

    event.listen(get_engine(), "before_cursor_execute", listen)
    try:
        assert drain(campaign_id) is DrainEnd.NOTHING_LEFT
    finally:
        event.remove(get_engine(), "before_cursor_execute", listen)
    assert len(written) == 1, "one window, and its counters carry the news"
    assert "held_up_code" in written[0]


def test_a_moment_of_patience_is_nothing_to_tell(later: Callable[[float], None]) -> None:
    campaign_id = held_up_run()
    assert stored(campaign_id).held_up_code == HoldUpCode.PROVIDER_BUSY
    assert hold_up(campaign_id) is None
    later(_A_MOMENT_S)
    assert code(campaign_id) is HoldUpCode.PROVIDER_BUSY


def test_another_reason_of_the_same_provider_does_not_begin_the_wait_anew(later: Callable[[float], None]) -> None:
    campaign_id = held_up_run()
    since = stored(campaign_id).held_up_since
    later(_A_MOMENT_S)
    note(campaign_id, held_up=(Medium.SMS, HoldUpCode.PROVIDER_UNREACHABLE))
    assert hold_up(campaign_id) == HoldUp(HoldUpCode.PROVIDER_UNREACHABLE, since or clock.now(), Medium.SMS)


def test_another_medium_that_goes_on_does_not_hide_the_one_that_waits(later: Callable[[float], None]) -> None:
    campaign_id = held_up_run(Medium.WHATSAPP)
    later(_A_MOMENT_S)
    note(campaign_id, answered=Medium.SMS)
    note(campaign_id, held_up=(Medium.SMS, HoldUpCode.PROVIDER_UNREACHABLE))
    told = hold_up(campaign_id)
    assert told is not None
    assert (told.code, told.medium) == (HoldUpCode.PROVIDER_BUSY, Medium.WHATSAPP)
    note(campaign_id, answered=Medium.WHATSAPP)
    assert hold_up(campaign_id) is stored(campaign_id).held_up_medium is None


@pytest.mark.parametrize("act", [runs.pause_campaign, runs.cancel_campaign])
def test_a_run_that_is_stopped_waits_for_nobody(act: Callable[..., object], later: Callable[[float], None]) -> None:
    campaign_id = held_up_run()
    later(_A_MOMENT_S)
    act(OPERATOR, campaign_id)
    assert hold_up(campaign_id) is stored(campaign_id).held_up_code is None
    note(campaign_id, held_up=(Medium.SMS, HoldUpCode.PROVIDER_BUSY))
    assert stored(campaign_id).held_up_code is None, "an answer that came late changes nothing"


def test_a_run_that_ends_waits_for_nobody() -> None:
    campaign_id = held_up_run()
    change(campaign_id, pending_count=0)
    with unit_of_work() as session:
        assert campaigns.finish_if_done(session, campaign_id)
    assert stored(campaign_id).held_up_code is None


# --- Nobody works on it.


def test_a_run_that_no_worker_takes_up_stands_still(later: Callable[[float], None]) -> None:
    campaign_id = sending_run()
    assert hold_up(campaign_id) is None, "it has only begun"
    later(_A_WHILE_S)
    started_at = stored(campaign_id).started_at
    assert hold_up(campaign_id) == HoldUp(HoldUpCode.STANDSTILL, started_at or clock.now())


def test_a_scheduler_that_goes_on_waking_does_not_hide_that_no_worker_comes(later: Callable[[float], None]) -> None:
    campaign_id = sending_run()
    later(_A_WHILE_S)
    upkeep.run_upkeep()
    assert code(campaign_id) is HoldUpCode.STANDSTILL


def test_a_worker_that_comes_ends_the_standstill(simulator: RunningSimulator, later: Callable[[float], None]) -> None:
    campaign_id = sending_run(80)
    later(_A_WHILE_S)
    assert code(campaign_id) is HoldUpCode.STANDSTILL
    throttle(simulator, on=True)
    drain(campaign_id)
    assert hold_up(campaign_id) is None, "a worker that waits for its provider is at work"
    throttle(simulator, on=False)
    assert drain(campaign_id, slice_s=8) is DrainEnd.NOTHING_LEFT


def test_a_worker_that_fails_each_time_does_not_hide_the_standstill(
    simulator: RunningSimulator, later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    del simulator
    campaign_id = sending_run()

    def full(*_: object, **__: object) -> None:
        raise OperationalError("INSERT", {}, OSError("No space left on device"))

    later(_A_WHILE_S)
    with monkeypatch.context() as patch:
        patch.setattr(claims, "claim_window", full)
        for _ in range(2):
            with pytest.raises(OperationalError):
                drain(campaign_id)
            assert code(campaign_id) is HoldUpCode.STANDSTILL
    drain(campaign_id)
    assert hold_up(campaign_id) is None


def test_a_provider_that_nobody_asks_any_more_is_not_what_holds_the_run_up(later: Callable[[float], None]) -> None:
    campaign_id = held_up_run()
    later(_A_WHILE_S)
    assert code(campaign_id) is HoldUpCode.STANDSTILL


def test_a_run_behind_others_waits_for_its_turn(later: Callable[[float], None]) -> None:
    first, second = sending_run(), make_run(title="The second")
    later(_A_WHILE_S)
    with unit_of_work() as session:
        campaigns.note_worker(session, first)
    assert hold_up(first) is hold_up(second) is None
    later(_A_WHILE_S)
    assert code(first) is code(second) is HoldUpCode.STANDSTILL


def test_a_run_that_is_resumed_after_a_long_pause_does_not_stand_still(later: Callable[[float], None]) -> None:
    campaign_id = sending_run()
    runs.pause_campaign(OPERATOR, campaign_id)
    later(_A_WHILE_S)
    assert hold_up(campaign_id) is None
    runs.resume_campaign(OPERATOR, campaign_id)
    assert hold_up(campaign_id) is None
    later(_A_WHILE_S)
    assert code(campaign_id) is HoldUpCode.STANDSTILL


@pytest.mark.parametrize(
    "values",
    [
        {"pending_count": 0, "claimed_count": 1},
        {"run_state": RunState.PAUSED},
        {"run_state": RunState.SCHEDULED, "scheduled_at": datetime(2036, 1, 1, tzinfo=UTC), "started_at": None},
    ],
)
def test_a_run_that_has_nobody_to_send_to_now_does_not_stand_still(
    values: dict[str, object], later: Callable[[float], None]
) -> None:
    campaign_id = sending_run()
    change(campaign_id, **values)
    later(_A_WHILE_S)
    assert hold_up(campaign_id) is None
