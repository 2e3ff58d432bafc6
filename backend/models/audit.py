"""Who did what, when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from backend.models.base import Table, created_field


class AuditEntry(Table, table=True):
    """One act worth accounting for. `actor` is the user's email or the name of a process."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject", "subject_id"),)

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = created_field()
    user_id: int | None = Field(default=None, foreign_key="user_account.id")
    actor: str = Field(max_length=254)
    action: str = Field(max_length=64)
    subject: str = Field(max_length=32)
    subject_id: int | None = None
    details: str = "{}"
