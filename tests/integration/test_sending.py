"""The drain against simulated providers, through the vendors' own clients: nobody twice, nobody lost."""

from __future__ import annotations

import asyncio
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from backend.database import reading, unit_of_work
from backend.domain.channels import Channel, ConnectionState, Medium
from backend.domain.statuses import CreditState, Reason, RecipientStatus, RunState
from backend.models import Attempt, Campaign, Contact, OptOut, Recipient
from backend.rate_limits import Departure, RateLimit
from backend.repositories import credits, opt_outs
from backend.services import campaign_status, proofs, recording, runs, sending, upkeep
from backend.services.acting import OPERATOR
from backend.services.sending import DrainEnd
from backend.settings import get_settings
from backend.simulator.script import read_script
from backend.simulator.serving import RunningSimulator
from tests.makers import connect_whatsapp, make_contacts, make_run


def script(simulator: RunningSimulator, **faults: object) -> None:
    simulator.control("PUT", "script", {"callbacks": "off", **faults})


def drain(campaign_id: int, *, stopping: Callable[[], bool] = lambda: False) -> DrainEnd:
    return asyncio.run(sending.drain(campaign_id, stopping=stopping, slice_s=8))


def end_pauses() -> None:
    """As if the pauses that providers asked for, or were given for unclear answers, were over."""
    with redis.Redis.from_url(get_settings().redis_url) as client:
        for medium in Medium:
            client.delete(f"rate:{medium}:until", f"rate:{medium}:pauses")


def statuses(campaign_id: int) -> dict[str, int]:
    with reading() as session:
        query = select(Recipient.status).where(Recipient.campaign_id == campaign_id)
        return dict(Counter(session.exec(query)))


def run_state(campaign_id: int) -> RunState:
    with reading() as session:
        campaign = session.get(Campaign, campaign_id)
        assert campaign is not None
        return campaign.run_state


def numbers(campaign_id: int) -> list[int]:
    """Of all attempts, as they are shown."""
    with reading() as session:
        return list(session.exec(select(Attempt.number).where(Attempt.campaign_id == campaign_id)))


def page_of(url: str) -> str:
    with urllib.request.urlopen(url, timeout=60) as response:
        return response.read().decode()


def balance() -> credits.Balance:
    with reading() as session:
        return credits.get_balance(session)


def assert_true_and_nobody_twice(simulator: RunningSimulator, campaign_id: int) -> dict[str, Any]:
    counts = simulator.control("GET", "counts")
    assert counts["by_address_max"] <= 1, counts["duplicates"]
    assert proofs.recount(campaign_id) == []
    assert proofs.audit_credits() == []
    return counts


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL, Channel.WHATSAPP])
def test_everybody_is_handed_over_once(simulator: RunningSimulator, channel: Channel) -> None:
    connect_whatsapp()
    make_contacts(150)
    campaign_id = make_run(channel)

    assert drain(campaign_id) is DrainEnd.NOTHING_LEFT

    assert statuses(campaign_id) == {RecipientStatus.ACCEPTED: 150}
    assert run_state(campaign_id) is RunState.DONE
    assert assert_true_and_nobody_twice(simulator, campaign_id)["total"] == 150


def test_an_sms_is_charged_when_it_is_accepted(simulator: RunningSimulator) -> None:
    make_contacts(3)
    campaign_id = make_run()
    assert balance().reserved == 3
    drain(campaign_id)
    assert (balance().reserved, balance().charged) == (0, 3)
    assert_true_and_nobody_twice(simulator, campaign_id)


def test_an_email_holds_what_each_recipient_needs(simulator: RunningSimulator) -> None:
    make_contacts(1, first_name="<b>Ruth</b>", email="ruth@example.org")
    drain(make_run(Channel.EMAIL))
    email = page_of(f"{simulator.origin}/simulator/emails/0")
    assert "Shalom &lt;b&gt;Ruth&lt;/b&gt;, Kol Nidre" in email, "a value in HTML is escaped"
    assert "/u/1-" in email, "every email has its own link to unsubscribe"
    assert "%%" not in email, "no placeholder is left"
    assert "Kol Nidre, &lt;b&gt;Ruth&lt;/b&gt;" in page_of(f"{simulator.origin}/simulator"), "a subject is text"


