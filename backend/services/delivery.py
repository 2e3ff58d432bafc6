"""Delivery events: store what providers report, then bring the outcomes in line with it.

Storing is one short transaction for many reports. What only got further is applied in bulk (`advancing`); anything
else reads every report of the attempts it touches. So duplicates, delays and any order end in the same state.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlmodel import Session

from backend import realtime
from backend.database import Survives, after_commit, unit_of_work
from backend.domain.channels import Medium
from backend.domain.deliverability import Outcome, Report, end_of, is_opt_out, outcome_of
from backend.domain.refusals import Meaning, meaning, stops_run
from backend.domain.statuses import RecipientStatus
from backend.logs import get_logger
from backend.providers.base import ProviderEvent
from backend.providers.references import read_reference
from backend.repositories import advances, attempts, delivery_events, opt_outs, recipients
from backend.repositories.attempts import AttemptChange, AttemptRow
from backend.repositories.delivery_events import StoredEvent
from backend.repositories.recipients import Standing
from backend.services import advancing, reactions, settling
from backend.services.advancing import Told
from backend.services.recording import note_addresses
from backend.settings import get_settings

log = get_logger(__name__)

APPLY_BATCH = 1_000
_Learnt = dict[tuple[Medium, Meaning], set[str]]


def store_events(events: Sequence[ProviderEvent]) -> int:
    """Store reports raw, each once; gives how many are new. Safe to call again with the same ones."""
    key = get_settings().signing_key
    with unit_of_work() as session:
        return delivery_events.store(session, [(event, read_reference(event.reference, key)) for event in events])


def apply_events(limit: int = APPLY_BATCH) -> int:
    """Apply the oldest waiting reports in one transaction; gives how many were taken up."""
    # What is lost was only applied: its reports are stored, and wait again.
    with unit_of_work(Survives.NOTHING) as session:
        events = delivery_events.take_waiting(session, limit)
        if events:
            _apply(session, events)
        return len(events)


def _apply(session: Session, events: Sequence[StoredEvent]) -> None:
    told, books = _told(session, events), settling.Books()
    views = reactions.views_of(told)
    advanced = advancing.advance(session, told, views, books)
    if advanced.others:
        _settle(session, [one for one in told if one[1].attempt_id in advanced.others], books)
    reactions.count_reports(session, told, views, advanced.viewed, books)
    settling.close_books(session, books)
    for campaign_id in sorted(books.reopened):
        after_commit(session, partial(realtime.wake_campaign, campaign_id))


def _told(session: Session, events: Sequence[StoredEvent]) -> list[Told]:
    """Reports with the attempt each speaks of, locked; what speaks of none of ours is logged and changes nothing."""
    found_by_message = _by_message(session, events)
    attempt_of = {
        event.id: event.attempt_id or found_by_message.get((event.provider, event.provider_message_id))
        for event in events
    }
    locked = {
        one.attempt_id: one for one in advances.lock_reported(session, {id_ for id_ in attempt_of.values() if id_})
    }
    told: list[Told] = []
    for event in events:
        reported = locked.get(attempt_of[event.id] or 0)
        if reported is None or reported.provider != event.provider:
            log.warning("event_without_attempt", provider=event.provider, word=event.word, event_id=event.id)
            continue
        told.append((event, reported))
        if event.attempt_id is None:
            delivery_events.assign(session, event.id, reported.attempt_id)
    return _without_ids_of_others(session, told)


def _without_ids_of_others(session: Session, told: Sequence[Told]) -> list[Told]:
    """Take a message's id out of reports that name an attempt but bring the id of another one's message.

    An id belongs to one attempt: written twice, it would fail this batch again and again, and all reports behind it.
    """
    brought = {
        (event.provider, event.provider_message_id): reported.attempt_id
        for event, reported in reversed(told)
        if event.provider_message_id and not reported.has_message_id
    }
    if not brought:  # nearly always: the answers were recorded first
        return list(told)
    owners = brought | {(a.provider, a.provider_message_id): a.id for a in attempts.find(session, [], brought)}
    believed: list[Told] = []
    for event, reported in told:
        owner = owners.get((event.provider, event.provider_message_id), reported.attempt_id)
        if owner != reported.attempt_id and not reported.has_message_id:
            log.warning("message_id_of_another", provider=event.provider, event_id=event.id)
            believed.append((event._replace(provider_message_id=None), reported))
        else:
            believed.append((event, reported))
    return believed


def _by_message(session: Session, events: Sequence[StoredEvent]) -> dict[tuple[str, str | None], int]:
    """Attempts that events without a reference speak of, by their provider's id for the message."""
    unnamed = {(e.provider, e.provider_message_id) for e in events if not e.attempt_id and e.provider_message_id}
    found = attempts.find(session, [], unnamed) if unnamed else []
    return {(attempt.provider, attempt.provider_message_id): attempt.id for attempt in found}


