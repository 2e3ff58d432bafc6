"""Files that no campaign holds yet, and content that none may hold any more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from backend import clock
from backend.domain.file_types import FileKind
from backend.models.base import Table, enum_field


class Upload(Table, table=True):
    """A file that a user uploaded and that no saved campaign holds yet. It is kept for a day."""

    __tablename__ = "upload"
    __table_args__ = (
        CheckConstraint("size_bytes >= 0", name="size"),
        {"sqlite_autoincrement": True},  # a form may still hold the id of one that is gone: nobody gets it again
    )

    id: int | None = Field(default=None, primary_key=True)
    sha256: str = Field(max_length=64, index=True)
    size_bytes: int
    kind: FileKind = enum_field(FileKind)
    name: str = Field(max_length=255)
    content_type: str = Field(max_length=127)
    created_by_id: int = Field(foreign_key="user_account.id", index=True, ondelete="CASCADE")
    created_at: datetime = Field(default_factory=clock.now, index=True)


class DiscardedContent(Table, table=True):
    """Content that lost a reference. Written in the transaction that took it away, so that no crash forgets it.

    It is still in the store; whoever looks into it next removes it, unless something refers to it again.
    """

    __tablename__ = "discarded_content"

    sha256: str = Field(max_length=64, primary_key=True)
