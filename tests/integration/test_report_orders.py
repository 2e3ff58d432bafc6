"""Answers, reports, expired leases and crashes in any order, any number of times: one final state.

Each example plays the same facts twice, first in their natural order, then shuffled, repeated and with
crashes between any two steps. What is written for good must be the same (docs/decisions/0001).
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, select, update
from sqlmodel import Session

from backend import clock
from backend.database import reading, unit_of_work
from backend.domain.channels import Channel, Medium, media_of
from backend.domain.statuses import RecipientStatus as Status
from backend.domain.statuses import RunState
from backend.models import Attempt, Campaign, Recipient, table_of
from backend.providers.base import ProviderEvent, SendResult, Verdict
from backend.providers.references import sign_reference
from backend.repositories import campaigns, claims, credits
from backend.repositories.claims import Claim
from backend.services import delivery, proofs, recording, sending, upkeep, validation
from backend.services.acting import OPERATOR
from backend.settings import get_settings
from tests.integration.test_delivery import HeldSender
from tests.makers import buy_credits, connect_whatsapp, make_category, make_contacts, make_draft

pytestmark = pytest.mark.usefixtures("database")

_recipient, _attempt = table_of(Recipient), table_of(Attempt)
_START_S = 1_700_000_000
_PEOPLE = 4
_NUMBERS = itertools.count(0, 10)  # every play has people of its own: opt-outs and flags stay with them
bounded = settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.generate],  # to find a smaller example of a failure, add Phase.shrink: minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Fate(NamedTuple):
    """All that ever becomes known about one message. Without a verdict its lease runs out."""

    verdict: Verdict | None
    code: str | None = None
    reports: tuple[tuple[str, str | None], ...] = ()  # (word, vendor code), a second apart


def _reports(*told: str) -> tuple[tuple[str, str | None], ...]:
    return tuple((word, code or None) for word, _, code in (one.partition(" ") for one in told))


_ARRIVED = _reports("queued", "sent", "delivered")
_BY_PHONE = [
    Fate(Verdict.ACCEPTED),
    Fate(Verdict.ACCEPTED, None, _ARRIVED),
    Fate(Verdict.ACCEPTED, None, _reports("sent", "undelivered 30003")),
    Fate(Verdict.ACCEPTED, None, _reports("failed 21610")),
    Fate(Verdict.ACCEPTED, None, _reports("sent")),
    Fate(Verdict.REFUSED, "21408"),
    Fate(Verdict.REFUSED, "21610"),
    Fate(Verdict.UNKNOWN, "timeout"),
    Fate(Verdict.UNKNOWN, "timeout", _ARRIVED),
    Fate(Verdict.UNKNOWN, "timeout", _reports("failed 30008")),
    Fate(None),
    Fate(None, None, _reports("sent", "delivered")),
]
_CONTRADICTED = [Fate(Verdict.ACCEPTED, None, _reports("failed 30003", "delivered", "read"))]
_FATES = {
    # A WhatsApp that failed and arrived is told apart by what was sent meanwhile: only without a next medium.
    Medium.WHATSAPP: [*_BY_PHONE, Fate(Verdict.ACCEPTED, None, _reports("sent", "delivered", "read"))],
    Medium.SMS: _BY_PHONE,
    Medium.EMAIL: [
        Fate(Verdict.ACCEPTED),
        Fate(Verdict.ACCEPTED, None, _reports("processed", "deferred", "delivered", "open", "click")),
        Fate(Verdict.ACCEPTED, None, _reports("delivered", "bounce 5.1.1")),
        Fate(Verdict.ACCEPTED, None, _reports("bounce 4.4.1", "delivered")),
        Fate(Verdict.ACCEPTED, None, _reports("delivered", "spamreport")),
        Fate(Verdict.REFUSED, "invalid"),
        Fate(Verdict.UNKNOWN, "timeout"),
        Fate(Verdict.UNKNOWN, "timeout", _reports("processed", "delivered")),
        Fate(None, None, _reports("dropped unsubscribed")),
        Fate(None),
    ],
}


def fates_of(channel: Channel) -> st.SearchStrategy[list[dict[Medium, Fate]]]:
    alone = _CONTRADICTED if channel in {Channel.SMS, Channel.WHATSAPP} else []
    media = {medium: st.sampled_from([*_FATES[medium], *alone]) for medium in media_of(channel)}
    return st.lists(st.fixed_dictionaries(media), min_size=_PEOPLE, max_size=_PEOPLE)


class _Crash(Exception):  # noqa: N818 - nobody may mistake it for an error of the product
    """The process died just before or just after a commit."""


@contextlib.contextmanager
def crashing(moment: str) -> Iterator[None]:
    """The next commit does not return: `before_commit` nothing of it is kept, `after_commit` all of it is."""

    def crash(_session: Session) -> None:
        raise _Crash

    event.listen(Session, moment, crash, once=True)
    try:
        yield
    except _Crash:
        return
    finally:
        if event.contains(Session, moment, crash):
            event.remove(Session, moment, crash)


Step = Callable[[], object]


@dataclass(frozen=True)
class Message:
    """One message in the provider's hands, and what will become known about it."""

    claim: Claim
    sender: HeldSender
    fate: Fate

    @property
    def message_id(self) -> str:
        return f"SM{self.claim.attempt_id:032d}"

    def result(self) -> SendResult:
        assert self.fate.verdict is not None
        taken = self.fate.verdict is Verdict.ACCEPTED
        return SendResult(
            str(self.claim.attempt_id), self.fate.verdict, self.message_id if taken else None, self.fate.code
        )

    def events(self) -> list[ProviderEvent]:
        return [
            ProviderEvent(
                provider=self.sender.provider,
                event_key=f"{self.message_id}-{word}",
                word=word,
                medium=self.sender.medium,
                reference=sign_reference(self.claim.attempt_id, get_settings().signing_key),
                provider_message_id=self.message_id,
                vendor_code=code,
                occurred_at_s=_START_S + second,
                payload="{}",
            )
            for second, (word, code) in enumerate(self.fate.reports)
        ]


