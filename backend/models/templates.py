"""Reusable email bodies."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from backend.models.base import Table, created_field


class Template(Table, table=True):
    """A reusable email body with a subject. `html` is sanitised when saved."""

    __tablename__ = "template"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=120)
    subject: str = Field(default="", max_length=200)
    html: str
    created_at: datetime = created_field()
    updated_at: datetime = created_field()
    deleted_at: datetime | None = None