def test_refused_for_good_is_failed_and_released(simulator: RunningSimulator) -> None:
    script(simulator, reject_rate=1, reject_code=21408)
    make_contacts(4)
    campaign_id = make_run()
    drain(campaign_id)
    assert statuses(campaign_id) == {RecipientStatus.FAILED: 4}
    assert balance().reserved == balance().charged == 0
    assert_true_and_nobody_twice(simulator, campaign_id)


def test_a_stop_known_to_the_provider_becomes_ours(simulator: RunningSimulator) -> None:
    script(simulator, reject_rate=1, reject_code=21610)
    make_contacts(1)
    campaign_id = make_run()
    drain(campaign_id)
    assert statuses(campaign_id) == {RecipientStatus.SKIPPED: 1}
    with reading() as session:
        assert session.get(OptOut, (Medium.SMS, "+33600000077")) is not None
    assert_true_and_nobody_twice(simulator, campaign_id)


def test_a_number_that_does_not_exist_is_flagged(simulator: RunningSimulator) -> None:
    script(simulator, reject_rate=1, reject_code=21614)
    (contact_id,) = make_contacts(1)
    drain(make_run())
    with reading() as session:
        contact = session.get(Contact, contact_id)
        assert contact is not None
        assert contact.mobile_problem == "invalid"


def test_too_many_invalid_numbers_halt_the_run(simulator: RunningSimulator) -> None:
    script(simulator, reject_rate=1, reject_code=21211)
    make_contacts(400)
    campaign_id = make_run()
    drain(campaign_id)
    assert run_state(campaign_id) is RunState.HALTED
    assert statuses(campaign_id)[RecipientStatus.PENDING] > 0, "the rest was kept from harm"

    script(simulator)
    runs.resume_campaign(OPERATOR, campaign_id)
    drain(campaign_id)
    assert run_state(campaign_id) is RunState.DONE
    assert RecipientStatus.PENDING not in statuses(campaign_id)
    assert_true_and_nobody_twice(simulator, campaign_id)


def test_wrong_credentials_halt_and_lose_nobody(simulator: RunningSimulator) -> None:
    script(simulator, unauthorized=True)
    make_contacts(20)
    campaign_id = make_run()
    drain(campaign_id)
    assert run_state(campaign_id) is RunState.HALTED
    assert statuses(campaign_id) == {RecipientStatus.PENDING: 20}

    script(simulator)
    runs.resume_campaign(OPERATOR, campaign_id)
    drain(campaign_id)
    assert statuses(campaign_id) == {RecipientStatus.ACCEPTED: 20}
    assert_true_and_nobody_twice(simulator, campaign_id)


def test_429_is_tried_again_and_is_no_attempt(simulator: RunningSimulator) -> None:
    script(simulator, throttle_rate=0.3, retry_after_s=1)
    make_contacts(60)
    campaign_id = make_run()
    while drain(campaign_id) is not DrainEnd.NOTHING_LEFT:
        pass
    assert statuses(campaign_id) == {RecipientStatus.ACCEPTED: 60}
    assert numbers(campaign_id) == [1] * 60, "their pages say that they were sent one message"
    assert_true_and_nobody_twice(simulator, campaign_id)


