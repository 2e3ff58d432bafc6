"""Delivery events: store what providers report, then bring the outcomes in line with it.

Storing is one short transaction for many reports. Applying reads every report of the attempts it
touches, so duplicates, delays and any order end in the same state.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlmodel import Session

from backend import realtime
from backend.database import after_commit, unit_of_work
from backend.domain.channels import Medium
from backend.domain.deliverability import Outcome, Report, is_opt_out, outcome_of
from backend.domain.refusals import Meaning, meaning, stops_run
from backend.domain.statuses import RecipientStatus
from backend.logs import get_logger
from backend.providers.base import ProviderEvent
from backend.providers.references import read_reference
from backend.repositories import attempts, delivery_events, opt_outs, recipients
from backend.repositories.attempts import AttemptChange, AttemptRow
from backend.repositories.delivery_events import StoredEvent
from backend.repositories.recipients import Standing
from backend.services import settling
from backend.services.recording import note_addresses
from backend.settings import get_settings

log = get_logger(__name__)

APPLY_BATCH = 400
_Learnt = dict[tuple[Medium, Meaning], set[str]]


def store_events(events: Sequence[ProviderEvent]) -> int:
    """Store reports raw, each once; gives how many are new. Safe to call again with the same ones."""
    key = get_settings().signing_key
    with unit_of_work() as session:
        return delivery_events.store(session, [(event, read_reference(event.reference, key)) for event in events])


def apply_events(limit: int = APPLY_BATCH) -> int:
    """Apply the oldest waiting reports in one transaction; gives how many were taken up."""
    with unit_of_work() as session:
        events = delivery_events.take_unapplied(session, limit)
        if events:
            _apply(session, events)
            delivery_events.mark_applied(session, [event.id for event in events])
        return len(events)


def _apply(session: Session, events: Sequence[StoredEvent]) -> None:
    spoken_of = _attempts_of(session, events)
    if not spoken_of:
        return
    standings = recipients.lock_standings(session, {attempt.recipient_id for attempt in spoken_of.values()})
    # Read again under the lock: an answer may have been recorded meanwhile.
    history = attempts.of_recipients(session, [standing.id for standing in standings])
    current = {attempt.id: attempt for found in history.values() for attempt in found}
    reports = delivery_events.reports_of(session, spoken_of)
    message_ids = {e.attempt_id: e.provider_message_id for e in events if e.attempt_id and e.provider_message_id}
    changes, learnt, books = [], _Learnt(), settling.Books()
    by_recipient = {standing.id: standing for standing in standings}
    for attempt_id in spoken_of.keys() & current.keys():
        attempt = current[attempt_id]
        outcome = _outcome(attempt, reports.get(attempt_id, []))
        changes.append(_change(attempt, outcome, message_ids.get(attempt_id)))
        if outcome.status is not attempt.status:
            _learn(attempt, outcome, by_recipient[attempt.recipient_id], learnt, books)
    settling.settle(session, standings, history, changes, books)
    for (medium, what), addresses in sorted(learnt.items()):
        note_addresses(session, medium, {what: sorted(addresses)})
    _note_opt_outs(session, events, spoken_of, by_recipient)
    settling.close_books(session, books)
    for campaign_id in sorted(books.reopened):
        after_commit(session, partial(realtime.wake_campaign, campaign_id))


def _attempts_of(session: Session, events: Sequence[StoredEvent]) -> dict[int, AttemptRow]:
    """Attempts the events speak of, by id; what speaks of none of ours is logged and changes nothing."""
    named = {event.attempt_id for event in events if event.attempt_id}
    unnamed = {(e.provider, e.provider_message_id) for e in events if not e.attempt_id and e.provider_message_id}
    found = {a.id: a for a in attempts.find(session, named, unnamed)}
    by_message = {(a.provider, a.provider_message_id): a.id for a in found.values()}
    for event in events:
        attempt_id = event.attempt_id or by_message.get((event.provider, event.provider_message_id))
        if attempt_id not in found or found[attempt_id].provider != event.provider:
            log.warning("event_without_attempt", provider=event.provider, word=event.word, event_id=event.id)
            found.pop(attempt_id or 0, None)
        elif event.attempt_id is None:
            delivery_events.assign(session, event.id, attempt_id)
    return found


def _outcome(attempt: AttemptRow, reports: Sequence[Report]) -> Outcome:
    return outcome_of(attempt.provider, Outcome(attempt.status, attempt.vendor_code), reports)


def _change(attempt: AttemptRow, outcome: Outcome, message_id: str | None) -> AttemptChange:
    # A SendGrid event knows another form of the message's id than the answer: the first one stays.
    return AttemptChange(attempt.id, outcome.status, outcome.vendor_code, attempt.provider_message_id or message_id)


def _learn(attempt: AttemptRow, outcome: Outcome, standing: Standing, learnt: _Learnt, books: settling.Books) -> None:
    """Note what a failure says about the address, and about the run."""
    if outcome.status not in {RecipientStatus.FAILED, RecipientStatus.SKIPPED}:
        return
    what = meaning(attempt.provider, outcome.vendor_code)
    address = standing.email if attempt.medium is Medium.EMAIL else (standing.mobile_e164 or standing.address)
    if address:
        learnt.setdefault((attempt.medium, what), set()).add(address)
    if what is Meaning.BAD_ADDRESS:
        books.count(standing.campaign_id, "refused", 1)
    if outcome.vendor_code and stops_run(attempt.provider, outcome.vendor_code):
        books.halts[standing.campaign_id] = outcome.vendor_code


def _note_opt_outs(
    session: Session,
    events: Sequence[StoredEvent],
    attempts: dict[int, AttemptRow],
    standings: dict[int, Standing],
) -> None:
    """A complaint or an unsubscription changes no outcome: it is an opt-out."""
    for event in events:
        attempt = attempts.get(event.attempt_id or 0)
        standing = standings.get(attempt.recipient_id) if attempt else None
        if is_opt_out(event.provider, event.word) and standing and standing.email:
            opt_outs.add(session, Medium.EMAIL, [standing.email], event.word)
