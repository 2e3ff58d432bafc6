"""When a lane rests after a window, and until when a window may be sent."""

from __future__ import annotations

import asyncio
import math
import time

import pytest

from backend.domain.channels import Medium
from backend.providers.base import Batch, SendResult, Verdict
from backend.rate_limits import Departure
from backend.services import sending
from backend.settings import get_settings
from tests.integration.test_delivery import Handed, HeldSender
from tests.makers import make_contacts, make_run

pytestmark = pytest.mark.usefixtures("database")

_ACCEPTED, _REFUSED, _DEFERRED = Verdict.ACCEPTED, Verdict.REFUSED, Verdict.DEFERRED
_UNKNOWN, _OURS = Verdict.UNKNOWN, Verdict.MISCONFIGURED
_ON_TIME = Departure(2, 0, math.inf)


class DecidedSender(HeldSender):
    """A provider whose verdicts the test decides."""

    def __init__(self, handed: Handed, verdicts: list[Verdict]) -> None:
        super().__init__(handed.sender.medium)
        self.verdicts = verdicts

    async def send(self, batch: Batch) -> list[SendResult]:
        return [
            SendResult(message.reference, verdict, f"SM{number}" if verdict is _ACCEPTED else None)
            for number, (message, verdict) in enumerate(zip(batch.messages, self.verdicts, strict=True))
        ]


class NotedLimit:
    """A shared rate that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    async def pause(self, seconds: float | None) -> float:
        self.told.append("pause")
        return seconds or 0.0

    async def recover(self) -> None:
        self.told.append("recover")

    async def give_back(self, number: int) -> None:
        """Nothing is counted."""


@pytest.mark.parametrize(
    ("verdicts", "rests", "told"),
    [
        ([_UNKNOWN, _UNKNOWN], True, "pause"),
        ([_UNKNOWN, _ACCEPTED], False, "recover"),
        ([_UNKNOWN, _REFUSED], False, "recover"),
        ([_DEFERRED, _ACCEPTED], True, "pause"),
        ([_OURS, _OURS], True, "recover"),
        ([_ACCEPTED, _ACCEPTED], False, "recover"),
    ],
)
def test_a_lane_rests_after_a_window_of_which_nothing_is_clear(verdicts: list[Verdict], rests: bool, told: str) -> None:
    handed, limit = Handed(contacts=len(verdicts)), NotedLimit()
    run = sending._begin(handed.campaign_id, lambda: False, 60)
    assert run is not None
    window = sending._Window(handed.claims, time.monotonic() + 60)
    sender = DecidedSender(handed, verdicts)
    rested = asyncio.run(sending._send_window(run, sender, limit, window, _ON_TIME))  # pyright: ignore[reportArgumentType]
    assert (rested, limit.told) == (rests, [told])


def test_a_window_may_not_be_sent_whose_answer_could_come_after_its_lease() -> None:
    make_contacts(1)
    run = sending._begin(make_run(), lambda: False, 60)
    assert run is not None
    window = sending._claim(run, HeldSender(Medium.SMS), 1)
    assert len(window.claims) == 1
    settings = get_settings()
    assert window.send_before <= time.monotonic() + settings.claim_lease_s - settings.provider_timeout_s
