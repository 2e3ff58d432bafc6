"""Statuses of campaigns, runs, recipients and attempts, and the moves each allows."""

from __future__ import annotations

from enum import StrEnum


class CampaignStatus(StrEnum):
    """The two published codes. A campaign stays Validated for ever."""

    INIT = "INIT"
    VALIDATE = "VALIDATE"


class RunState(StrEnum):
    """How far a campaign got."""

    IDLE = "idle"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    DONE = "done"
    PAUSED = "paused"
    WAITING_CONNECTION = "waiting_connection"
    MISSED = "missed"
    HALTED = "halted"
    HELD = "held"
    CANCELLED = "cancelled"


RUN_MOVES: dict[RunState, frozenset[RunState]] = {
    RunState.IDLE: frozenset({RunState.SCHEDULED, RunState.SENDING}),
    RunState.SCHEDULED: frozenset(
        {
            RunState.IDLE,
            RunState.SENDING,
            RunState.PAUSED,
            RunState.MISSED,
            RunState.HELD,
            RunState.CANCELLED,
        }
    ),
    RunState.SENDING: frozenset(
        {
            RunState.DONE,
            RunState.PAUSED,
            RunState.WAITING_CONNECTION,
            RunState.MISSED,
            RunState.HALTED,
            RunState.HELD,
            RunState.CANCELLED,
        }
    ),
    RunState.PAUSED: frozenset({RunState.SCHEDULED, RunState.SENDING, RunState.CANCELLED}),
    RunState.WAITING_CONNECTION: frozenset({RunState.SENDING, RunState.PAUSED, RunState.HELD, RunState.CANCELLED}),
    RunState.HALTED: frozenset({RunState.SENDING, RunState.CANCELLED}),
    RunState.HELD: frozenset({RunState.SENDING, RunState.PAUSED, RunState.CANCELLED}),
    RunState.MISSED: frozenset({RunState.SENDING, RunState.SCHEDULED, RunState.CANCELLED}),
    # A refusal reported after the end moves a recipient to its next medium: the run goes on.
    RunState.DONE: frozenset({RunState.SENDING}),
    RunState.CANCELLED: frozenset(),
}


def states_that_may_become(target: RunState) -> frozenset[RunState]:
    """Every run state with a move to `target`: the condition of a compare-and-set."""
    return frozenset(state for state, targets in RUN_MOVES.items() if target in targets)


class RecipientStatus(StrEnum):
    """The outcome of one contact in one campaign."""

    PENDING = "pending"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a recipient was skipped, or failed without a vendor's code."""

    OPTED_OUT = "opted_out"
    DUPLICATE_ADDRESS = "duplicate_address"
    SAME_HOUSEHOLD = "same_household"
    DECEASED = "deceased"
    DELETED = "deleted"
    NO_ADDRESS = "no_address"
    NO_CREDIT = "no_credit"
    CANNOT_RENDER = "cannot_render"


HANDED_OVER = frozenset(
    {
        RecipientStatus.ACCEPTED,
        RecipientStatus.SENT,
        RecipientStatus.DELIVERED,
        RecipientStatus.READ,
    }
)
UNANSWERED = frozenset({RecipientStatus.CLAIMED, RecipientStatus.UNKNOWN})
_LISTED_AS_SENT = frozenset({RecipientStatus.SENT, RecipientStatus.DELIVERED, RecipientStatus.READ})


def group_of(status: RecipientStatus) -> RecipientStatus:
    """The status that recipients are found by: one for all whose message was sent, whatever was heard of it since."""
    return RecipientStatus.SENT if status in _LISTED_AS_SENT else status


class SampleStatus(StrEnum):
    """What became of a test message. `unknown`: its answer was lost, it may have arrived."""

    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class CreditState(StrEnum):
    """What happened to the credits of one recipient."""

    NONE = "none"
    RESERVED = "reserved"
    CHARGED = "charged"
    RELEASED = "released"
    REFUNDED = "refunded"


class LedgerKind(StrEnum):
    """Kinds of ledger entry. Amounts are segments; only `adjust` may be negative."""

    PURCHASE = "purchase"
    RESERVE = "reserve"
    CHARGE = "charge"
    RELEASE = "release"
    REFUND = "refund"
    ADJUST = "adjust"
