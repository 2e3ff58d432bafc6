"""Tell administrators that few SMS credits are left: once, each time the credit falls below the threshold."""

from __future__ import annotations

from sqlmodel import Session

from backend import realtime
from backend.database import after_commit, unit_of_work
from backend.domain.rights import Role
from backend.errors import ForbiddenError
from backend.repositories import ledger, users
from backend.services.acting import ActingUser
from backend.settings import get_settings


def low_credit_limit(available: int | None) -> int:
    """`LOW_CREDIT_THRESHOLD` when less than that is available; otherwise, and for who may not see the credit, 0."""
    limit = get_settings().low_credit_threshold
    return limit if available is not None and available < limit else 0


def has_notice(session: Session, actor: ActingUser, limit: int) -> bool:
    """Whether an administrator has not put the notice aside since the credit fell below `limit`.

    Never for credit that was not above it before.
    """
    if not limit or actor.role is not Role.ADMINISTRATOR or actor.id is None:
        return False
    last_enough = ledger.newest_id_above(session, limit)
    user = users.find(session, actor.id)
    return last_enough > 0 and user is not None and user.low_credit_seen_id <= last_enough


def put_notice_aside(actor: ActingUser) -> None:
    """Show this administrator no notice until the credit falls below the threshold again. Safe to repeat.

    Raises:
        ForbiddenError: for anybody else.
    """
    if actor.role is not Role.ADMINISTRATOR or actor.id is None:
        raise ForbiddenError(right=Role.ADMINISTRATOR.value)
    with unit_of_work() as session:
        users.note_low_credit_seen(session, actor.id, ledger.newest_id(session))
        after_commit(session, realtime.signal_credit)
