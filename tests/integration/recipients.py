"""Recipients of a campaign as they are after sending, for the tests of what is shown of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from backend.database import unit_of_work
from backend.domain.channels import Channel, Medium
from backend.domain.rights import Right, Role
from backend.domain.statuses import CampaignStatus, RecipientStatus, RunState
from backend.models import Attempt, Campaign, Contact, DeliveryEvent, Recipient
from backend.services.acting import ActingUser

START = datetime(2026, 9, 1, 8, tzinfo=UTC)
STRANGER = ActingUser(None, "stranger@example.org", "Stranger", Role.SECONDARY)
VIEWER = ActingUser(None, "viewer@example.org", "Viewer", Role.SECONDARY, frozenset({Right.CAMPAIGNS_VIEW}))
ADMIN = ActingUser(None, "admin@example.org", "Admin", Role.ADMINISTRATOR)
_NAMES = ("first_name", "last_name", "hebrew_first_name")


def add_campaign(**values: Any) -> int:
    """A validated campaign without recipients; gives its id."""
    given = {
        "title": "Kol Nidre", "channel": Channel.SMS, "status": CampaignStatus.VALIDATE, "run_state": RunState.SENDING,
        "validated_at": START, "created_at": START, "sms_text": "Shalom {{first_name}}", **values,
    }  # fmt: skip
    with unit_of_work() as session:
        campaign = Campaign(**given)
        session.add(campaign)
        session.flush()
        return campaign.id or 0


def add_recipients(campaign_id: int, *rows: dict[str, Any], contact_ids: list[int] | None = None) -> list[int]:
    """A recipient for each row, each with a contact of its own unless some are given; counted. Gives their ids."""
    with unit_of_work() as session:
        contacts = [Contact(**{name: row[name] for name in _NAMES if name in row}) for row in rows]
        if contact_ids is None:
            session.add_all(contacts)
            session.flush()
            contact_ids = [contact.id or 0 for contact in contacts]
        recipients = [
            Recipient(
                campaign_id=campaign_id,
                contact_id=contact_id,
                **{"status": RecipientStatus.DELIVERED, "medium": Medium.SMS, "address": f"+33600{contact_id:06d}",
                   "updated_at": START + timedelta(seconds=place % 7)}
                | {name: value for name, value in row.items() if name not in _NAMES},
            )
            for place, (contact_id, row) in enumerate(zip(contact_ids, rows, strict=True))
        ]  # fmt: skip
        session.add_all(recipients)
        campaign = session.get_one(Campaign, campaign_id)
        for recipient in recipients:
            name = f"{recipient.status}_count"
            setattr(campaign, name, getattr(campaign, name) + 1)
        session.flush()
        return [recipient.id or 0 for recipient in recipients]


def add_attempt(campaign_id: int, recipient_id: int, number: int = 1, **values: Any) -> int:
    """An attempt that the provider took a minute after the start; gives its id."""
    at = START + timedelta(minutes=number)
    given = {
        "medium": Medium.SMS, "provider": "twilio", "status": RecipientStatus.ACCEPTED,
        "provider_message_id": f"SM{recipient_id}-{number}", "claimed_at": at, "answered_at": at, **values,
    }  # fmt: skip
    with unit_of_work() as session:
        attempt = Attempt(campaign_id=campaign_id, recipient_id=recipient_id, number=number, **given)
        session.add(attempt)
        session.flush()
        return attempt.id or 0


def add_report(attempt_id: int, word: str, **values: Any) -> int:
    """A report of the provider two minutes after the start; gives its id."""
    given = {
        "provider": "twilio", "medium": Medium.SMS, "occurred_at": START + timedelta(minutes=2), "payload": "{}",
        "event_key": f"{attempt_id}-{word}", **values,
    }  # fmt: skip
    with unit_of_work() as session:
        event = DeliveryEvent(attempt_id=attempt_id, word=word, **given)
        session.add(event)
        session.flush()
        return event.id or 0