def _settle(session: Session, told: Sequence[Told], books: settling.Books) -> None:
    """Bring attempts in line with every report about them, whatever it says."""
    standings = recipients.lock_standings(session, {reported.recipient_id for _, reported in told})
    history = attempts.of_recipients(session, [standing.id for standing in standings])
    current = {attempt.id: attempt for found in history.values() for attempt in found}
    by_recipient = {standing.id: standing for standing in standings}
    spoken_of = {reported.attempt_id for _, reported in told}
    reports = delivery_events.reports_of(session, spoken_of)
    message_ids = {reported.attempt_id: e.provider_message_id for e, reported in told if e.provider_message_id}
    changes, learnt = [], _Learnt()
    for attempt_id in sorted(spoken_of):
        attempt = current[attempt_id]
        about = reports.get(attempt_id, [])
        outcome = _outcome(attempt, about)
        changes.append(_change(attempt, outcome, message_ids.get(attempt_id), about))
        if outcome.status is not attempt.status:
            _learn(attempt, outcome, by_recipient[attempt.recipient_id], learnt, books)
    settling.settle(session, standings, history, changes, books)
    for (medium, what), addresses in sorted(learnt.items()):
        note_addresses(session, medium, {what: sorted(addresses)})
    _note_opt_outs(session, told, current, by_recipient)


def _outcome(attempt: AttemptRow, reports: Sequence[Report]) -> Outcome:
    return outcome_of(attempt.provider, Outcome(attempt.status, attempt.vendor_code), reports)


def _change(attempt: AttemptRow, outcome: Outcome, message_id: str | None, reports: Sequence[Report]) -> AttemptChange:
    ended_as = end_of(attempt.provider, attempt.medium, outcome.status, (report.word for report in reports))
    # A SendGrid event knows another form of the message's id than the answer: the first one stays.
    known_id = attempt.provider_message_id or message_id
    return AttemptChange(attempt.id, outcome.status, outcome.vendor_code, known_id, ended_as)


def _learn(attempt: AttemptRow, outcome: Outcome, standing: Standing, learnt: _Learnt, books: settling.Books) -> None:
    """Note what a failure says about the address, and about the run."""
    if outcome.status not in {RecipientStatus.FAILED, RecipientStatus.SKIPPED}:
        return
    what = meaning(attempt.provider, outcome.vendor_code)
    address = _went_to(attempt, standing)
    if address:
        learnt.setdefault((attempt.medium, what), set()).add(address)
    if what is Meaning.BAD_ADDRESS:
        books.count(standing.campaign_id, "refused", 1)
    if outcome.vendor_code and stops_run(attempt.provider, outcome.vendor_code):
        books.halts[standing.campaign_id] = outcome.vendor_code


def _went_to(attempt: AttemptRow, standing: Standing) -> str | None:
    """A recipient that is tried anew may have another address by now, of which this tells nothing."""
    if attempt.sent_to:
        return attempt.sent_to
    return standing.email if attempt.medium is Medium.EMAIL else (standing.mobile_e164 or standing.address)


def _note_opt_outs(
    session: Session, told: Sequence[Told], attempts: dict[int, AttemptRow], standings: dict[int, Standing]
) -> None:
    """A complaint or an unsubscription changes no outcome: it is an opt-out."""
    for event, reported in told:
        if is_opt_out(event.provider, event.word):
            address = attempts[reported.attempt_id].sent_to or standings[reported.recipient_id].email
            if address:
                opt_outs.add(session, Medium.EMAIL, [address], event.word)
