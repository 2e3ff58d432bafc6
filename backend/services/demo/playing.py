"""Play a campaign's run: what providers said of each hand-over. The rules of the product decide what follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from backend.domain.cascade import AttemptOutcome, credit_after, decide
from backend.domain.channels import Addresses, Channel, Medium
from backend.domain.refusals import Meaning, meaning
from backend.domain.statuses import HANDED_OVER, CreditState, Reason
from backend.domain.statuses import RecipientStatus as Status
from backend.services.demo.scenarios import Luck

_PROVIDERS = {Medium.EMAIL: "sendgrid", Medium.SMS: "twilio", Medium.WHATSAPP: "twilio"}
_PER_SECOND = {Medium.EMAIL: 500, Medium.SMS: 60, Medium.WHATSAPP: 40}
_CARRIER_CODES = ("30003", "30003", "30005", "30008", "30007")
_BOUNCE_CODES = ("5.1.1", "5.1.1", "5.2.2", "5.7.1")


@dataclass(slots=True)
class Played:
    """A run: the attempts of its recipients by contact, when the last answer came, and the addresses in it."""

    ended_at: datetime
    held: set[str]
    attempts: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    refused: int = 0

    @property
    def handed_over(self) -> int:
        return sum(map(len, self.attempts.values()))


def play(
    rng: Random, channel: Channel, luck: Luck, rows: Sequence[dict[str, Any]], handled: float, started_at: datetime
) -> Played:
    """Hand the first share of the pending `rows` over, in place; the others stay as they are."""
    pending = [row for row in rows if row["status"] is Status.PENDING]
    run = Played(started_at, {row["address"] for row in rows if row["address"]})
    for index, row in enumerate(pending[: round(len(pending) * handled)]):
        left_at = started_at + timedelta(seconds=1 + index / _PER_SECOND[row["medium"]])
        _play_one(rng, channel, luck, row, left_at, run)
    return run


def _play_one(rng: Random, channel: Channel, luck: Luck, row: dict[str, Any], left_at: datetime, run: Played) -> None:
    addresses = Addresses(row["email"], row["mobile_e164"], None)
    outcomes: list[AttemptOutcome] = []
    attempts = run.attempts.setdefault(row["contact_id"], [])
    while row["status"] is Status.PENDING:
        medium = row["medium"]
        outcome = _outcome(rng, medium, luck)
        outcomes.append(outcome)
        attempts.append(_attempt(rng, outcome, len(outcomes), left_at))
        run.refused += meaning(_PROVIDERS[medium], outcome.vendor_code) is Meaning.BAD_ADDRESS and not outcome.taken
        decision, address = decide(channel, addresses, outcomes, run_goes_on=True), row["address"]
        row |= {
            "status": decision.status,
            "medium": decision.medium,
            "vendor_code": decision.vendor_code,
            "reason": decision.reason,
            "address": decision.moved_to or row["address"],
            "credit_state": _a_day_later(credit_after(row["credit_state"], decision.status, outcomes), decision.status),
            "attempt_count": len(outcomes),
            "updated_at": left_at + timedelta(seconds=rng.uniform(1, 90)),
        }
        if decision.moved_to != address:
            _once_per_address(row, decision.moved_to, run.held)
        run.ended_at = max(run.ended_at, left_at + timedelta(seconds=1))
        left_at += timedelta(seconds=8)


def _a_day_later(credit_state: CreditState, status: Status) -> CreditState:
    """An ended run gives back after a day what no SMS needed: as if that day had passed for all of them."""
    return CreditState.RELEASED if credit_state is CreditState.RESERVED and status in HANDED_OVER else credit_state


def _once_per_address(row: dict[str, Any], moved_to: str | None, held: set[str]) -> None:
    """A recipient that moves to an address somebody in the campaign already holds is left out."""
    if moved_to in held:
        row |= {
            "status": Status.SKIPPED,
            "reason": Reason.DUPLICATE_ADDRESS,
            "credit_state": credit_after(row["credit_state"], Status.SKIPPED, []),
        }
    elif moved_to:
        held.add(moved_to)


def _outcome(rng: Random, medium: Medium, luck: Luck) -> AttemptOutcome:
    """Draw how one hand-over ends."""
    drawn = rng.random()
    for share, outcome in (
        (luck.refused if medium is Medium.SMS else 0, AttemptOutcome(medium, Status.FAILED, "21211", taken=False)),
        (
            luck.not_on_whatsapp if medium is Medium.WHATSAPP else 0,
            AttemptOutcome(medium, Status.FAILED, "63024", taken=True),
        ),
        (luck.failed, AttemptOutcome(medium, Status.FAILED, _failure(rng, medium), taken=True)),
        (luck.waiting, AttemptOutcome(medium, Status.ACCEPTED, None, taken=True)),
        (luck.lost, AttemptOutcome(medium, Status.UNKNOWN, None, taken=False)),
    ):
        if drawn < share:
            return outcome
        drawn -= share
    return AttemptOutcome(medium, _success(rng, medium, luck), None, taken=True)


def _failure(rng: Random, medium: Medium) -> str:
    return rng.choice(_BOUNCE_CODES if medium is Medium.EMAIL else _CARRIER_CODES)


def _success(rng: Random, medium: Medium, luck: Luck) -> Status:
    """An SMS is never read, as far as anybody knows; an email is never just sent."""
    if medium is not Medium.SMS and rng.random() < luck.read:
        return Status.READ
    return Status.SENT if medium is not Medium.EMAIL and rng.random() < 0.06 else Status.DELIVERED


def _attempt(rng: Random, outcome: AttemptOutcome, number: int, left_at: datetime) -> dict[str, Any]:
    message_id = (
        f"SM{rng.getrandbits(128):032x}" if outcome.medium is not Medium.EMAIL else f"{rng.getrandbits(128):032x}"
    )
    return {
        "number": number,
        "medium": outcome.medium,
        "provider": _PROVIDERS[outcome.medium],
        "status": outcome.status,
        "provider_message_id": message_id if outcome.taken else None,
        "vendor_code": outcome.vendor_code,
        "claimed_at": left_at,
        "answered_at": left_at + timedelta(seconds=rng.uniform(0.1, 0.6)),
    }
