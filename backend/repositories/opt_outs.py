"""Opt-outs, by address and medium."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from backend import clock
from backend.database import is_postgresql
from backend.domain.channels import Medium
from backend.models import OptOut, table_of

_opt_out = table_of(OptOut)


def add(session: Session, medium: Medium, addresses: Collection[str], source: str) -> None:
    """Record opt-outs; one that is already there stays as it was."""
    if not addresses:
        return
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    rows = [{"medium": medium, "address": a, "source": source, "created_at": clock.now()} for a in sorted(addresses)]
    session.execute(insert(_opt_out).on_conflict_do_nothing(), rows)


def remove(session: Session, medium: Medium, address: str) -> None:
    """Take an opt-out back."""
    session.execute(delete(_opt_out).where(_opt_out.c.medium == medium, _opt_out.c.address == address))


def is_out(session: Session, medium: Medium, address: str) -> bool:
    """Whether this address wants no messages on that medium."""
    query = select(_opt_out.c.address).where(_opt_out.c.medium == medium, _opt_out.c.address == address)
    return session.execute(query).first() is not None
