"""What the frame of every page says: who is signed in, for whom, and with how much credit."""

from __future__ import annotations

from dataclasses import dataclass

from backend.database import reading
from backend.domain.rights import Right, Role
from backend.repositories import organisations
from backend.services.acting import ActingUser
from backend.services.credit_view import available_credit, low_credit_limit


@dataclass(frozen=True, slots=True)
class PageFrame:
    """`available_credit` is in SMS segments, None when this user may not see it. `low_below`: as `low_credit_limit`."""

    user_name: str
    role: Role
    organisation: str
    city: str
    available_credit: int | None
    may_see_ledger: bool
    low_below: int = 0


def page_frame(actor: ActingUser) -> PageFrame:
    """The frame for a signed-in user; needs no right."""
    with reading() as session:
        organisation = organisations.get(session)
    available = available_credit(actor)
    return PageFrame(
        user_name=actor.name,
        role=actor.role,
        organisation=organisation.name,
        city=organisation.city,
        available_credit=available,
        low_below=low_credit_limit(available),
        may_see_ledger=actor.may(Right.CREDITS_VIEW),
    )
