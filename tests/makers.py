"""Small makers of valid rows, for tests that need data to begin with."""

from __future__ import annotations

from typing import Any

from backend.database import unit_of_work
from backend.domain.channels import Channel, ConnectionState
from backend.domain.statuses import LedgerKind, RunState
from backend.models import Category, Contact, ContactCategory, Household
from backend.repositories import campaigns, credits, organisations
from backend.services import drafts, validation
from backend.services.acting import OPERATOR
from backend.services.draft_input import DraftInput

CONTENT = {
    "subject": "Kol Nidre, {{first_name}}",
    "sms_text": "Shalom {{first_name}}, Kol Nidre at 19:15.",
    "whatsapp_text": "Shalom {{first_name}}, Kol Nidre at 19:15.",
    "email_html": "<p>Shalom {{first_name}}, Kol Nidre at 19:15.</p>",
}


def make_contacts(number: int, *, first: int = 0, category_id: int | None = None, **values: Any) -> list[int]:
    """Contacts with an email and a French mobile each, numbered from `first`; gives their ids."""
    with unit_of_work() as session:
        contacts = [
            Contact(
                **{
                    "first_name": f"Ruth{i}",
                    "last_name": "Azoulay",
                    "email": f"ruth{i}@example.org",
                    "mobile_e164": f"+336{i:06d}77",  # no number the simulator treats in a special way
                    **values,
                }
            )
            for i in range(first, first + number)
        ]
        session.add_all(contacts)
        session.flush()
        ids = [contact.id or 0 for contact in contacts]
        if category_id is not None:
            session.add_all(ContactCategory(category_id=category_id, contact_id=i) for i in ids)
        return ids


def make_category(name: str = "Members") -> int:
    """A category; gives its id."""
    with unit_of_work() as session:
        category = Category(name=name)
        session.add(category)
        session.flush()
        return category.id or 0


def make_household(name: str = "Azoulay") -> int:
    """A household; gives its id."""
    with unit_of_work() as session:
        household = Household(name=name)
        session.add(household)
        session.flush()
        return household.id or 0


def buy_credits(number: int) -> None:
    """Credits in the ledger."""
    with unit_of_work() as session:
        credits.move(session, LedgerKind.PURCHASE, number)


def connect_whatsapp(state: ConnectionState = ConnectionState.CONNECTED) -> None:
    """The organisation's WhatsApp account."""
    with unit_of_work() as session:
        organisations.get(session).whatsapp_state = state


def make_draft(channel: Channel = Channel.SMS, **values: Any) -> int:
    """A draft to everyone; gives its id."""
    draft = DraftInput(**{"title": "Kol Nidre", "channel": channel, "everyone": True, **CONTENT, **values})
    return drafts.create_campaign(OPERATOR, draft)


def make_run(channel: Channel = Channel.SMS, **values: Any) -> int:
    """A validated campaign to everyone, with credits enough; gives its id."""
    buy_credits(100_000)
    campaign_id = make_draft(channel, **values)
    validation.validate_campaign(OPERATOR, campaign_id)
    return campaign_id


def leave_waiting(campaign_id: int) -> int:
    """The run, as a worker leaves it that finds WhatsApp not connected; gives its id."""
    connect_whatsapp(ConnectionState.DISCONNECTED)
    with unit_of_work() as session:
        campaigns.move_run(session, campaign_id, RunState.WAITING_CONNECTION)
    return campaign_id
