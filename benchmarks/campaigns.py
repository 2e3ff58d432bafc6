"""Contacts and campaigns to measure with."""

from __future__ import annotations

import itertools
import time

from sqlalchemy import update

from backend import realtime
from backend.actors import broker
from backend.database import after_commit, reading, unit_of_work
from backend.domain.statuses import LedgerKind, RunState
from backend.models import Campaign, table_of
from backend.repositories import campaigns, contact_imports, credits
from backend.services.acting import OPERATOR
from backend.services.demo import demo_contacts
from backend.services.draft_input import DraftInput
from backend.services.drafts import create_campaign
from backend.services.validation import validate_campaign
from backend.settings import get_settings

SMS = DraftInput(
    title="SMS",
    channel="sms",
    sms_text="Chers {{first_name}}, l'office est avancé à 10h ce samedi. Merci de prévenir vos voisins.",
    everyone=True,
)
_CHUNK = 5_000
_AT_MOST_S = 300
_POLL_S = 0.02


def add_contacts(number: int) -> None:
    """Write invented contacts, each with an email and a mobile of its own, and credits for all of them."""
    people = demo_contacts(number)
    while chunk := [{**person, "household_id": None} for person in itertools.islice(people, _CHUNK)]:
        with unit_of_work() as session:
            contact_imports.insert_contacts(session, chunk)
    with unit_of_work() as session:
        credits.move(session, LedgerKind.PURCHASE, number * 20)


def sms_campaign() -> int:
    """A draft to everyone with a personal field."""
    return create_campaign(OPERATOR, SMS)


def email_campaign() -> int:
    """A draft to everyone with a personal field in subject and body."""
    body = "<h1>La lettre</h1><p>Bonjour {{first_name}},</p>" + "<p>Voici les nouvelles de la semaine.</p>" * 20
    return create_campaign(
        OPERATOR,
        DraftInput(title="Email", channel="email", subject="Pour {{first_name}}", email_html=body, everyone=True),
    )


def rename(campaign_id: int, title: str) -> float:
    """Rename a campaign and signal it; gives the moment (`perf_counter`) of the commit."""
    stamps: list[float] = []
    with unit_of_work() as session:
        campaign = table_of(Campaign)
        session.execute(update(campaign).where(campaign.c.id == campaign_id).values(title=title))
        after_commit(session, lambda: stamps.append(time.perf_counter()))
        after_commit(session, realtime.signal_list)
    return stamps[0]


def start(campaign_id: int) -> None:
    """Validate, and wake the workers."""
    broker.connect(get_settings())
    validate_campaign(OPERATOR, campaign_id)


def send(campaign_id: int, recipients: int) -> float:
    """Validate and wait until the run is done; gives seconds from the commit of the validation.

    Raises RuntimeError unless every recipient was accepted once.
    """
    start(campaign_id)
    started = time.perf_counter()
    while run_state(campaign_id) is RunState.SENDING:
        if time.perf_counter() - started > _AT_MOST_S:
            raise RuntimeError(f"campaign {campaign_id} is still not done: {_counts(campaign_id)}")
        time.sleep(_POLL_S)
    took_s = time.perf_counter() - started
    counts = _counts(campaign_id)
    taken = sum(counts[name] for name in ("accepted", "sent", "delivered", "read"))
    if run_state(campaign_id) is not RunState.DONE or taken != recipients:
        raise RuntimeError(f"campaign {campaign_id} ended {run_state(campaign_id)}: {counts}")
    return took_s


def wait_until_delivered(campaign_id: int, recipients: int) -> None:
    """Wait until the reports about every recipient have been applied. Raises RuntimeError when they do not come."""
    deadline = time.monotonic() + _AT_MOST_S
    while (counts := _counts(campaign_id))["delivered"] != recipients:
        if time.monotonic() > deadline:
            raise RuntimeError(f"campaign {campaign_id} is still not delivered: {counts}")
        time.sleep(_POLL_S)


def run_state(campaign_id: int) -> RunState:
    with reading() as session:
        return campaigns.get(session, campaign_id).run_state


def _counts(campaign_id: int) -> dict[str, int]:
    with reading() as session:
        return {status.value: number for status, number in campaigns.stored_counts(session, campaign_id).items()}
