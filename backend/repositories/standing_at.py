"""Conditions on the status of recipients that each database has an index for.

PostgreSQL's have `status_group` instead of the status: the same for everyone whose message was sent. A report that only
tells how far it got since changes no index then, and none is written anew. The column is made by migrations, and is on
PostgreSQL alone: SQLite writes what a statement names, whether it changes or not.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, String, literal_column

from backend.domain.statuses import RecipientStatus, group_of
from backend.models import Recipient, table_of

_status = table_of(Recipient).c.status
_group = literal_column("recipient.status_group", String)


def is_pending(dialect: str) -> ColumnElement[bool]:
    """Whether a recipient is pending. By a literal, so that the database can use its partial index on these rows."""
    return (_group if dialect == "postgresql" else _status) == literal_column("'pending'")


def stands_at(dialect: str, *statuses: RecipientStatus) -> ColumnElement[bool]:
    """Whether a recipient has one of these statuses; to be used with its campaign."""
    has_status = _status.in_(statuses)
    return _group.in_(_groups_of(statuses)) & has_status if dialect == "postgresql" else has_status


def parts_of(dialect: str, statuses: Collection[RecipientStatus]) -> list[ColumnElement[bool]]:
    """Conditions of which everyone with one of these statuses meets one, each for one part of an index.

    The statuses have all of a group, or none.
    """
    if dialect == "postgresql":
        return [_group == group for group in _groups_of(statuses)]
    return [_status == status for status in statuses]


def _groups_of(statuses: Collection[RecipientStatus]) -> list[str]:
    return sorted({group_of(status).value for status in statuses})
