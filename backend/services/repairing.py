"""Repair the address a message failed for, where one sees that it failed: at the recipient of a campaign."""

from __future__ import annotations

from collections.abc import Callable

from sqlmodel import Session

from backend import clock, realtime
from backend.database import after_commit, unit_of_work
from backend.domain.addresses import AddressProblem, normalise_email, normalise_mobile
from backend.domain.rights import Right
from backend.domain.statuses import RecipientStatus
from backend.errors import ConflictError, InvalidInputError, NotFoundError
from backend.models import Contact, Recipient
from backend.repositories import audit, campaigns
from backend.services.acting import ActingUser

LONGEST_ADDRESS = 320


def repair_address(actor: ActingUser, campaign_id: int, recipient_id: int, *, email: str, mobile: str) -> None:
    """Give the contact of a failed recipient another email or mobile; "" takes it away.

    What is known against the old address does not hold for a new one. The recipient stays failed: it may be retried,
    and takes up the addresses its contact has then.

    Raises:
        ForbiddenError: without the rights `campaigns.view` and `contacts.edit`.
        NotFoundError: there is no such recipient, or its contact was deleted.
        ConflictError: `not_failed`, it is not failed any more.
        InvalidInputError: `field` is "email" or "mobile", `code` `email_invalid`, `mobile_invalid`, `mobile_landline`
            or `address_unchanged`.
    """
    actor.require(Right.CAMPAIGNS_VIEW)
    actor.require(Right.CONTACTS_EDIT)
    with unit_of_work() as session:
        contact = contact_to_repair(session, campaign_id, recipient_id)
        new_email = _address("email", email, contact.email, normalise_email)
        new_mobile = _address("mobile", mobile, contact.mobile_e164, normalise_mobile)
        both = ("email", new_email, contact.email), ("mobile", new_mobile, contact.mobile_e164)
        changed = [name for name, new, old in both if new != old]
        if not changed:
            field = "email" if contact.email_problem and not contact.mobile_problem else "mobile"
            raise InvalidInputError(code="address_unchanged", field=field)
        if "email" in changed:
            contact.email, contact.email_problem = new_email, None
        if "mobile" in changed:
            contact.mobile_e164, contact.mobile_problem = new_mobile, None
        contact.updated_at = clock.now()
        session.flush()
        audit.record(
            session,
            "repair_address",
            "contact",
            contact.id,
            user_id=actor.id,
            actor=actor.email,
            campaign=campaign_id,
            recipient=recipient_id,
            changed=changed,
        )
        after_commit(session, lambda: realtime.signal_campaign(campaign_id))


def contact_to_repair(session: Session, campaign_id: int, recipient_id: int) -> Contact:
    """The contact of a failed recipient of a campaign, locked where the transaction writes.

    Raises:
        NotFoundError, ConflictError: as `repair_address`.
    """
    campaigns.get(session, campaign_id)
    recipient = session.get(Recipient, recipient_id)
    if recipient is None or recipient.campaign_id != campaign_id:
        raise NotFoundError(what="recipient", id=recipient_id)
    if recipient.status is not RecipientStatus.FAILED:
        raise ConflictError(code="not_failed")
    contact = session.get(Contact, recipient.contact_id, with_for_update=True)
    if contact is None or contact.deleted_at is not None:
        raise NotFoundError(what="contact", id=recipient.contact_id)
    return contact


def _address(
    name: str, text: str, known: str | None, normalise: Callable[[str], tuple[str | None, AddressProblem | None]]
) -> str | None:
    if text.strip() == known:  # whatever is wrong with it, it is not what is being repaired
        return known
    address, problem = normalise(text[:LONGEST_ADDRESS])
    if problem:
        raise InvalidInputError(code=f"{name}_{problem}", field=name)
    return address
