"""The organisation row."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import update
from sqlmodel import Session

from backend import clock
from backend.domain.channels import ConnectionState
from backend.domain.schedules import to_local
from backend.errors import ConfigurationError
from backend.models import Organisation, table_of

_organisation = table_of(Organisation)


def get(session: Session) -> Organisation:
    """The organisation of this installation."""
    row = session.get(Organisation, 1)
    if row is None:
        msg = "The database has no organisation yet: run `unisoft migrate` first"
        raise ConfigurationError(msg)
    return row


def today(session: Session) -> date:
    """The day it is where the organisation is."""
    return to_local(clock.now(), get(session).time_zone).date()


def set_whatsapp_state(session: Session, state: ConnectionState, checked_at: datetime) -> bool:
    """Store what the gateway said; whether it differs from before. A connected account has a phone."""
    paired = {"whatsapp_paired": True} if state is ConnectionState.CONNECTED else {}
    session.execute(update(_organisation).values(whatsapp_checked_at=checked_at, **paired))
    changed = session.execute(
        update(_organisation).where(_organisation.c.whatsapp_state != state).values(whatsapp_state=state)
    )
    return changed.rowcount > 0  # pyright: ignore[reportAttributeAccessIssue]


def forget_phone(session: Session) -> None:
    """Note that no phone is paired with the gateway (any more)."""
    session.execute(update(_organisation).where(_organisation.c.whatsapp_paired).values(whatsapp_paired=False))
