"""Locks by number, for what is no row yet, or in several tables."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ARRAY, BigInteger, func, literal, select
from sqlmodel import Session

from backend.database import is_postgresql


def hold(session: Session, numbers: Collection[int]) -> None:
    """Until the end of the transaction nobody else holds any of these numbers of 64 bits, with a sign.

    Two things that share one by chance only wait for each other. On SQLite the transaction itself is that lock: it has
    one writer.
    """
    if is_postgresql(session):
        # In one order for everybody.
        number = func.unnest(literal(sorted(numbers), ARRAY(BigInteger))).column_valued("number")
        session.execute(select(func.pg_advisory_xact_lock(number)))
