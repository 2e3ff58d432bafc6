"""What happened to one recipient, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from backend.domain.channels import Medium
from backend.domain.deliverability import is_opt_out, status_of_word
from backend.domain.keywords import Keyword
from backend.domain.reactions import ClickedKind
from backend.domain.refusals import Meaning, meaning
from backend.domain.statuses import Reason, RecipientStatus
from backend.domain.tracking import RecipientRow

_LONGEST_LABEL = 300
_REFUSALS = frozenset({RecipientStatus.FAILED, RecipientStatus.SKIPPED})


class StepKind(StrEnum):
    """What kind of thing a step is."""

    TARGETED = "targeted"
    HANDED_OVER = "handed_over"
    TAKEN = "taken"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    REPORTED = "reported"
    OPT_OUT = "opt_out"
    FALLBACK = "fallback"
    RETRIED = "retried"
    ASSUMED = "assumed"
    REFUNDED = "refunded"
    OPENED = "opened"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class TriedAttempt:
    """An attempt as it is stored."""

    id: int
    number: int
    medium: Medium
    provider: str
    status: RecipientStatus
    provider_message_id: str | None
    vendor_code: str | None
    claimed_at: datetime
    answered_at: datetime | None
    assumed_at: datetime | None = None
    refunded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A delivery event without its payload."""

    id: int
    attempt_id: int
    provider: str
    word: str
    medium: Medium
    vendor_code: str | None
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Opening:
    """How often somebody opened one link or file. `label` is its title or name."""

    kind: ClickedKind
    item_id: int
    label: str
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. What does not belong to its kind is empty.

    `number` is of the attempt, `word` the provider's own, `status` what it makes of the attempt (None: nothing).
    `event_id` names the report whose raw text an administrator may read; 0 for what is no report.
    """

    kind: StepKind
    at: datetime
    medium: Medium | None = None
    number: int = 0
    provider: str = ""
    word: str = ""
    status: RecipientStatus | None = None
    reason: Reason | None = None
    vendor_code: str | None = None
    meaning: Meaning | None = None
    message_id: str = ""
    label: str = ""
    count: int = 0
    event_id: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What a contact answered; `text` is "" for a picture without words. `keyword`: what it asked for."""

    id: int
    medium: Medium
    text: str
    keyword: Keyword | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class RecipientHistory:
    """One recipient of a campaign. Steps are the newest first; `more` is how many older reports are not among them.

    `replies` are the contact's last ones, the newest first, to whatever campaign. Moments are UTC; `time_zone` is the
    organisation's.
    """

    campaign_id: int
    recipient: RecipientRow
    steps: Sequence[Step]
    more: int
    time_zone: str
    may_see_raw: bool
    replies: Sequence[Reply] = ()
    has_older_replies: bool = False


@dataclass(frozen=True, slots=True)
class OtherMessage:
    """Another message to the same contact. `is_deleted`: its campaign was deleted, and has no page any more."""

    recipient_id: int
    campaign_id: int
    title: str
    is_deleted: bool
    at: datetime
    medium: Medium | None
    status: RecipientStatus
    reason: Reason | None
    vendor_code: str | None
    meaning: Meaning | None


@dataclass(frozen=True, slots=True)
class OtherMessages:
    """Some of a contact's other messages, newest first. `next_before`: the cursor of the next ones, None at the end."""

    messages: Sequence[OtherMessage]
    next_before: int | None
    time_zone: str


