"""Needs attention: messages that were handed over and whose answer was lost (docs/decisions/0003).

Nothing is done about them by itself. A person may have the provider asked again, have the message sent again
although it may have arrived, or take it for delivered. Each act is in the audit, and safe to do twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sqlmodel import Session

from backend import realtime
from backend.database import after_commit, unit_of_work
from backend.domain.channels import Medium
from backend.domain.rights import Right
from backend.domain.statuses import RecipientStatus
from backend.repositories import attempts, audit, campaigns, recipients
from backend.repositories.attempts import AttemptRow
from backend.repositories.recipients import Standing
from backend.services import retrying, settling
from backend.services.acting import ActingUser
from backend.services.asking import can_be_asked
from backend.services.retrying import MOST_AT_ONCE, Retried, RetrySummary


@dataclass(frozen=True, slots=True)
class Asked:
    """`asked`: messages the provider will be asked about; `only_reports`: those that only its reports can tell of."""

    asked: int
    only_reports: int


def ask_again(actor: ActingUser, campaign_id: int, recipient_id: int | None = None) -> Asked:
    """Have the provider asked what became of the messages, also of those it was no longer asked about.

    The next round of the scheduler asks. An email provider cannot be asked.

    Raises:
        ForbiddenError: without the right `campaigns.send`.
        NotFoundError: there is no such campaign.
    """
    actor.require(Right.CAMPAIGNS_SEND)
    with unit_of_work() as session:
        _, lost = _lost(session, campaign_id, recipient_id)
        askable = [attempt.id for attempt in lost.values() if can_be_asked(attempt.medium)]
        asked = Asked(len(askable), len(lost) - len(askable))
        if askable:
            attempts.want_asked(session, askable)
            _note(session, actor, "ask_again", campaign_id, recipient_id, asked.asked)
    return asked


def summarise_unknown(actor: ActingUser, campaign_id: int, recipient_id: int | None = None) -> RetrySummary:
    """What sending again would do to those whose answer was lost, or the one; as `summarise_retry`."""
    return retrying.summarise(actor, campaign_id, RecipientStatus.UNKNOWN, recipient_id)


def retry_unknown(
    actor: ActingUser, campaign_id: int, way: Medium | None = None, recipient_id: int | None = None
) -> Retried:
    """Send again to those whose answer was lost, who may get it twice; as `retry_failed`.

    The credits of an SMS that may have been sent are charged, for the provider may bill it.
    """
    return retrying.try_again(actor, campaign_id, RecipientStatus.UNKNOWN, way, recipient_id)


def assume_delivered(actor: ActingUser, campaign_id: int, recipient_id: int | None = None) -> int:
    """Take the messages for delivered, and charge their credits; gives how many. What is learnt later counts instead.

    Raises:
        ForbiddenError: without the right `campaigns.send`.
        NotFoundError: there is no such campaign.
    """
    actor.require(Right.CAMPAIGNS_SEND)
    with unit_of_work() as session:
        standings, lost = _lost(session, campaign_id, recipient_id)
        if lost:
            attempts.assume_delivered(session, [attempt.id for attempt in lost.values()])
            history = attempts.of_recipients(session, list(lost))
            books = settling.Books()
            settling.settle(session, [each for each in standings if each.id in lost], history, [], books)
            _note(session, actor, "assume_delivered", campaign_id, recipient_id, len(lost))
            settling.close_books(session, books)
    return len(lost)


def _lost(
    session: Session, campaign_id: int, recipient_id: int | None
) -> tuple[Sequence[Standing], Mapping[int, AttemptRow]]:
    """Recipients without an answer, locked, and the attempt of each that has none."""
    campaigns.get(session, campaign_id)
    unknown = RecipientStatus.UNKNOWN
    ids = [recipient_id] if recipient_id else recipients.list_ids(session, campaign_id, unknown, MOST_AT_ONCE)
    standings = [
        each
        for each in recipients.lock_standings(session, ids)
        if each.campaign_id == campaign_id and each.status is unknown
    ]
    history = attempts.of_recipients(session, [each.id for each in standings])
    return standings, {id_: found[-1] for id_, found in history.items() if found[-1].status is unknown}


def _note(
    session: Session, actor: ActingUser, action: str, campaign_id: int, recipient_id: int | None, number: int
) -> None:
    one = {"recipient": recipient_id} if recipient_id is not None else {}
    audit.record(
        session, action, "campaign", campaign_id, user_id=actor.id, actor=actor.email, recipients=number, **one
    )
    after_commit(session, partial(realtime.signal_campaign, campaign_id))