class Play:
    """One small campaign through all its media."""

    def __init__(self, channel: Channel, fates: Sequence[dict[Medium, Fate]]) -> None:
        first = next(_NUMBERS)
        self._media, self._fates = media_of(channel), fates
        category_id = make_category(f"Play {first}")
        self._contact_ids = make_contacts(len(fates), first=first, category_id=category_id)
        buy_credits(_PEOPLE * 3)
        before = self._spent()
        self.campaign_id = make_draft(channel, everyone=False, category_ids=(category_id,))
        validation.validate_campaign(OPERATOR, self.campaign_id)
        self._before = before

    def in_order(self) -> dict[str, Any]:
        """As it would go on a calm day; gives the final state."""
        return self._through(lambda required, _past: required, after_each=lambda: None)

    def shuffled(self, data: st.DataObject) -> dict[str, Any]:
        """The same facts in an order, with repetitions and crashes, that hypothesis chooses."""

        def order(required: list[Step], past: list[Step]) -> list[Step]:
            extras = data.draw(st.lists(st.sampled_from([*required, *past, *self._strange()]), max_size=12))
            steps = data.draw(st.permutations([*required, *extras]))
            fates = st.sampled_from(["", "", "", "before_commit", "after_commit"])
            crashes = data.draw(st.lists(fates, min_size=len(steps), max_size=len(steps)))
            return [
                self._crashed(step, moment) if moment else step for step, moment in zip(steps, crashes, strict=True)
            ]

        return self._through(order, after_each=self._assert_own_true)

    def _through(
        self, order: Callable[[list[Step], list[Step]], list[Step]], after_each: Callable[[], None]
    ) -> dict[str, Any]:
        past: list[Step] = []
        for medium in self._media:
            messages = self._claim(medium)
            if not messages:
                continue
            required = [*self._steps(messages), self._expire]
            for step in order(required, past):
                step()
                after_each()
            _apply_all()
            self._expire()
            self._assert_true()
            past += required
        return self._state()

    def _claim(self, medium: Medium) -> list[Message]:
        with reading() as session:
            if medium not in claims.count_pending(session, self.campaign_id, 1):
                return []
        sender = HeldSender(medium)
        run = sending._begin(self.campaign_id, lambda: False, 10)
        assert run is not None, "a run with people to send to goes on"
        claimed = sending._claim(run, sender, 1_000).claims
        people = {row.id: self._contact_ids.index(row.contact_id) for row in self._rows()}
        return [Message(claim, sender, self._fates[people[claim.recipient_id]][medium]) for claim in claimed]

    def _steps(self, messages: Sequence[Message]) -> list[Step]:
        answered = [message for message in messages if message.fate.verdict]
        groups = [group for group in (answered[::2], answered[1::2]) if group]
        reports = [one for message in messages for one in message.events()]
        return [
            *(lambda group=group: self._record(group) for group in groups),
            *(lambda one=one: delivery.store_events([one]) for one in reports),
            *[delivery.apply_events] * 2,
        ]

    def _record(self, group: Sequence[Message]) -> None:
        claims = [message.claim for message in group]
        recording.record_results(self.campaign_id, group[0].sender, claims, [message.result() for message in group])

    def _expire(self) -> None:
        with unit_of_work() as session:
            leased = (_recipient.c.campaign_id == self.campaign_id) & _recipient.c.lease_until.is_not(None)
            session.execute(update(_recipient).where(leased).values(lease_until=clock.now() - timedelta(seconds=1)))
        upkeep.expire_stale_claims()

    def _strange(self) -> list[Step]:
        nobody = ProviderEvent(
            "twilio", "x-delivered", "delivered", Medium.SMS, None, "SM-of-somebody", None, _START_S, "{}"
        )
        erased = sign_reference(999_999_999, get_settings().signing_key)
        gone = nobody._replace(event_key="y-delivered", reference=erased, provider_message_id="SM-erased")
        return [lambda: delivery.store_events([nobody, gone]), delivery.apply_events]

    @staticmethod
    def _crashed(step: Step, moment: str) -> Step:
        def twice() -> None:
            with crashing(moment):
                step()
            step()

        return twice

    def _assert_true(self) -> None:
        self._assert_own_true()
        assert proofs.audit_credits() == []

    def _assert_own_true(self) -> None:
        """What a step may have changed: one that goes wrong is named by it. The others' books are old plays'."""
        assert proofs.recount(self.campaign_id, repair=False) == []
        assert proofs._audit_charges(self.campaign_id) == []
        with reading() as session:
            balance = credits.get_balance(session)
            assert balance == credits.balance_of_ledger(session)
            assert min(balance) >= 0

    def _rows(self) -> list[Recipient]:
        with reading() as session:
            query = select(Recipient).where(_recipient.c.campaign_id == self.campaign_id).order_by(_recipient.c.id)
            return list(session.execute(query).scalars())

    @staticmethod
    def _spent() -> tuple[int, int]:
        with reading() as session:
            balance = credits.get_balance(session)
            return balance.charged, balance.reserved

    def _state(self) -> dict[str, Any]:
        rows = self._rows()
        attempts = select(
            _attempt.c.recipient_id, _attempt.c.number, _attempt.c.medium, _attempt.c.status, _attempt.c.vendor_code
        )
        with reading() as session:
            campaign = campaigns.get(session, self.campaign_id)
            query = attempts.where(_attempt.c.campaign_id == self.campaign_id).order_by(_attempt.c.id)
            tried = [(row[0] - (rows[0].id or 0), *row[1:]) for row in session.execute(query)]
            counts = campaigns.stored_counts(session, self.campaign_id)
        return {
            "recipients": [(r.status, r.reason, r.medium, r.vendor_code, r.credit_state) for r in rows],
            "attempts": sorted(tried),
            "counts": counts,
            "run_state": campaign.run_state,
            "spent": [now - then for now, then in zip(self._spent(), self._before, strict=True)],
        }


