"""Which line of history this database belongs to, and how far it got."""

from __future__ import annotations

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from backend.models.base import Table


class Installation(Table, table=True):
    """One row. `lineage` is random, and new when an operator accepts an older copy; `epoch` only grows.

    At epoch 0 nothing outside the database has been told of it yet.
    """

    __tablename__ = "installation"
    __table_args__ = (
        CheckConstraint("id = 1", name="single_row"),
        CheckConstraint("epoch >= 0", name="epoch"),
    )

    id: int = Field(default=1, primary_key=True)
    lineage: str = Field(max_length=32)
    epoch: int = 0