def steps_of(
    recipient: RecipientRow,
    targeted_at: datetime,
    attempts: Sequence[TriedAttempt],
    reports: Sequence[StoredReport],
    openings: Sequence[Opening],
    first_attempt: int = 1,
    clicked: Mapping[int, str] = MappingProxyType({}),
) -> list[Step]:
    """The whole story, newest first. `attempts` in their order; `reports` in any. `first_attempt`: of the current try.
    `clicked`: the addresses that reports of clicks name, by their ids.

    A provider's clock may be behind ours, or count in whole seconds: no report is told before its hand-over.
    """
    by_id = {attempt.id: attempt for attempt in attempts}
    told: list[Step] = [Step(StepKind.TARGETED, targeted_at)]
    before: TriedAttempt | None = None
    for attempt in attempts:
        if attempt.number == first_attempt > 1:
            told.append(Step(StepKind.RETRIED, attempt.claimed_at, medium=attempt.medium))
        elif before is not None and before.medium is not attempt.medium:
            told.append(Step(StepKind.FALLBACK, attempt.claimed_at, medium=attempt.medium))
        told += _told(attempt, reports)
        before = attempt
    told += [
        _reported(report, by_id[report.attempt_id], clicked.get(report.id, ""))
        for report in sorted(reports, key=lambda each: each.id)
        if report.attempt_id in by_id
    ]
    told += [
        Step(StepKind.ASSUMED, attempt.assumed_at, medium=attempt.medium) for attempt in attempts if attempt.assumed_at
    ]
    told += [
        Step(StepKind.REFUNDED, attempt.refunded_at, medium=attempt.medium)
        for attempt in attempts
        if attempt.refunded_at
    ]
    told += [step for opening in openings for step in _opened(opening)]
    told += _end(recipient, before, reports)
    # Stable: what happened at one moment stays in the order of its causes.
    return sorted(told, key=lambda step: step.at)[::-1]


def _told(attempt: TriedAttempt, reports: Sequence[StoredReport]) -> list[Step]:
    """An attempt: handed over, and what was answered. The answer itself is not kept, only what came of it."""
    common = {"medium": attempt.medium, "number": attempt.number, "provider": attempt.provider}
    handed = Step(StepKind.HANDED_OVER, attempt.claimed_at, **common)
    answered_at = attempt.answered_at
    if answered_at is None:
        return [handed]
    message_id = attempt.provider_message_id or ""
    reported = any(report.attempt_id == attempt.id for report in reports)
    if message_id or reported:
        kind = StepKind.TAKEN
    elif attempt.status in _REFUSALS:
        kind = StepKind.REFUSED
    else:
        kind = StepKind.NO_ANSWER if attempt.status is RecipientStatus.UNKNOWN else StepKind.TAKEN
    refused = kind is StepKind.REFUSED
    answer = Step(
        kind,
        max(answered_at, attempt.claimed_at),
        message_id=message_id,
        status=attempt.status if refused else None,
        vendor_code=attempt.vendor_code if refused else None,
        meaning=_meaning(attempt.provider, attempt.vendor_code) if refused else None,
        **common,
    )
    return [handed, answer]


def _reported(report: StoredReport, attempt: TriedAttempt, clicked: str) -> Step:
    status = status_of_word(report.provider, report.word, report.vendor_code)
    return Step(
        StepKind.OPT_OUT if is_opt_out(report.provider, report.word) else StepKind.REPORTED,
        max(report.occurred_at, attempt.claimed_at),
        medium=report.medium,
        number=attempt.number,
        provider=report.provider,
        word=report.word,
        status=status,
        vendor_code=report.vendor_code,
        meaning=_meaning(report.provider, report.vendor_code) if status in _REFUSALS else None,
        label=clicked[:_LONGEST_LABEL],
        event_id=report.id,
    )


def _opened(opening: Opening) -> list[Step]:
    """The first time, and the last with how often it was in all."""
    first = Step(StepKind.OPENED, opening.first_at, label=opening.label, count=1)
    last = Step(StepKind.OPENED, opening.last_at, label=opening.label, count=opening.count)
    return [first, last] if opening.count > 1 else [first]


def _end(recipient: RecipientRow, last: TriedAttempt | None, reports: Sequence[StoredReport]) -> list[Step]:
    """What was decided without a provider: left out, cancelled, no address, or waiting for another medium."""
    status, at = recipient.status, recipient.updated_at
    if status is RecipientStatus.PENDING and last is not None and recipient.medium not in {None, last.medium}:
        return [Step(StepKind.FALLBACK, at, medium=recipient.medium)]
    ours = recipient.reason is not None or (status is RecipientStatus.CANCELLED and not reports)
    if not ours or status not in {*_REFUSALS, RecipientStatus.CANCELLED}:
        return []
    return [Step(StepKind.ENDED, at, medium=recipient.medium, status=status, reason=recipient.reason)]


def _meaning(provider: str, vendor_code: str | None) -> Meaning | None:
    return meaning(provider, vendor_code) if vendor_code else None
