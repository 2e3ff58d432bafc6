"""Who a message comes from, as its author is told."""

from __future__ import annotations

from dataclasses import dataclass

from backend.database import reading
from backend.domain.rights import Right
from backend.repositories import organisations
from backend.services.acting import ActingUser
from backend.settings import get_settings


@dataclass(frozen=True, slots=True)
class Senders:
    """`email` is like "Beth Shalom <contact@bethshalom.fr>", "" when it is not set up."""

    email: str


def load_senders(actor: ActingUser) -> Senders:
    """Read for the form of a campaign.

    Raises:
        ForbiddenError: without the right `campaigns.edit`.
    """
    actor.require(Right.CAMPAIGNS_EDIT)
    settings = get_settings()
    with reading() as session:
        organisation = organisations.get(session)
        name = settings.sendgrid_from_name or organisation.name
    address = settings.sendgrid_from_email
    return Senders(f"{name} <{address}>" if address else "")
