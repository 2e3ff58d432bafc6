"""Why a run that should be sending does not move: noted from the answers of providers, told to the pages."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from backend import clock
from backend.domain.channels import Medium
from backend.domain.hold_ups import HoldUp, HoldUpCode, why_put_back
from backend.providers.base import SendResult, Verdict
from backend.repositories import campaigns
from backend.repositories.campaigns import Signs
from backend.services.settling import Books
from backend.settings import get_settings

LEASE_LOST = "lease_lost"
TURN_LOST = "turn_lost"
CANNOT_COMPOSE = "cannot_compose"
_OURS = frozenset({LEASE_LOST, TURN_LOST, CANNOT_COMPOSE})
"""Codes of messages that no provider was asked about."""

_TOLD_AFTER = timedelta(seconds=5)
"""A provider that asks for a moment of patience is nothing to tell."""

_SLACK_S = 15


def note_answers(books: Books, campaign_id: int, medium: Medium, results: Sequence[SendResult]) -> None:
    """Note whether the provider took any message of a window or refused it, and if it did neither, why."""
    if any(result.verdict is Verdict.ACCEPTED for result in results):
        books.answered[campaign_id] = medium
        return
    answers = [result for result in results if result.vendor_code not in _OURS]
    verdicts = {result.verdict for result in answers}
    if Verdict.REFUSED in verdicts:
        books.answered[campaign_id] = medium
    elif answers and Verdict.MISCONFIGURED not in verdicts:
        unclear = Verdict.UNKNOWN in verdicts
        code = HoldUpCode.PROVIDER_ERROR if unclear else why_put_back(answers[0].vendor_code)
        books.held_up[campaign_id] = medium, code


def find_hold_ups(session: Session, campaign_ids: Collection[int]) -> dict[int, HoldUp]:
    """What holds up each of these campaigns, of which all are sending; none of those that move.

    One statement, one more when a run is silent, and nothing is written: the disk may be full.
    """
    if not campaign_ids:
        return {}
    moment = clock.now()
    silence = timedelta(seconds=get_settings().provider_timeout_s + _SLACK_S)
    waiting = campaigns.list_waiting(session, campaign_ids)
    stands_still = any(signs.seen_at < moment - silence for signs in waiting) and not _is_at_work(
        campaigns.last_seen_worker(session), moment - silence
    )
    found = {signs.id: _hold_up(signs, moment, silence, stands_still=stands_still) for signs in waiting}
    return {campaign_id: hold_up for campaign_id, hold_up in found.items() if hold_up}


def _is_at_work(seen_at: datetime | None, since: datetime) -> bool:
    """Workers that are busy with other campaigns come to this one in its turn."""
    return seen_at is not None and seen_at >= since


def _hold_up(signs: Signs, moment: datetime, silence: timedelta, *, stands_still: bool) -> HoldUp | None:
    if stands_still and signs.seen_at < moment - silence:
        return HoldUp(HoldUpCode.STANDSTILL, signs.seen_at)
    if signs.held_up_code and signs.held_up_since and signs.held_up_since <= moment - _TOLD_AFTER:
        return HoldUp(HoldUpCode(signs.held_up_code), signs.held_up_since, signs.held_up_medium)
    return None
