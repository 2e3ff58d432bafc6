"""Reusable email bodies."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field

from backend.domain.templates import NAME_LENGTH, SUBJECT_LENGTH, TemplateFormat
from backend.models.base import Table, created_field, enum_field

_LISTED = text("deleted_at IS NULL")
_DEFAULT_EMPTY = {"server_default": text("''")}


class Template(Table, table=True):
    """A reusable email body with a subject.

    `source` is what the author wrote; `html` is made of it when it is saved: compiled, with its CSS inlined, cleaned.
    `search_text` is the folded name and subject. `version` grows with each save.
    """

    __tablename__ = "template"
    __table_args__ = (Index("ix_template_list", "updated_at", "id", sqlite_where=_LISTED, postgresql_where=_LISTED),)

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=NAME_LENGTH)
    subject: str = Field(default="", max_length=SUBJECT_LENGTH)
    search_text: str = Field(default="", max_length=400, sa_column_kwargs=_DEFAULT_EMPTY)
    format: TemplateFormat = enum_field(TemplateFormat, TemplateFormat.HTML, server_default=True)
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    created_at: datetime = created_field()
    updated_at: datetime = created_field()
    deleted_at: datetime | None = None
    source: str = Field(default="", sa_column_kwargs=_DEFAULT_EMPTY)
    html: str
