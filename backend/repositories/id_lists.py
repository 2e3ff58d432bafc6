"""A list of ids as one parameter: a statement for a thousand rows is built and bound like one for a single row."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Select, String, bindparam, func, select
from sqlmodel import Session

DIALECTS = ("sqlite", "postgresql")


def among(column: ColumnElement[Any], dialect: str, name: str = "ids") -> ColumnElement[bool]:
    """The column is one of a parameter with that name; for statements that are built once for each dialect."""
    if dialect == "postgresql":
        return column == func.any(bindparam(name, type_=ARRAY(BigInteger)))
    return column.in_(select(func.json_each(bindparam(name, type_=String)).table_valued("value").c.value))


def among_locked(column: ColumnElement[Any], rows: Select[tuple[int]], dialect: str) -> ColumnElement[bool]:
    """The column is one of the ids of a sub-query; rows that somebody else holds are passed over.

    As an array, which is made once and first: as a plain sub-query the planner may run it again, which takes more rows
    than its limit, and as a table it may be looked through for every row there is.
    """
    if dialect == "postgresql":
        return column == func.any(func.array(rows.with_for_update(skip_locked=True).scalar_subquery()))
    return column.in_(rows)


def ids_for(session: Session, ids: Collection[int], name: str = "ids") -> dict[str, Any]:
    """The parameter of `among`."""
    listed = list(ids)
    return {name: listed if dialect_of(session) == "postgresql" else json.dumps(listed)}


def dialect_of(session: Session) -> str:
    """Which of `DIALECTS` the session speaks."""
    return session.get_bind().dialect.name
