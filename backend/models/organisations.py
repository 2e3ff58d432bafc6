"""The community association this installation serves. One row."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, false
from sqlmodel import Field

from backend.domain.channels import ConnectionState
from backend.models.base import Table, created_field, enum_field


class Organisation(Table, table=True):
    """Settings the administrators change while the product runs. Installation settings are in `settings`.

    `whatsapp_paired`: a phone was connected to the gateway and not logged out since, whatever its session does.
    """

    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint("id = 1", name="single_row"),
        CheckConstraint("late_tolerance_min BETWEEN 0 AND 1440", name="late_tolerance"),
        CheckConstraint("undo_grace_s BETWEEN 0 AND 60", name="undo_grace"),
    )

    id: int = Field(default=1, primary_key=True)
    name: str = Field(max_length=120)
    city: str = Field(default="", max_length=120)
    time_zone: str = Field(default="Europe/Paris", max_length=64)
    language: str = Field(default="fr", max_length=8)
    late_tolerance_min: int = 60
    undo_grace_s: int = 0
    sms_subscribed: bool = True
    whatsapp_state: ConnectionState = enum_field(ConnectionState, ConnectionState.DISCONNECTED)
    whatsapp_checked_at: datetime | None = None
    whatsapp_paired: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    created_at: datetime = created_field()
