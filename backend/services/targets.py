"""Count who a draft would reach, and compute the frozen targets of a campaign."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sqlmodel import Session

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
from backend.repositories.recipients import Frozen
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

_to_json = json.JSONEncoder(ensure_ascii=False).encode  # `json.dumps` makes such an encoder at every call
# Where a text says the whole name, hardly two have the same values.
_MOST_KNOWN = 20_000


def count_targets(actor: ActingUser, draft: DraftInput) -> TargetCount:
    """Count the targets of a draft as entered; nothing is saved."""
    actor.require(Right.CAMPAIGNS_EDIT)
    selection, channel = selection_entered(draft), channel_named(draft.channel)
    with reading() as session:
        return count_selection(session, channel, selection, one_per_household=draft.one_per_household)


@dataclass(frozen=True, slots=True)
class ComputedTargets:
    """Everything validation needs to know, computed before its transaction begins."""

    per_medium: Mapping[Medium, int]
    left_out: Mapping[Reason, int]
    statuses: Mapping[RecipientStatus, int]
    credits_needed: int
    empty_fields: Mapping[str, int]

    @property
    def targets_count(self) -> int:
        """What the list shows as Targets, and what percentages are taken of."""
        return counted_targets(self.per_medium, self.left_out)


def compute_targets(
    session: Session, campaign: Campaign, used_fields: list[str], keep: Callable[[Frozen], object] | None = None
) -> ComputedTargets:
    """Choose the targets, fill in their fields, and count the segments of every SMS that may be sent.

    `keep` is given each recipient that was counted, one by one. Nothing else grows with their number but the sets of
    addresses that several contacts have, and of households where one of each gets the message.
    """
    media: Counter[Medium] = Counter()
    left_out: Counter[Reason] = Counter()
    statuses: Counter[RecipientStatus] = Counter()
    empty: Counter[str] = Counter()
    credits_needed = 0
    segments = SegmentCounter(campaign.sms_text, content_of(session, campaign.id or 0))
    for target in _chosen(session, campaign):
        fields = _fields(target.candidate, used_fields)
        needed = segments.count(fields) if may_need_sms(campaign.channel, target) else 0
        credits_needed += needed
        statuses[target.status] += 1
        if target.medium:
            media[target.medium] += 1
            empty.update(name for name, value in fields.items() if not value)
        elif target.reason:
            left_out[target.reason] += 1
        if keep:
            keep(_frozen(target, fields, needed))
    return ComputedTargets(media, left_out, statuses, credits_needed, empty)


def _chosen(session: Session, campaign: Campaign) -> Iterator[Target]:
    shared = contacts.shared_addresses(session)
    candidates = contacts.list_candidates(session, selection_of(session, campaign))
    return choose_targets(campaign.channel, candidates, one_per_household=campaign.one_per_household, shared=shared)


def _fields(candidate: Candidate, used: list[str]) -> dict[str, str]:
    if not used:
        return {}
    values = values_for(candidate.first_name, candidate.last_name, candidate.hebrew_first_name)
    return {name: values[name] for name in used if name in values}


def _frozen(target: Target, fields: dict[str, str], segments: int) -> Frozen:
    return Frozen(
        target.candidate.contact_id,
        target.status,
        target.reason,
        target.medium,
        target.address,
        target.email,
        target.mobile_e164,
        _to_json(fields) if fields else "{}",
        segments,
        CreditState.RESERVED if segments else CreditState.NONE,
    )


class SegmentCounter:
    """Counts the segments of a text after its fields and with its lines, once for each different set of values.

    Of 20,000 of these at a time, however many there are.
    """

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
            if len(self._known) == _MOST_KNOWN:
                self._known.clear()
            whole = measured(Medium.SMS, render_text(self._text, fields), self._additional, self._origin)
            self._known[key] = count_segments(whole)
        return self._known[key]