def _apply_all() -> None:
    while delivery.apply_events():
        pass


@pytest.mark.parametrize("channel", list(Channel))
@bounded
@given(data=st.data())
def test_the_final_state_depends_on_the_facts_and_not_on_their_order(channel: Channel, data: st.DataObject) -> None:
    connect_whatsapp()
    fates = data.draw(fates_of(channel))
    expected = Play(channel, fates).in_order()
    assert expected["run_state"] is RunState.DONE
    assert expected["counts"][Status.PENDING] == expected["counts"][Status.CLAIMED] == 0
    assert Play(channel, fates).shuffled(data) == expected


@bounded
@given(data=st.data())
def test_reports_of_a_campaign_that_was_erased_disturb_no_other(data: st.DataObject) -> None:
    fates = [{Medium.SMS: Fate(Verdict.ACCEPTED, None, _ARRIVED)}] * 2
    erased, kept = Play(Channel.SMS, fates), Play(Channel.SMS, fates)
    gone, theirs = erased._claim(Medium.SMS), kept._claim(Medium.SMS)
    for play, messages in ((erased, gone), (kept, theirs)):
        play._record(messages)
    reports = [one for message in (*gone, *theirs) for one in message.events()]

    def erase() -> None:
        with unit_of_work() as session:
            session.execute(delete(_attempt).where(_attempt.c.campaign_id == erased.campaign_id))

    stored = [lambda one=one: delivery.store_events([one]) for one in reports]
    for step in data.draw(st.permutations([erase, delivery.apply_events, *stored])):
        step()
    _apply_all()
    assert {row.status for row in kept._rows()} == {Status.DELIVERED}
    kept._assert_own_true()
    assert proofs.recount(erased.campaign_id, repair=False) == []


def test_answers_that_are_recorded_twice_are_counted_once() -> None:
    fates = [{Medium.SMS: Fate(Verdict.REFUSED, "21211")}] * 3
    play = Play(Channel.SMS, fates)
    messages = play._claim(Medium.SMS)
    play._record(messages)
    play._record(messages)
    with reading() as session:
        found = session.get(Campaign, play.campaign_id)
        assert found is not None
        assert (found.refused_count, found.handed_over_count) == (3, 3)
