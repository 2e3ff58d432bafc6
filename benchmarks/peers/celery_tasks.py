"""The Celery application of the comparison: one task a recipient, the vendor's sync client, one commit a result.

Runs in the peers' environment. Celery's own settings stay as they come, but for the results nobody asks for.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import lru_cache

from celery import Celery  # pyright: ignore[reportMissingImports]
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from twilio.rest import Client

from benchmarks.peers.recipients import Recipient, build_engine
from benchmarks.peers.results import Results

app = Celery("peers", broker=os.environ["REDIS_URL"])
app.conf.task_ignore_result = True
app.conf.broker_connection_retry_on_startup = True


@lru_cache(maxsize=1)
def _client() -> Client:
    """One a process, so that its connection is used again."""
    client = Client(os.environ["TWILIO_ACCOUNT_SID"], os.environ["TWILIO_AUTH_TOKEN"])
    client.api.base_url = os.environ["TWILIO_API_URL"]
    return client


@lru_cache(maxsize=1)
def _results() -> Results:
    return Results(os.environ["PEER_DATABASE_URL"])


@lru_cache(maxsize=1)
def _engine() -> Engine:
    return build_engine(os.environ["PEER_DATABASE_URL"])


@app.task
def send_lean(recipient: int, to: str, body: str) -> None:
    """Send one message and write its sid down. Everything needed travels in the task."""
    message = _client().messages.create(to=to, from_=os.environ["TWILIO_SMS_FROM"], body=body)
    _results().add(recipient, str(message.sid))


@app.task
def send_with_orm(recipient_id: int) -> None:
    """Send to one recipient and write down what became of it. Only the id travels, as Celery's manual advises."""
    with Session(_engine()) as session:
        recipient = session.get_one(Recipient, recipient_id)
        message = _client().messages.create(
            to=recipient.mobile, from_=os.environ["TWILIO_SMS_FROM"], body=recipient.body
        )
        recipient.status = "sent"
        recipient.sid = message.sid
        recipient.sent_at = datetime.now(UTC)
        session.commit()
