"""What becomes of a recipient when its attempts are known.

Everything is decided from the attempts as a whole, never from one event, so the answer does not
depend on the order in which answers and reports arrived.

A recipient that is retried is tried anew: its attempts fall into tries, each one pass over the cascade
(docs/decisions/0007). The current try decides, unless an attempt of any try reached the person.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from backend.domain.channels import Addresses, Channel, Medium, next_medium
from backend.domain.deliverability import is_success, rank
from backend.domain.statuses import HANDED_OVER, UNANSWERED, CreditState, Reason, RecipientStatus

_REFUSED = RecipientStatus.FAILED
_NEEDS_NO_SMS = {
    RecipientStatus.DELIVERED,
    RecipientStatus.READ,
    RecipientStatus.FAILED,
    RecipientStatus.SKIPPED,
    RecipientStatus.CANCELLED,
}


class AttemptOutcome(NamedTuple):
    """An attempt as it stands. `taken`: the provider took the message, so an SMS is billed.

    `is_current`: of the try under way, and not of one that was given up for it.
    """

    medium: Medium
    status: RecipientStatus
    vendor_code: str | None
    taken: bool
    is_current: bool = True


class Decision(NamedTuple):
    """The new standing of a recipient; `address` is set when it moves on to another medium."""

    status: RecipientStatus
    medium: Medium | None
    vendor_code: str | None
    reason: Reason | None
    moved_to: str | None


def decide(
    channel: Channel,
    addresses: Addresses,
    attempts: Sequence[AttemptOutcome],
    *,
    run_goes_on: bool,
) -> Decision:
    """The recipient's outcome: the best success, else the next medium, else the last attempt's outcome.

    `attempts` are oldest first and not empty; only a success counts of those that are not of the current try, unless
    they are all there is. `run_goes_on` is False once a run is cancelled: a refusal then ends the cascade.
    """
    reached = [attempt for attempt in attempts if is_success(attempt.medium, attempt.status)]
    if reached:
        best = max(reached, key=lambda attempt: rank(attempt.status))
        return Decision(best.status, best.medium, best.vendor_code, None, None)
    last = attempts[-1]  # of the current try, if it has any: attempts are in the order of their tries
    if last.status is _REFUSED and run_goes_on:
        following = next_medium(channel, last.medium, addresses)
        if following:
            return Decision(RecipientStatus.PENDING, following, last.vendor_code, None, getattr(addresses, following))
    reason = Reason.OPTED_OUT if last.status is RecipientStatus.SKIPPED else None
    return Decision(last.status, last.medium, last.vendor_code, reason, None)


def is_waiting_for_its_try(status: RecipientStatus, attempts: Sequence[AttemptOutcome]) -> bool:
    """Whether what is known of earlier tries leaves a recipient as it is: its current try has made no attempt.

    Only a success ends that try before it began. Once one did, the earlier tries decide again, whatever they become.
    """
    if any(attempt.is_current or is_success(attempt.medium, attempt.status) for attempt in attempts):
        return False
    return status not in HANDED_OVER


def credit_after(
    before: CreditState,
    status: RecipientStatus,
    attempts: Sequence[AttemptOutcome],
    reached_by: Medium | None = None,
) -> CreditState:
    """Where the credits go that are reserved for a recipient's current try.

    Charged once a provider took an SMS of it; released when the end is reached without one; held
    (reserved) while an answer is unknown or another medium is still under way. A WhatsApp message
    that was only sent may still come back undelivered, so it holds its SMS until it arrives.
    `reached_by`: the medium of `status`, which may be that of an earlier try.
    """
    if before is not CreditState.RESERVED:
        return before
    by_sms = [attempt for attempt in attempts if attempt.is_current and attempt.medium is Medium.SMS]
    if any(attempt.taken for attempt in by_sms):
        return CreditState.CHARGED
    if any(attempt.status in UNANSWERED for attempt in by_sms):
        return CreditState.RESERVED
    if status is RecipientStatus.SENT and reached_by is Medium.SMS:  # by the SMS of an earlier try
        return CreditState.RELEASED
    by_email = any(attempt.is_current and attempt.medium is Medium.EMAIL for attempt in attempts)
    return CreditState.RELEASED if by_email or status in _NEEDS_NO_SMS else CreditState.RESERVED


def was_taken(status: RecipientStatus, provider_message_id: str | None) -> bool:
    """Whether the provider took the message: it said so, or it reported about it later."""
    return status in HANDED_OVER or provider_message_id is not None
