"""Write down what providers answered: the second half of a window, in one transaction.

Safe to call twice with the same answers, and right whenever it comes: after a report overtook the
answer, and after the scheduler gave the claim up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlmodel import Session

from backend.database import Survives, reading, unit_of_work
from backend.domain.cascade import AttemptOutcome, credit_after
from backend.domain.channels import Medium
from backend.domain.deliverability import rank
from backend.domain.refusals import Meaning, meaning
from backend.domain.statuses import UNANSWERED, RecipientStatus
from backend.domain.vendors import VOCABULARIES
from backend.logs import brief, get_logger
from backend.models import AddressProblem
from backend.providers.base import MessageSender, SendResult, Verdict
from backend.repositories import acceptances, attempts, contacts, opt_outs, recipients
from backend.repositories.attempts import AttemptChange, AttemptRow
from backend.repositories.claims import Claim
from backend.repositories.recipients import Standing
from backend.services import hold_ups, settling
from backend.services.early_reports import adopt_early_reports

log = get_logger(__name__)

_OVERTAKEN_WITHIN = timedelta(minutes=15)  # a lease and more; what is older the scheduler finds
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
    if not VOCABULARIES[sender.provider].reports_name_attempts:
        _adopt_early_reports(campaign_id)


def _adopt_early_reports(campaign_id: int) -> None:
    """A database that fails here may not have the answers recorded again, which it has committed.

    On SQLite the id of an attempt that was taken back may be another's by now. The scheduler adopts what is left.
    """
    try:
        adopt_early_reports(_OVERTAKEN_WITHIN)
    except SQLAlchemyError as error:
        log.warning("early_reports_not_adopted", campaign_id=campaign_id, error=brief(error))


def _disbelieve_repeated_ids(sender: MessageSender, results: Sequence[SendResult]) -> list[SendResult]:
    ids = Counter(result.provider_message_id for result in results if result.provider_message_id)
    with reading() as session:
        stored = attempts.find(session, [], [(sender.provider, message_id) for message_id in ids])
    known = {attempt.provider_message_id for attempt in stored}
    return [
        SendResult(r.reference, Verdict.UNKNOWN, vendor_code="repeated_message_id")
        if r.provider_message_id and (ids[r.provider_message_id] > 1 or r.provider_message_id in known)
        else r
        for r in results
    ]


def _record(campaign_id: int, sender: MessageSender, claims: Sequence[Claim], results: Sequence[SendResult]) -> None:
    books = settling.Books()
    answers = {claim.attempt_id: (claim, result) for claim, result in zip(claims, results, strict=True)}
    # Lost with the power, the answers of some windows under way are unknown, as those are that had not come yet.
    with unit_of_work(Survives.CRASH) as session:
        plain = _record_taken(session, campaign_id, sender.medium, answers, books)
        _settle(session, campaign_id, [answer for id_, answer in answers.items() if id_ not in plain], books)
        _note_refusals(session, sender, claims, results)
        _enter_halt(books, campaign_id, results)
        hold_ups.note_answers(books, campaign_id, sender.medium, results)
        settling.close_books(session, books)


def _record_taken(
    session: Session,
    campaign_id: int,
    medium: Medium,
    answers: Mapping[int, tuple[Claim, SendResult]],
    books: settling.Books,
) -> set[int]:
    """Write down who was taken at the first attempt, with nothing reported yet; gives those attempts.

    Nearly every answer is of this kind. They all end alike: the rules are asked once for each state of their credits.
    """
    taken = {id_: r.provider_message_id for id_, (_, r) in answers.items() if r.verdict is Verdict.ACCEPTED}
    plain = acceptances.lock_answered(session, answers, taken)
    written = {id_: taken[id_] for alike in plain for id_ in alike.attempt_ids}
    if written:
        acceptances.write_accepted(session, written)
    outcome = AttemptOutcome(medium, RecipientStatus.ACCEPTED, None, taken=True)
    for alike in plain:
        after = credit_after(alike.credit_state, outcome.status, [outcome])
        acceptances.write_recipients(session, alike.recipient_ids, after)
        number = len(alike.recipient_ids)
        books.move(campaign_id, RecipientStatus.CLAIMED, outcome.status, number, media=(medium, medium))
        books.count(campaign_id, "handed_over", number)
        books.move_credits(campaign_id, alike.credit_state, after, alike.segments)
    return set(written)


def _settle(
    session: Session, campaign_id: int, answers: Sequence[tuple[Claim, SendResult]], books: settling.Books
) -> None:
    """Write down any other answer: refused, lost, not taken, after a fallback, or overtaken by a report."""
    if not answers:
        return
    recipient_ids = [claim.recipient_id for claim, _ in answers]
    standings = recipients.lock_standings(session, recipient_ids)
    history = attempts.of_recipients(session, recipient_ids)
    known = {attempt.id: attempt for rows in history.values() for attempt in rows}
    found = [(known[claim.attempt_id], result) for claim, result in answers if claim.attempt_id in known]
    answered = [(attempt, result) for attempt, result in found if result.verdict in _STATUS_OF]
    returned = [attempt for attempt, result in found if result.verdict not in _STATUS_OF]
    put_back = _put_back(session, campaign_id, standings, history, returned, books)
    _count_first_answers(books, campaign_id, answered)
    settled = [standing for standing in standings if standing.id not in put_back]
    settling.settle(session, settled, history, [_change(attempt, result) for attempt, result in answered], books)


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
    history: settling.History,
    returned: Sequence[AttemptRow],
    books: settling.Books,
) -> set[int]:
    """Make pending again whom the provider certainly did not take; gives their recipients' ids.

    Only the last attempt may do that: a recipient that was tried anew meanwhile may be in other hands.
    """
    never_left = {
        a.recipient_id: a.id for a in returned if a.status in UNANSWERED and a.id == history[a.recipient_id][-1].id
    }
    again = [s for s in standings if s.id in never_left and s.status in UNANSWERED]
    attempts.delete_all(session, [never_left[s.id] for s in again])
    recipients.uncount_attempts(session, [s.id for s in again])
    # As before the claim: one that waited for its answer too long has a code that says so.
    pairs = [(s, s._replace(status=RecipientStatus.PENDING, vendor_code=None)) for s in again]
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


def _count_first_answers(
    books: settling.Books, campaign_id: int, answered: Sequence[tuple[AttemptRow, SendResult]]
) -> None:
    """Count what was handed over and refused, each attempt once however often its answer is recorded."""
    for attempt, result in answered:
        if attempt.status is RecipientStatus.CLAIMED or attempt.vendor_code == settling.LEASE_EXPIRED:
            books.count(campaign_id, "handed_over", 1)
            if result.verdict is Verdict.REFUSED:
                what = meaning(attempt.provider, result.vendor_code)
                books.count(campaign_id, "refused", int(what is Meaning.BAD_ADDRESS))


def _enter_halt(books: settling.Books, campaign_id: int, results: Sequence[SendResult]) -> None:
    for result in results:
        if result.verdict is Verdict.MISCONFIGURED:
            books.halts[campaign_id] = (result.vendor_code or "configuration")[:64]