def test_a_refused_connection_is_tried_again(simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    make_contacts(10)
    campaign_id = make_run()
    with monkeypatch.context() as down:
        down.setenv("TWILIO_API_URL", "http://127.0.0.1:9")
        sending.get_settings.cache_clear()
        asyncio.run(sending.drain(campaign_id, stopping=lambda: False, slice_s=0.3))
    sending.get_settings.cache_clear()
    assert statuses(campaign_id) == {RecipientStatus.PENDING: 10}

    assert drain(campaign_id) is DrainEnd.NOTHING_LEFT
    assert statuses(campaign_id) == {RecipientStatus.ACCEPTED: 10}
    assert_true_and_nobody_twice(simulator, campaign_id)


@pytest.mark.parametrize(
    ("fault", "seed"),
    [("accepted_then_500_rate", 1), ("silent_rate", 2), ("reset_after_rate", 3), ("bad_json_rate", 4)],
)
def test_a_lost_answer_is_unknown_and_never_sent_again(
    simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, fault: str, seed: int
) -> None:
    if fault == "silent_rate":
        monkeypatch.setenv("PROVIDER_TIMEOUT_S", "5")  # time enough for those who do answer
        sending.get_settings.cache_clear()
    faults = {fault: 0.2, "seed": seed}
    script(simulator, **faults)
    make_contacts(50)
    campaign_id = make_run()
    drain(campaign_id)
    drain(campaign_id)
    dice = read_script(faults).dice
    with reading() as session:
        rows = session.exec(select(Recipient).where(Recipient.campaign_id == campaign_id)).all()
    hit = {row.address for row in rows if dice("fault", row.address or "") < faults[fault]}
    assert {row.address for row in rows if row.status is RecipientStatus.UNKNOWN} == hit, "those, and nobody else"
    assert 0 < len(hit) < len(rows) == 50
    assert statuses(campaign_id) == {RecipientStatus.UNKNOWN: len(hit), RecipientStatus.ACCEPTED: 50 - len(hit)}
    assert balance().reserved == len(hit), "credits of an unknown message are held"
    assert_true_and_nobody_twice(simulator, campaign_id)


def test_an_email_batch_without_an_answer_is_unknown(simulator: RunningSimulator) -> None:
    script(simulator, accepted_then_500_rate=1)
    make_contacts(30)
    campaign_id = make_run(Channel.EMAIL)
    drain(campaign_id)
    drain(campaign_id)
    assert statuses(campaign_id) == {RecipientStatus.UNKNOWN: 30}
    assert_true_and_nobody_twice(simulator, campaign_id)


def test_a_provider_that_answers_nobody_clearly_is_not_given_the_whole_campaign(simulator: RunningSimulator) -> None:
    script(simulator, accepted_then_500_rate=1)
    make_contacts(1_500)
    campaign_id = make_run()
    asyncio.run(sending.drain(campaign_id, stopping=lambda: False, slice_s=1))
    found = statuses(campaign_id)
    assert 0 < found[RecipientStatus.UNKNOWN] <= 512, "more than two waves of windows"
    assert found[RecipientStatus.PENDING] == 1_500 - found[RecipientStatus.UNKNOWN]
    assert_true_and_nobody_twice(simulator, campaign_id)


def test_answers_that_the_database_never_takes_are_unknown_and_nobody_is_sent_to_again(
    simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_contacts(50)
    campaign_id = make_run()

    def away(*_arguments: Any) -> None:
        raise OperationalError("UPDATE attempt", {}, Exception("the database is away"))

    monkeypatch.setattr(sending, "_RECORD_WITHIN_S", 0.5)
    with monkeypatch.context() as outage:
        outage.setattr(recording, "record_results", away)
        with pytest.raises(OperationalError, match="away"):
            drain(campaign_id)
    assert statuses(campaign_id) == {RecipientStatus.CLAIMED: 50}
    with unit_of_work() as session:
        session.execute(update(Recipient).values(lease_until=sending.clock.now() - timedelta(seconds=1)))
    upkeep.run_upkeep()

    assert statuses(campaign_id) == {RecipientStatus.UNKNOWN: 50}, "any of them may have been taken"
    assert drain(campaign_id) is DrainEnd.STOPPED
    counts = assert_true_and_nobody_twice(simulator, campaign_id)
    assert (counts["total"], counts["requests"]["sms"]) == (50, 50)
    assert (balance().reserved, balance().charged) == (50, 0)


def test_one_message_id_for_two_messages_is_not_believed(simulator: RunningSimulator) -> None:
    script(simulator, duplicate_sid_rate=1)
    make_contacts(20)
    campaign_id = make_run()
    drain(campaign_id)
    assert statuses(campaign_id) == {RecipientStatus.UNKNOWN: 20}
    assert_true_and_nobody_twice(simulator, campaign_id)


def test_not_on_whatsapp_gets_the_sms_at_once(simulator: RunningSimulator) -> None:
    script(simulator, reject_rate=0.5, reject_code=63024)
    connect_whatsapp()
    make_contacts(40)
    campaign_id = make_run(Channel.WHATSAPP_SMS)
    drain(campaign_id)
    with reading() as session:
        media = Counter(session.exec(select(Recipient.medium).where(Recipient.campaign_id == campaign_id)))
        moved = session.exec(select(Attempt.recipient_id).where(Attempt.number == 2)).all()
    assert media[Medium.SMS] == len(moved) > 0
    assert run_state(campaign_id) is RunState.DONE
    assert proofs.recount(campaign_id) == []
    assert proofs.audit_credits() == []


def test_without_a_whatsapp_connection_the_run_waits_and_goes_on_by_itself(simulator: RunningSimulator) -> None:
    connect_whatsapp(ConnectionState.DISCONNECTED)
    make_contacts(5)
    campaign_id = make_run(Channel.WHATSAPP)
    drain(campaign_id)
    assert run_state(campaign_id) is RunState.WAITING_CONNECTION
    assert statuses(campaign_id) == {RecipientStatus.PENDING: 5}

    upkeep.note_whatsapp_state(ConnectionState.CONNECTED)
    assert run_state(campaign_id) is RunState.SENDING
    drain(campaign_id)
    assert statuses(campaign_id) == {RecipientStatus.ACCEPTED: 5}
    assert_true_and_nobody_twice(simulator, campaign_id)


def test_who_left_since_validation_is_left_out(simulator: RunningSimulator) -> None:
    ids = make_contacts(5)
    campaign_id = make_run()
    with unit_of_work() as session:
        opt_outs.add(session, Medium.SMS, ["+33600000077"], "stop")
        for contact_id, values in zip(
            ids[1:4],
            ({"is_deceased": True}, {"deleted_at": sending.clock.now()}, {"mobile_problem": "invalid"}),
            strict=True,
        ):
            contact = session.get(Contact, contact_id)
            assert contact is not None
            contact.sqlmodel_update(values)
    drain(campaign_id)
    with reading() as session:
        rows = session.exec(select(Recipient).where(Recipient.campaign_id == campaign_id)).all()
    found = {row.contact_id: (row.status, row.reason) for row in rows}
    assert [found[i] for i in ids] == [
        (RecipientStatus.SKIPPED, Reason.OPTED_OUT),
        (RecipientStatus.SKIPPED, Reason.DECEASED),
        (RecipientStatus.SKIPPED, Reason.DELETED),
        (RecipientStatus.FAILED, Reason.NO_ADDRESS),
        (RecipientStatus.ACCEPTED, None),
    ]
    assert {row.credit_state for row in rows} == {CreditState.RELEASED, CreditState.CHARGED}
    assert assert_true_and_nobody_twice(simulator, campaign_id)["total"] == 1


def test_a_paused_run_hands_nothing_over_until_it_is_resumed(simulator: RunningSimulator) -> None:
    make_contacts(10)
    campaign_id = make_run()
    runs.pause_campaign(OPERATOR, campaign_id)
    assert drain(campaign_id) is DrainEnd.STOPPED
    assert simulator.control("GET", "counts")["total"] == 0
    runs.resume_campaign(OPERATOR, campaign_id)
    drain(campaign_id)
    assert statuses(campaign_id) == {RecipientStatus.ACCEPTED: 10}


def test_cancelling_in_the_middle_releases_the_rest(simulator: RunningSimulator) -> None:
    make_contacts(300)
    campaign_id = make_run()
    windows = iter([False] * 8)
    drain(campaign_id, stopping=lambda: next(windows, True))
    left = simulator.control("GET", "counts")["total"]
    stopped = runs.cancel_campaign(OPERATOR, campaign_id)
    assert left + stopped == 300
    assert stopped > 0
    assert drain(campaign_id) is DrainEnd.STOPPED
    facts = campaign_status.status_of(OPERATOR, campaign_id)
    assert (facts["cancelled"], facts["run_state"]) == (stopped, "cancelled")
    assert balance().reserved == 0
    assert_true_and_nobody_twice(simulator, campaign_id)


def test_two_drains_share_the_work(simulator: RunningSimulator) -> None:
    make_contacts(500)
    campaign_id = make_run()

    async def both() -> None:
        await asyncio.gather(*(sending.drain(campaign_id, stopping=lambda: False, slice_s=8) for _ in range(3)))

    asyncio.run(both())
    assert statuses(campaign_id) == {RecipientStatus.ACCEPTED: 500}
    assert run_state(campaign_id) is RunState.DONE
    assert_true_and_nobody_twice(simulator, campaign_id)


def test_a_worker_that_lost_its_lease_sends_nothing_and_puts_back_what_never_left(
    simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAIM_LEASE_S", "2")
    monkeypatch.setenv("PROVIDER_TIMEOUT_S", "1.99999")  # leaves no time to send in
    sending.get_settings.cache_clear()
    make_contacts(5)
    campaign_id = make_run()
    asyncio.run(sending.drain(campaign_id, stopping=lambda: False, slice_s=0.5))
    assert simulator.control("GET", "counts")["total"] == 0
    assert statuses(campaign_id) == {RecipientStatus.PENDING: 5}
    assert_true_and_nobody_twice(simulator, campaign_id)


def test_a_lane_that_fails_does_not_cut_off_the_window_of_another(
    simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_contacts(200)
    campaign_id = make_run(Channel.SMS)
    simulator.control("PUT", "script", {"slow_rate": 1, "slow_s": 1, "callbacks": "off"})
    claim, claims = sending._claim, []

    def claim_once(*arguments: Any) -> Any:
        claims.append(arguments)
        if len(claims) > 1:
            raise RuntimeError("the database is locked")
        return claim(*arguments)

    monkeypatch.setattr(sending, "_claim", claim_once)
    with pytest.raises(RuntimeError, match="locked"):
        asyncio.run(sending.drain(campaign_id, stopping=lambda: False))
    with reading() as session:
        found = Counter(session.exec(select(Recipient.status)))
    assert found == {RecipientStatus.ACCEPTED: 64, RecipientStatus.PENDING: 136}


@pytest.mark.parametrize("held_up", ["others leave", "no redis"])
def test_a_window_whose_claim_took_long_and_that_may_not_leave_any_more_goes_back(
    simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, held_up: str
) -> None:
    make_contacts(20)
    campaign_id = make_run()
    refused: list[int] = []

    async def refuse_the_late(
        _limit: RateLimit, number: int, _patience_s: float, before: Departure | None = None
    ) -> Departure | None:
        if before is None:
            return Departure(number, 0, time.monotonic() - 60)
        refused.append(number)
        if held_up == "no redis":
            raise redis.ConnectionError
        return None

    with monkeypatch.context() as patch:
        patch.setattr(RateLimit, "leave", refuse_the_late)
        drain(campaign_id, stopping=lambda: bool(refused))
    # A second lane may meet those the first one has just put back.
    assert 0 < max(refused) <= 20, "only those who would go are counted"
    assert simulator.control("GET", "counts")["total"] == 0
    assert statuses(campaign_id) == {RecipientStatus.PENDING: 20}
    assert run_state(campaign_id) is RunState.SENDING

    drain(campaign_id)
    assert statuses(campaign_id) == {RecipientStatus.ACCEPTED: 20}
    assert assert_true_and_nobody_twice(simulator, campaign_id)["total"] == 20


@pytest.mark.usefixtures("simulator")
@pytest.mark.parametrize("held_up", ["others leave", "no redis"])
def test_nobody_is_claimed_while_a_window_waits_to_leave(monkeypatch: pytest.MonkeyPatch, held_up: str) -> None:
    """Who dies with claims in hand makes them unknown, though nothing left."""
    make_contacts(20)
    campaign_id = make_run()
    waiting: list[dict[str, int]] = []

    async def look(_limit: RateLimit, _number: int, _patience_s: float) -> None:
        waiting.append(await asyncio.to_thread(statuses, campaign_id))
        if held_up == "no redis":
            raise redis.ConnectionError

    monkeypatch.setattr(RateLimit, "leave", look)
    assert asyncio.run(sending.drain(campaign_id, stopping=lambda: False)) is DrainEnd.TIME_IS_UP
    assert waiting
    assert all(seen == {RecipientStatus.PENDING: 20} for seen in [*waiting, statuses(campaign_id)])


@pytest.mark.parametrize(("people", "turns"), [(3, [3, 3]), (70, [64, 64, 64, 64])])
def test_a_run_asks_for_no_more_turns_than_it_needs(
    simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, people: int, turns: list[int]
) -> None:
    """What it takes, others wait for: with two lanes for 70, each asks once more and finds nobody."""
    make_contacts(people)
    campaign_id = make_run()
    take, asked = RateLimit.take, []

    async def note(limit: RateLimit, wanted: int, patience_s: float) -> int:
        asked.append(wanted)
        return await take(limit, wanted, patience_s)

    monkeypatch.setattr(RateLimit, "take", note)
    assert drain(campaign_id) is DrainEnd.NOTHING_LEFT
    assert asked == turns
    assert assert_true_and_nobody_twice(simulator, campaign_id)["total"] == people
