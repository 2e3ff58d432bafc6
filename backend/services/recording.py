"""Write down what providers answered: the second half of a window, in one transaction.

Safe to call twice with the same answers, and right whenever it comes: after a report overtook the
answer, and after the scheduler gave the claim up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from backend.database import reading, unit_of_work
from backend.domain.channels import Medium
from backend.domain.deliverability import rank
from backend.domain.refusals import Meaning, meaning
from backend.domain.statuses import RecipientStatus
from backend.logs import get_logger
from backend.models import AddressProblem
from backend.providers.base import MessageSender, SendResult, Verdict
from backend.repositories import contacts, opt_outs, recipients
from backend.repositories.recipients import AttemptChange, AttemptRow, Claim, Standing
from backend.services import settling

log = get_logger(__name__)

_STATUS_OF = {
    Verdict.ACCEPTED: RecipientStatus.ACCEPTED,
    Verdict.REFUSED: RecipientStatus.FAILED,
    Verdict.UNKNOWN: RecipientStatus.UNKNOWN,
}


def record_results(
    campaign_id: int, sender: MessageSender, claims: Sequence[Claim], results: Sequence[SendResult]
) -> None:
    """Write the answers of a window, with counters and credits, in one transaction. Safe to call twice."""
    try:
        _record(campaign_id, sender, claims, results)
    except IntegrityError:
        # Two messages with one id: whichever it belongs to, the others' answers cannot be believed.
        log.warning("message_id_repeated", campaign_id=campaign_id, provider=sender.provider)
        _record(campaign_id, sender, claims, _disbelieve_repeated_ids(sender, results))


def _disbelieve_repeated_ids(sender: MessageSender, results: Sequence[SendResult]) -> list[SendResult]:
    ids = Counter(result.provider_message_id for result in results if result.provider_message_id)
    with reading() as session:
        stored = recipients.find_attempts(session, [], [(sender.provider, message_id) for message_id in ids])
    known = {attempt.provider_message_id for attempt in stored}
    return [
        SendResult(r.reference, Verdict.UNKNOWN, vendor_code="repeated_message_id")
        if r.provider_message_id and (ids[r.provider_message_id] > 1 or r.provider_message_id in known)
        else r
        for r in results
    ]


def _record(campaign_id: int, sender: MessageSender, claims: Sequence[Claim], results: Sequence[SendResult]) -> None:
    with unit_of_work() as session:
        standings = recipients.lock_standings(session, [claim.recipient_id for claim in claims])
        history = recipients.attempts_of(session, [claim.recipient_id for claim in claims])
        attempts = {attempt.id: attempt for found in history.values() for attempt in found}
        answered = [
            (attempts[c.attempt_id], r) for c, r in zip(claims, results, strict=True) if r.verdict in _STATUS_OF
        ]
        returned = [attempts[c.attempt_id] for c, r in zip(claims, results, strict=True) if r.verdict not in _STATUS_OF]
        books = settling.Books()
        put_back = _put_back(session, campaign_id, standings, returned, books)
        settled = [standing for standing in standings if standing.id not in put_back]
        settling.settle(session, settled, history, [_change(attempt, result) for attempt, result in answered], books)
        _note_refusals(session, sender, claims, results)
        _enter_results(books, campaign_id, sender.provider, results)
        settling.close_books(session, books)


def _change(attempt: AttemptRow, result: SendResult) -> AttemptChange:
    status = _STATUS_OF[result.verdict]
    if result.verdict is Verdict.REFUSED and meaning(attempt.provider, result.vendor_code) is Meaning.OPTED_OUT:
        status = RecipientStatus.SKIPPED
    if rank(attempt.status) > rank(status):  # a report overtook the answer
        return AttemptChange(attempt.id, attempt.status, attempt.vendor_code, result.provider_message_id)
    return AttemptChange(attempt.id, status, result.vendor_code, result.provider_message_id)


def _put_back(
    session: Session,
    campaign_id: int,
    standings: Sequence[Standing],
    returned: Sequence[AttemptRow],
    books: settling.Books,
) -> set[int]:
    """Make pending again whom the provider certainly did not take; gives their recipients' ids."""
    never_left = {a.recipient_id: a.id for a in returned if a.status in settling.UNANSWERED}
    again = [s for s in standings if s.id in never_left and s.status in settling.UNANSWERED]
    recipients.delete_attempts(session, [never_left[s.id] for s in again])
    pairs = [(s, s._replace(status=RecipientStatus.PENDING)) for s in again]
    settling.write_changes(session, campaign_id, pairs, books)
    return {s.id for s in again}


def _note_refusals(
    session: Session, sender: MessageSender, claims: Sequence[Claim], results: Sequence[SendResult]
) -> None:
    by_meaning: dict[Meaning, list[str]] = {}
    for claim, result in zip(claims, results, strict=True):
        if result.verdict is Verdict.REFUSED:
            by_meaning.setdefault(meaning(sender.provider, result.vendor_code), []).append(claim.address)
    note_addresses(session, sender.medium, by_meaning)


def note_addresses(session: Session, medium: Medium, by_meaning: dict[Meaning, list[str]]) -> None:
    """Remember what refusals say about addresses: opt-outs, and addresses that do not work."""
    opt_outs.add(session, medium, by_meaning.get(Meaning.OPTED_OUT, []), "provider")
    problem = AddressProblem.BOUNCED if medium is Medium.EMAIL else AddressProblem.INVALID
    contacts.flag_address(session, medium, by_meaning.get(Meaning.BAD_ADDRESS, []), problem)


def _enter_results(books: settling.Books, campaign_id: int, provider: str, results: Sequence[SendResult]) -> None:
    for result in results:
        if result.verdict in _STATUS_OF:
            books.count(campaign_id, "handed_over", 1)
        if result.verdict is Verdict.REFUSED and meaning(provider, result.vendor_code) is Meaning.BAD_ADDRESS:
            books.count(campaign_id, "refused", 1)
        if result.verdict is Verdict.MISCONFIGURED:
            books.halts[campaign_id] = (result.vendor_code or "configuration")[:64]
