"""An administrator sets the credits right by hand, with a reason: bought elsewhere, given, or taken back."""

from __future__ import annotations

from backend import realtime
from backend.database import after_commit, unit_of_work
from backend.domain.rights import Role
from backend.domain.statuses import LedgerKind
from backend.errors import ForbiddenError, InsufficientCreditError, InvalidInputError
from backend.repositories import audit, credit_orders, credits
from backend.services import payments
from backend.services.acting import ActingUser

_MOST = 1_000_000
_SHORTEST, _LONGEST = 3, 180


def adjust_credits(actor: ActingUser, amount: int, reason: str, key: str) -> bool:
    """Add credits, or take them away with an amount below 0. `key`: the form it comes from; once each: False after.
    What orders owe is taken from what is added.

    Raises:
        ForbiddenError: not an administrator; no right that can be ticked is enough.
        InvalidInputError: `details["field"]` is amount or reason.
        InsufficientCreditError: more would be taken than is available.
    """
    if actor.role is not Role.ADMINISTRATOR:
        raise ForbiddenError(right="administrator")
    if isinstance(amount, bool) or amount == 0 or abs(amount) > _MOST:
        raise InvalidInputError(code="wrong_adjustment", field="amount", most=_MOST)
    note = " ".join(reason.split())
    if not _SHORTEST <= len(note) <= _LONGEST:
        raise InvalidInputError(code="reason_needed", field="reason")
    with unit_of_work() as session:
        owed = credit_orders.lock_owed(session) if amount > 0 else ()
        available = credits.lock(session).available
        if available + amount < 0:
            raise InsufficientCreditError(needed=-amount, available=available, missing=-amount - available)
        done = credits.move_once(session, f"adjust:{key[:80]}", LedgerKind.ADJUST, amount, user_id=actor.id, note=note)
        if done:
            audit.record(
                session, "adjust", "credits", None, user_id=actor.id, actor=actor.email, credits=amount, reason=note
            )
            payments.take_owed(session, owed)
            after_commit(session, realtime.signal_credit)
        return done
