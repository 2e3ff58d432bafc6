"""Count who a draft would reach, and compute the frozen targets of a campaign."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from backend import clock
from backend.database import reading
from backend.domain.additional_content import NO_CONTENT, AdditionalContent, measured
from backend.domain.channels import Medium
from backend.domain.personal_fields import fields_in, render_text, values_for
from backend.domain.rights import Right
from backend.domain.segments import SegmentCount, count_segments
from backend.domain.statuses import CreditState, Reason, RecipientStatus
from backend.domain.targeting import Candidate, Target, choose_targets, may_need_sms
from backend.models import Campaign
from backend.repositories import contacts
from backend.services.acting import ActingUser
from backend.services.additional_content import content_of
from backend.services.draft_input import DraftInput, channel_named
from backend.services.selecting import (
    TargetCount,
    count_selection,
    counted_targets,
    selection_entered,
    selection_of,
)
from backend.settings import get_settings


def count_targets(actor: ActingUser, draft: DraftInput) -> TargetCount:
    """Count the targets of a draft as entered; nothing is saved."""
    actor.require(Right.CAMPAIGNS_EDIT)
    selection, channel = selection_entered(draft), channel_named(draft.channel)
    with reading() as session:
        return count_selection(session, channel, selection, one_per_household=draft.one_per_household)


@dataclass(frozen=True, slots=True)
class FrozenTargets:
    """Everything validation needs to know, computed before its transaction begins."""

    rows: list[dict[str, Any]]
    per_medium: Mapping[Medium, int]
    left_out: Mapping[Reason, int]
    statuses: Mapping[RecipientStatus, int]
    credits_needed: int
    empty_fields: Mapping[str, int]

    @property
    def targets_count(self) -> int:
        """What the list shows as Targets, and what percentages are taken of."""
        return counted_targets(self.per_medium, self.left_out)


def compute_targets(session: Session, campaign: Campaign, used_fields: list[str]) -> FrozenTargets:
    """Choose the targets, fill in their fields, and count the segments of every SMS that may be sent."""
    media: Counter[Medium] = Counter()
    left_out: Counter[Reason] = Counter()
    statuses: Counter[RecipientStatus] = Counter()
    empty: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    segments = SegmentCounter(campaign.sms_text, content_of(session, campaign.id or 0))
    now = clock.now()
    for target in _chosen(session, campaign):
        fields = _fields(target.candidate, used_fields)
        needed = segments.count(fields) if may_need_sms(campaign.channel, target) else 0
        rows.append(_row(campaign.id or 0, target, fields, needed, now))
        statuses[target.status] += 1
        if target.medium:
            media[target.medium] += 1
            empty.update(name for name, value in fields.items() if not value)
        elif target.reason:
            left_out[target.reason] += 1
    return FrozenTargets(rows, media, left_out, statuses, sum(row["segments"] for row in rows), empty)


def _chosen(session: Session, campaign: Campaign) -> Iterator[Target]:
    candidates = contacts.list_candidates(session, selection_of(session, campaign))
    return choose_targets(campaign.channel, candidates, one_per_household=campaign.one_per_household)


def _fields(candidate: Candidate, used: list[str]) -> dict[str, str]:
    if not used:
        return {}
    values = values_for(candidate.first_name, candidate.last_name, candidate.hebrew_first_name)
    return {name: values[name] for name in used if name in values}


def _row(campaign_id: int, target: Target, fields: dict[str, str], segments: int, now: object) -> dict[str, Any]:
    return {
        "campaign_id": campaign_id,
        "contact_id": target.candidate.contact_id,
        "status": target.status,
        "reason": target.reason,
        "medium": target.medium,
        "address": target.address,
        "email": target.email,
        "mobile_e164": target.mobile_e164,
        "fields": json.dumps(fields, ensure_ascii=False) if fields else "{}",
        "segments": segments,
        "credit_state": CreditState.RESERVED if segments else CreditState.NONE,
        "attempt_count": 0,
        "updated_at": now,
    }


class SegmentCounter:
    """Counts the segments of a text after its fields and with its lines, once for each different set of values."""

    def __init__(self, text: str, additional: AdditionalContent = NO_CONTENT) -> None:
        self._text = text
        self._additional = additional
        self._origin = get_settings().origin
        self._used = fields_in(text)
        self._known: dict[tuple[str, ...], SegmentCount] = {}

    def count(self, fields: Mapping[str, str]) -> int:
        """The segments of the text with these fields."""
        return self.measure(fields).segments

    def measure(self, fields: Mapping[str, str]) -> SegmentCount:
        """Its segments, and how long it is."""
        key = tuple(fields.get(name, "") for name in self._used)
        if key not in self._known:
            whole = measured(Medium.SMS, render_text(self._text, fields), self._additional, self._origin)
            self._known[key] = count_segments(whole)
        return self._known[key]
