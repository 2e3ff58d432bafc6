"""A database that was restored from an older copy sends nothing until an operator confirms it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from sqlalchemy import select, text

from backend import clock
from backend.actors import broker as wake_ups
from backend.actors import scheduler, stopping, worker
from backend.database import get_engine, reading, unit_of_work
from backend.domain.rights import Role
from backend.domain.statuses import RunState
from backend.errors import ConflictError, ForbiddenError
from backend.models import AuditEntry, Campaign, table_of
from backend.repositories import campaigns, installations
from backend.repositories.installations import Mark
from backend.services import installing, restored_copies, runs, sending, witnesses
from backend.services.acting import OPERATOR, ActingUser
from backend.services.sending import DrainEnd
from backend.settings import Settings, get_settings
from backend.simulator.serving import RunningSimulator
from tests.integration.test_cli import Run, run
from tests.makers import make_contacts, make_draft, make_run

__all__ = ["run"]  # a fixture

pytestmark = pytest.mark.usefixtures("database")
ACTIVE = [RunState.SENDING, RunState.SCHEDULED, RunState.WAITING_CONNECTION]
A_MINUTE = timedelta(minutes=1)


def make_run_in(state: RunState, *, at: timedelta = -A_MINUTE) -> int:
    campaign_id = make_run()
    moment = clock.now() + at if state is RunState.SCHEDULED else None
    started_at = None if state is RunState.SCHEDULED else clock.now()
    with unit_of_work() as session:
        campaign = campaigns.get(session, campaign_id)
        campaign.run_state, campaign.scheduled_at, campaign.started_at = state, moment, started_at
    return campaign_id


def state(campaign_id: int) -> tuple[RunState, str | None]:
    with reading() as session:
        campaign = campaigns.get(session, campaign_id)
        return campaign.run_state, campaign.halt_code


def mark() -> Mark:
    with reading() as session:
        return installations.get(session)


def set_mark(epoch: int, lineage: str | None = None) -> None:
    """As a copy of that time would have it."""
    with get_engine().begin() as connection:
        values = {"epoch": epoch, "lineage": lineage or mark().lineage}
        connection.execute(text("UPDATE installation SET epoch = :epoch, lineage = :lineage"), values)


def witness() -> Path:
    return get_settings().data_dir / "epoch"


def rounds(number: int) -> None:
    for _ in range(number):
        restored_copies.keep_watch()


@pytest.fixture(autouse=True)
def _contacts(database: str) -> None:
    make_contacts(2)


HELD = (RunState.HELD, "restored_copy")


# --- What is a restored copy, and what is not.


def test_the_first_start_after_an_upgrade_holds_nothing() -> None:
    campaign_id = make_run()
    assert mark().epoch == 0
    rounds(2)
    assert state(campaign_id) == (RunState.SENDING, None)
    assert mark().epoch == 2


def test_ordinary_rounds_hold_nothing() -> None:
    rounds(3)
    found = [make_run_in(one) for one in ACTIVE]
    rounds(2)
    assert not restored_copies.hold_if_restored()
    assert [state(campaign_id)[0] for campaign_id in found] == ACTIVE


@pytest.mark.parametrize("at", [-A_MINUTE, A_MINUTE])
def test_an_older_database_holds_whatever_would_send_by_itself(at: timedelta) -> None:
    found = [make_run_in(one, at=at) for one in ACTIVE]
    paused, draft = make_run_in(RunState.PAUSED), make_draft()
    rounds(3)
    set_mark(2)
    rounds(1)
    assert [state(campaign_id) for campaign_id in found] == [HELD] * 3
    assert state(paused) == (RunState.PAUSED, None)
    assert state(draft) == (RunState.IDLE, None)


def test_what_starts_in_a_copy_that_is_not_confirmed_is_held_as_well() -> None:
    rounds(2)
    set_mark(1)
    rounds(5)
    assert mark().epoch == 1, "it never catches up with its witness by waiting"
    campaign_id = make_run()
    rounds(1)
    assert state(campaign_id) == HELD


def test_a_worker_knows_it_too() -> None:
    campaign_id = make_run()
    rounds(2)
    set_mark(1)
    assert restored_copies.hold_if_restored()
    assert state(campaign_id) == HELD


def test_a_new_machine_counts_as_a_restored_copy_while_something_is_active() -> None:
    found = [make_run_in(RunState.SENDING), make_run_in(RunState.SCHEDULED, at=A_MINUTE)]
    rounds(1)
    witness().unlink()
    assert not restored_copies.hold_if_restored(), "a worker's machine may have no witness"
    rounds(1)
    assert [state(campaign_id) for campaign_id in found] == [HELD] * 2


@pytest.mark.parametrize(
    ("run_state", "at", "expected"),
    [
        (RunState.SCHEDULED, -A_MINUTE, RunState.HELD),
        (RunState.SCHEDULED, A_MINUTE, RunState.SCHEDULED),
        (RunState.WAITING_CONNECTION, A_MINUTE, RunState.HELD),
        (RunState.PAUSED, A_MINUTE, RunState.PAUSED),
    ],
)
def test_a_new_machine_goes_on_when_nothing_is_active(run_state: RunState, at: timedelta, expected: RunState) -> None:
    campaign_id = make_run_in(run_state, at=at)
    rounds(1)
    witness().unlink()
    rounds(1)
    assert state(campaign_id)[0] is expected
    assert witness().exists() == (expected is run_state)


def test_a_witness_of_another_database_says_nothing_good_about_this_one() -> None:
    campaign_id = make_run()
    rounds(2)
    set_mark(7, "f" * 32)
    rounds(1)
    assert state(campaign_id) == HELD


def test_a_database_without_a_mark_of_its_own_beside_a_witness_was_restored() -> None:
    campaign_id = make_run()
    rounds(2)
    set_mark(0, "f" * 32)  # a copy of a version before this mark, brought to the present one
    rounds(1)
    assert state(campaign_id) == HELD


def test_a_folder_that_was_restored_as_a_whole_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign_id = make_run()
    rounds(1)
    lineage, epoch, written_s = witness().read_text().split(":")
    backup = f"{lineage}:{epoch}:{int(written_s) - 3600}"
    witness().write_text(backup)
    an_hour_ago = int(written_s) - 3600
    os.utime(witness(), (an_hour_ago, an_hour_ago))  # the moment of a file's last change cannot be set back
    assert restored_copies.hold_if_restored()
    assert state(campaign_id) == HELD


def test_a_witness_that_cannot_be_read_says_nothing() -> None:
    rounds(1)
    for content in ("", "nonsense", "a:b:c", "::"):
        witness().write_text(content)
        assert witnesses.hear(get_settings()).marks == ()
    rounds(1)
    assert witnesses.hear(get_settings()).epoch_of(mark().lineage) == 2


# --- The witnesses.


def test_the_database_is_first_and_the_witness_second(monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    rounds(1)
    monkeypatch.setattr(witnesses, "tell", killed)
    with pytest.raises(KeyboardInterrupt):
        rounds(1)
    assert (mark().epoch, witnesses.hear(get_settings()).epoch_of(mark().lineage)) == (2, 1)
    assert not restored_copies.hold_if_restored()


def test_a_round_beside_the_question_is_no_sign_of_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign_id = make_run()
    rounds(1)
    hear = witnesses.hear

    def hear_after_a_round(settings: Settings) -> witnesses.Testimony:
        with unit_of_work() as session:
            advanced = installations.advance(session)
        witnesses.tell(settings, advanced)
        return hear(settings)

    monkeypatch.setattr(witnesses, "hear", hear_after_a_round)
    assert not restored_copies.hold_if_restored()
    assert state(campaign_id)[0] is RunState.SENDING


def test_a_file_that_is_replaced_while_it_is_read_is_no_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds(1)
    lineage, epoch, written_s = witness().read_text().split(":")
    fstat = os.fstat
    monkeypatch.setattr(witnesses, "_COPIED_AFTER_S", 3600)
    witness().write_text(f"{lineage}:{epoch}:{int(written_s) - 4000}")
    assert witnesses.hear(get_settings()).is_copied

    def fstat_after_a_round(number: int) -> os.stat_result:
        monkeypatch.setattr(os, "fstat", fstat)
        rounds(1)
        return fstat(number)

    monkeypatch.setattr(os, "fstat", fstat_after_a_round)
    heard = witnesses.hear(get_settings())
    assert (heard.is_copied, heard.epoch_of(lineage)) == (False, 2)


def test_a_witness_never_learns_less() -> None:
    lineage = mark().lineage
    witnesses.tell(get_settings(), Mark(lineage, 9))
    witnesses.tell(get_settings(), Mark(lineage, 4))
    assert witnesses.hear(get_settings()).epoch_of(lineage) == 9
    assert witnesses.hear(get_settings()).epoch_of("f" * 32) is None


def test_the_file_is_private_and_no_draft_of_it_stays() -> None:
    rounds(3)
    assert witness().stat().st_mode & 0o777 == 0o600
    assert [file.name for file in witness().parent.glob("epoch*")] == ["epoch"]


def test_a_disk_that_cannot_be_written_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    rounds(2)
    assert mark().epoch == 2
    assert list(witness().parent.glob("epoch*")) == []


class TestRedis:
    @pytest.fixture(autouse=True)
    def _redis(self, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REDIS_URL", redis_url)
        get_settings.cache_clear()

    def test_redis_is_a_witness_where_the_file_is_missing(self) -> None:
        campaign_id = make_run()
        rounds(3)
        witness().unlink()
        rounds(1)
        assert state(campaign_id) == (RunState.SENDING, None)
        assert witness().exists()
        witness().unlink()
        set_mark(1)
        rounds(1)
        assert state(campaign_id) == HELD

    @pytest.mark.parametrize("later", ["file", "redis"])
    def test_the_higher_of_the_two_counts(self, later: str) -> None:
        campaign_id = make_run()
        rounds(1)
        kept = witness().read_text()
        rounds(3)
        if later == "file":
            with redis.Redis.from_url(get_settings().redis_url) as client:
                client.set("unisoft:epoch", ":".join(kept.split(":")[:2]))
        else:
            witness().write_text(kept)
        set_mark(2)
        rounds(1)
        assert state(campaign_id) == HELD

    def test_an_emptied_redis_is_told_again(self) -> None:
        campaign_id = make_run()
        rounds(2)
        with redis.Redis.from_url(get_settings().redis_url) as client:
            client.flushall()
            rounds(1)
            assert client.get("unisoft:epoch") == f"{mark().lineage}:3".encode()
        assert state(campaign_id) == (RunState.SENDING, None)

    def test_without_redis_the_file_is_enough_and_without_both_nothing_is_decided(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        campaign_id = make_run()
        rounds(2)
        monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
        get_settings.cache_clear()
        rounds(1)
        assert mark().epoch == 3
        witness().unlink()
        with pytest.raises(redis.ConnectionError):
            rounds(1)
        assert state(campaign_id) == (RunState.SENDING, None)

    def test_a_copied_file_is_not_excused_by_a_redis_that_was_copied_with_it(self) -> None:
        campaign_id = make_run()
        rounds(2)
        lineage, epoch, written_s = witness().read_text().split(":")
        witness().write_text(f"{lineage}:{epoch}:{int(written_s) - 3600}")
        assert restored_copies.hold_if_restored()
        assert state(campaign_id) == HELD


# --- Processes.


def test_a_round_of_the_scheduler_holds_before_it_wakes(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [make_run_in(one) for one in ACTIVE]
    rounds(2)
    set_mark(1)
    woken: list[int] = []
    monkeypatch.setattr("backend.realtime._waker", woken.append)
    monkeypatch.setattr(stopping, "wait", lambda _: True)
    scheduler._work(get_settings(), lambda: True)
    assert [state(campaign_id) for campaign_id in found] == [HELD] * 3
    assert woken == []


def test_a_round_without_a_verdict_wakes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: object) -> bool:
        raise redis.ConnectionError

    campaign_id = make_run()
    woken: list[int] = []
    monkeypatch.setattr("backend.realtime._waker", woken.append)
    monkeypatch.setattr(restored_copies, "hold_if_restored", away)
    monkeypatch.setattr(stopping, "wait", lambda _: True)
    scheduler._work(get_settings(), lambda: True)
    assert woken == []
    monkeypatch.undo()
    assert state(campaign_id)[0] is RunState.SENDING


def test_a_worker_waits_for_the_verdict_before_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def away_at_first() -> bool:
        done.append("asked")
        if len(done) < 3:
            raise redis.ConnectionError
        return False

    monkeypatch.setattr(restored_copies, "hold_if_restored", away_at_first)
    monkeypatch.setattr(stopping, "wait", lambda _: False)
    worker._hold_restored_copy()
    assert done == ["asked"] * 3


def test_a_worker_asks_before_it_takes_messages(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    order: list[str] = []
    monkeypatch.setenv("REDIS_URL", redis_url)
    get_settings.cache_clear()
    monkeypatch.setattr(stopping, "on_signals", lambda: None)
    monkeypatch.setattr(stopping, "wait", lambda _: True)
    monkeypatch.setattr(worker, "_spare_the_collector", lambda: None)
    for name in ("connect", "show_up", "leave"):
        monkeypatch.setattr(wake_ups, name, lambda _: None)
    monkeypatch.setattr(restored_copies, "hold_if_restored", lambda: bool(order.append("asked")))

    class Started:
        def __init__(self, *_: object, **__: object) -> None: ...

        def start(self) -> None:
            order.append("started")

        def stop(self, timeout: int) -> None: ...

    monkeypatch.setattr(worker.dramatiq, "Worker", Started)
    assert worker.run(get_settings()) == 0
    assert order == ["asked", "started"]


# --- The operator's word.


def restored(*states: RunState, at: timedelta = -A_MINUTE) -> list[int]:
    """Runs of an older copy, held."""
    found = [make_run_in(one, at=at) for one in states]
    rounds(3)
    set_mark(1)
    rounds(1)
    return found


def test_the_command_says_what_is_held_and_pauses_it(run: Run) -> None:
    found = restored(*ACTIVE)
    before = mark()
    ran = run("confirm-restore", given="y\n")
    assert (ran.code, ran.err) == (0, "")
    for campaign_id in found:
        assert f"campaign {campaign_id}, Kol Nidre: 2 recipients" in ran.out
        assert state(campaign_id) == (RunState.PAUSED, None)
    assert mark().lineage != before.lineage
    rounds(1)
    assert not restored_copies.hold_if_restored(absence_counts=True)


@pytest.mark.parametrize("act", [restored_copies.find_held, restored_copies.confirm_restore])
def test_whoever_may_not_send_neither_sees_nor_confirms_what_is_held(act: Callable[[ActingUser], object]) -> None:
    somebody = ActingUser(None, "levi@example.org", "Levi", Role.SECONDARY)
    with pytest.raises(ForbiddenError):
        act(somebody)


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_without_a_yes_it_stays_held(run: Run, answer: str) -> None:
    [campaign_id] = restored(RunState.SENDING)
    assert run("confirm-restore", given=answer).code == 1
    rounds(1)
    assert state(campaign_id) == HELD


def test_the_command_holds_what_nothing_has_looked_at_yet(run: Run) -> None:
    campaign_id = make_run()
    rounds(2)
    set_mark(1)
    run("confirm-restore", given="n\n")
    assert state(campaign_id) == HELD
    assert run("confirm-restore", "--yes").code == 0
    assert state(campaign_id)[0] is RunState.PAUSED


def test_there_is_nothing_to_confirm_in_a_database_that_is_whole(run: Run) -> None:
    campaign_id = make_run()
    rounds(2)
    before = mark()
    ran = run("confirm-restore", "--yes")
    assert (ran.code, ran.out) == (0, "This database is not an older copy; nothing is held.\n")
    assert mark() == before
    assert state(campaign_id)[0] is RunState.SENDING


def test_an_older_copy_in_which_nothing_runs_is_confirmed_as_well(run: Run) -> None:
    rounds(3)
    set_mark(1)
    assert "0 campaigns are paused" in run("confirm-restore", "--yes").out
    campaign_id = make_run()
    rounds(1)
    assert state(campaign_id)[0] is RunState.SENDING


def test_a_held_run_is_not_resumed_before_and_each_one_goes_on_by_itself_afterwards() -> None:
    sending, scheduled = restored(RunState.SENDING, RunState.SCHEDULED, at=A_MINUTE)
    with pytest.raises(ConflictError):
        runs.resume_campaign(OPERATOR, sending)
    restored_copies.confirm_restore(OPERATOR)
    rounds(1)
    runs.resume_campaign(OPERATOR, sending)
    assert (state(sending)[0], state(scheduled)[0]) == (RunState.SENDING, RunState.PAUSED)
    runs.resume_campaign(OPERATOR, scheduled)
    assert state(scheduled)[0] is RunState.SCHEDULED
    rounds(1)
    assert (state(sending)[0], state(scheduled)[0]) == (RunState.SENDING, RunState.SCHEDULED)


def test_a_held_run_can_be_cancelled() -> None:
    [campaign_id] = restored(RunState.SENDING)
    assert runs.cancel_campaign(OPERATOR, campaign_id) == 2
    assert state(campaign_id)[0] is RunState.CANCELLED


def test_the_same_copy_restored_once_more_is_held_once_more() -> None:
    campaign_id = make_run()
    rounds(3)
    copied = mark()
    rounds(1)
    set_mark(copied.epoch)
    rounds(1)
    restored_copies.confirm_restore(OPERATOR)
    runs.resume_campaign(OPERATOR, campaign_id)
    rounds(2)
    assert state(campaign_id)[0] is RunState.SENDING
    set_mark(copied.epoch, copied.lineage)
    rounds(1)
    assert state(campaign_id) == HELD


def test_what_is_held_for_another_reason_is_left_alone() -> None:
    campaign_id = make_run_in(RunState.HELD)
    restored(RunState.SENDING)
    restored_copies.confirm_restore(OPERATOR)
    assert state(campaign_id) == (RunState.HELD, None)


def test_holding_and_confirming_are_accounted_for() -> None:
    [campaign_id] = restored(RunState.SENDING)
    restored_copies.confirm_restore(OPERATOR)
    entry = table_of(AuditEntry).c
    with reading() as session:
        rows = session.execute(
            select(entry.action, entry.subject_id, entry.actor, entry.details).order_by(entry.id.desc()).limit(3)
        ).all()
    assert [tuple(row[:3]) for row in rows] == [
        ("confirm_restore", 1, "operator"),
        ("pause", campaign_id, "operator"),
        ("hold", campaign_id, "unisoft"),
    ]
    assert json.loads(rows[0].details) == {"epoch": 1, "campaigns": [campaign_id]}


# --- The row.


def test_every_installation_has_its_own_lineage_and_keeps_it(database: str, tmp_path: Path) -> None:
    first = mark()
    assert len(first.lineage) == 32
    installing.migrate()
    assert mark() == first


def test_a_deleted_campaign_is_neither_active_nor_held() -> None:
    campaign_id = make_run()
    rounds(2)
    with unit_of_work() as session:
        campaign = session.get(Campaign, campaign_id)
        assert campaign is not None
        campaign.deleted_at = clock.now()
    set_mark(1)
    rounds(1)
    with reading() as session:
        assert session.execute(select(table_of(Campaign).c.run_state)).scalar_one() is RunState.SENDING


def test_a_run_that_is_resumed_in_an_unconfirmed_copy_is_held_before_it_sends(simulator: RunningSimulator) -> None:
    campaign_id = make_run_in(RunState.PAUSED)
    rounds(2)
    set_mark(1)
    rounds(1)
    runs.resume_campaign(OPERATOR, campaign_id)
    assert asyncio.run(sending.drain(campaign_id, stopping=lambda: False)) is DrainEnd.STOPPED
    assert simulator.control("GET", "counts")["total"] == 0
    assert state(campaign_id) == HELD
