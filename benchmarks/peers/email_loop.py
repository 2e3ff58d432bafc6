"""A loop over the recipients with the vendor's client: one mail and one committed result each."""

from __future__ import annotations

import contextlib
import time

import sendgrid
from sendgrid.helpers.mail import Mail

from backend.services.demo import demo_contacts
from backend.settings import get_settings
from benchmarks.peers.results import Results
from benchmarks.stages import Stage


def email_loop_rate(running: Stage, recipients: int) -> float:
    """Recipients a second. Raises RuntimeError when not everybody was sent to."""
    settings, people = get_settings(), list(demo_contacts(recipients))
    client = sendgrid.SendGridAPIClient(settings.sendgrid_api_key, host=settings.sendgrid_api_url)
    with contextlib.closing(Results(settings.sql_url)) as results:
        results.empty()
        started = time.perf_counter()
        for number, person in enumerate(people):
            answer = client.send(_mail(settings.sendgrid_from_email, person))
            results.add(number, answer.headers["X-Message-Id"])
        took_s = time.perf_counter() - started
    if running.control("GET", "counts")["total"] != recipients:
        raise RuntimeError("the loop sent more or less than it was asked to")
    running.control("DELETE", "messages")
    return recipients / took_s


def subject_for(person: dict[str, str]) -> str:
    return f"Pour {person['first_name']}"


def html_for(person: dict[str, str]) -> str:
    greeting = f"<h1>La lettre</h1><p>Bonjour {person['first_name']},</p>"
    return greeting + "<p>Voici les nouvelles de la semaine.</p>" * 20


def _mail(sender: str, person: dict[str, str]) -> Mail:
    return Mail(
        from_email=sender, to_emails=person["email"], subject=subject_for(person), html_content=html_for(person)
    )
