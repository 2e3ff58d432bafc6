"""What the frame of every page says: who is signed in, for whom, and with how much credit."""

from __future__ import annotations

from dataclasses import dataclass

from backend.database import reading
from backend.domain.channels import ConnectionState
from backend.domain.rights import Right, Role
from backend.repositories import organisations
from backend.services.acting import ActingUser
from backend.services.credit_view import available_credit
from backend.services.low_credit import has_notice, low_credit_limit


@dataclass(frozen=True, slots=True)
class PageFrame:
    """`available_credit` is in SMS segments, None when this user may not see it. `low_below`: as `low_credit_limit`.

    `low_notice`: it fell below that, and this administrator has not put the notice aside yet.
    """

    user_name: str
    role: Role
    organisation: str
    city: str
    available_credit: int | None
    may_see_ledger: bool
    low_below: int = 0
    low_notice: bool = False
    whatsapp_connected: bool = False


def page_frame(actor: ActingUser) -> PageFrame:
    """The frame for a signed-in user; needs no right."""
    available = available_credit(actor)
    low_below = low_credit_limit(available)
    with reading() as session:
        organisation = organisations.get(session)
        low_notice = has_notice(session, actor, low_below)
        connected = organisation.whatsapp_state is ConnectionState.CONNECTED
    return PageFrame(
        user_name=actor.name,
        role=actor.role,
        organisation=organisation.name,
        city=organisation.city,
        available_credit=available,
        low_below=low_below,
        low_notice=low_notice,
        may_see_ledger=actor.may(Right.CREDITS_VIEW),
        whatsapp_connected=connected,
    )
