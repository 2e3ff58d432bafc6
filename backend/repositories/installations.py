"""The installation row, and the runs that an older copy of the database could send again."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, or_, select, update
from sqlmodel import Session

from backend.domain.statuses import RunState, states_that_may_become
from backend.errors import ConfigurationError
from backend.models import Campaign, Installation, table_of

RESTORED_COPY = "restored_copy"
_installation = table_of(Installation)
_campaign = table_of(Campaign)


class Mark(NamedTuple):
    """How far one line of history got."""

    lineage: str
    epoch: int


class HeldRun(NamedTuple):
    """A run that waits for the operator's word."""

    id: int
    title: str
    pending: int


def get(session: Session) -> Mark:
    """The mark in the database."""
    row = session.execute(select(_installation.c.lineage, _installation.c.epoch)).one_or_none()
    if row is None:
        msg = "The database has no installation yet: run `unisoft migrate` first"
        raise ConfigurationError(msg)
    return Mark(*row)


def advance(session: Session) -> Mark:
    """Let the epoch grow by one."""
    session.execute(update(_installation).values(epoch=_installation.c.epoch + 1))
    return get(session)


def begin_lineage(session: Session, lineage: str) -> Mark:
    """Begin a new line of history."""
    session.execute(update(_installation).values(lineage=lineage, epoch=1))
    return Mark(lineage, 1)


def list_runs_to_hold(session: Session) -> list[int]:
    """Campaigns that would send by themselves, now or at their date."""
    states = states_that_may_become(RunState.HELD)
    return list(session.execute(_ids().where(_campaign.c.run_state.in_(states))).scalars())


def has_active_runs(session: Session, moment: datetime) -> bool:
    """Whether a campaign sends, or should have begun."""
    scheduled = _campaign.c.run_state == RunState.SCHEDULED
    active = _campaign.c.run_state.in_(states_that_may_become(RunState.HELD) - {RunState.SCHEDULED})
    query = _ids().where(or_(active, scheduled & (_campaign.c.scheduled_at <= moment)))
    return session.execute(query.limit(1)).first() is not None


def list_held(session: Session) -> list[HeldRun]:
    """Runs that are held because the database is an older copy."""
    rows = session.execute(
        select(_campaign.c.id, _campaign.c.title, _campaign.c.pending_count)
        .where(_campaign.c.run_state == RunState.HELD, _campaign.c.halt_code == RESTORED_COPY)
        .where(_campaign.c.deleted_at.is_(None))
        .order_by(_campaign.c.id)
    )
    return [HeldRun(*row) for row in rows]


def _ids() -> Select[tuple[int]]:
    return select(_campaign.c.id).where(_campaign.c.deleted_at.is_(None)).order_by(_campaign.c.id)
