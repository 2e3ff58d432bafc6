"""Who signs in, what each may do, and the sessions they hold."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from backend.domain.rights import Right, Role
from backend.models.base import Table, created_field, enum_field


class User(Table, table=True):
    """A person who signs in. `email` is stored in lower case; `password_hash` is argon2id.

    `low_credit_seen_id`: the newest movement of credits when this user put the notice of low credit aside.
    """

    __tablename__ = "user_account"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)

    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(max_length=254, unique=True)
    first_name: str = Field(default="", max_length=80)
    last_name: str = Field(default="", max_length=80)
    password_hash: str = Field(max_length=255)
    role: Role = enum_field(Role, Role.SECONDARY)
    is_active: bool = True
    language: str = Field(default="en", max_length=8)
    created_at: datetime = created_field()
    password_changed_at: datetime = created_field()
    low_credit_seen_id: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})


class UserRight(Table, table=True):
    """One ticked right of a secondary user."""

    __tablename__ = "user_right"

    user_id: int = Field(foreign_key="user_account.id", primary_key=True, ondelete="CASCADE")
    right: Right = enum_field(Right, primary_key=True)


class Session(Table, table=True):
    """A signed-in browser. Only the SHA-256 of its cookie is kept."""

    __tablename__ = "session"
    __table_args__ = (Index("ix_session_expires_at", "expires_at"),)

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(max_length=64, unique=True)
    user_id: int = Field(foreign_key="user_account.id", index=True, ondelete="CASCADE")
    created_at: datetime = created_field()
    last_seen_at: datetime = created_field()
    expires_at: datetime
    revoked_at: datetime | None = None
