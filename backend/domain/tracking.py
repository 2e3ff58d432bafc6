"""What the page of one campaign is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from backend.domain.campaign_list import Action
from backend.domain.channels import Channel, Medium
from backend.domain.deliverability import Deliverability
from backend.domain.hold_ups import HoldUp
from backend.domain.reactions import ClickedKind
from backend.domain.refusals import Meaning
from backend.domain.statuses import CampaignStatus, Reason, RecipientStatus, RunState
from backend.domain.timelines import Point

PAGE_SIZES = (25, 50, 100)
FEW = 10_000
"""Recipients of a tab that may be put in order at every reading; more have to come out of an index in their order."""
FEW_NAMES = 3_000
"""The same in the order of the names. With a million contacts to look for them in, both ways cost the same there."""
_MAX_SEARCH = 200
_MAX_ID = 2**31 - 1
_MOST_HINTS = 100
_LAST_MOMENT = 2**53 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RecipientTab(StrEnum):
    """The tabs above the list of recipients."""

    ALL = "all"
    SENT = "sent"
    FAILED = "failed"
    PENDING = "pending"
    LEFT_OUT = "left_out"
    NEEDS_ATTENTION = "needs_attention"


class RecipientSort(StrEnum):
    """What the recipients are in the order of."""

    SENDING = "sending"
    NAME = "name"
    UPDATED = "updated"


_TABS = set(RecipientTab)
_SORTS = set(RecipientSort)
STATUSES_OF: Mapping[RecipientTab, tuple[RecipientStatus, ...]] = {
    RecipientTab.ALL: tuple(RecipientStatus),
    RecipientTab.SENT: (RecipientStatus.SENT, RecipientStatus.DELIVERED, RecipientStatus.READ),
    RecipientTab.FAILED: (RecipientStatus.FAILED,),
    RecipientTab.PENDING: (RecipientStatus.PENDING, RecipientStatus.CLAIMED, RecipientStatus.ACCEPTED),
    RecipientTab.LEFT_OUT: (RecipientStatus.SKIPPED, RecipientStatus.CANCELLED),
    RecipientTab.NEEDS_ATTENTION: (RecipientStatus.UNKNOWN,),
}
"""Every status is under `all` and under exactly one other tab."""


_DEFAULT_SORT = RecipientSort.SENDING


@dataclass(frozen=True, slots=True)
class RecipientQuery:
    """One page of recipients. Takes anything; what does not fit becomes the default.

    The page begins after the recipient `after`, or ends before the recipient `before`; `after` wins. In the order of
    the last change `at` is when that recipient had changed, in microseconds since 1970: it may have changed again.
    `reasons` and `vendor_codes` are those whose text, in the reader's language, holds what is searched for: their
    recipients are found as well.
    """

    tab: RecipientTab = RecipientTab.ALL
    search: str = ""
    sort: RecipientSort = RecipientSort.SENDING
    descending: bool = False
    after: int | None = None
    before: int | None = None
    at: int | None = None
    page_size: int = PAGE_SIZES[0]
    reasons: Collection[Reason] = ()
    vendor_codes: Collection[str] = ()

    def __post_init__(self) -> None:
        after = _id(self.after)
        fitting = {
            "tab": RecipientTab(self.tab) if isinstance(self.tab, str) and self.tab in _TABS else RecipientTab.ALL,
            "search": _line(self.search),
            "sort": RecipientSort(self.sort) if isinstance(self.sort, str) and self.sort in _SORTS else _DEFAULT_SORT,
            "descending": self.descending is True,
            "after": after,
            "before": _id(self.before) if after is None else None,
            "at": _whole(self.at, _LAST_MOMENT),
            "page_size": self.page_size if self.page_size in PAGE_SIZES else PAGE_SIZES[0],
            "reasons": tuple(self.reasons)[:_MOST_HINTS],
            "vendor_codes": tuple(self.vendor_codes)[:_MOST_HINTS],
        }
        for name, value in fitting.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """One recipient as the page shows it. `meaning` tells a refusal of the vendor; None where there was none."""

    id: int
    contact_id: int
    first_name: str
    last_name: str
    hebrew_first_name: str
    medium: Medium | None
    address: str | None
    status: RecipientStatus
    reason: Reason | None
    vendor_code: str | None
    meaning: Meaning | None
    segments: int
    updated_at: datetime
    views: int = 0
    clicks: int = 0


@dataclass(frozen=True, slots=True)
class RecipientPage:
    """Recipients in their order. `next_after` and `previous_before` are the cursors of the neighbours; None at an end.

    `counts` are of the whole campaign, whatever is searched for. `sort` and `descending` are what the rows are in the
    order of: not what was asked for where that is not among `sorts`, those that this tab can have.
    """

    rows: Sequence[RecipientRow]
    counts: Mapping[RecipientTab, int]
    next_after: int | None
    previous_before: int | None
    next_at: int | None = None
    previous_at: int | None = None
    sort: RecipientSort = RecipientSort.SENDING
    descending: bool = False
    sorts: Sequence[RecipientSort] = tuple(RecipientSort)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Recipients by how far they got: `sent` holds the delivered ones too, and `delivered` those that were read.

    `sent`, `failed`, `pending`, `needs_attention`, `left_out` and `cancelled` add up to all of them. `clicked`: at
    least once, whatever else is known of them.
    """

    targets: int
    sent: int
    delivered: int
    read: int
    failed: int
    pending: int
    needs_attention: int
    left_out: int
    cancelled: int
    clicked: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """Recipients that failed, or were left out, for one reason. `meaning` is of the vendor's code, if there is one."""

    status: RecipientStatus
    reason: Reason | None
    vendor_code: str | None
    meaning: Meaning | None
    recipients: int


@dataclass(frozen=True, slots=True)
class MediumOutcome:
    """Recipients whose message went through one medium of a cascade last, counted as in `Numbers`."""

    medium: Medium
    processed: int
    sent: int
    delivered: int
    read: int
    failed: int


@dataclass(frozen=True, slots=True)
class LinkOutcome:
    """Something of a campaign that can be clicked, by how many people it was, and how often.

    `label` is its title or name, "" for an address in the text; `url` is where it leads, "" for a file. Both are empty
    for all addresses beyond those that are told apart.
    """

    kind: ClickedKind
    label: str
    url: str
    people: int
    clicks: int


@dataclass(frozen=True, slots=True)
class Course:
    """How a run went: a chart of at most sixty points, nothing before it began; what came of each medium of a cascade.

    `speed_per_s` is of the last minutes and `left_s` what it makes of who still waits; None while it cannot be told.
    """

    points: Sequence[Point] = ()
    media: Sequence[MediumOutcome] = ()
    speed_per_s: float | None = None
    left_s: int | None = None


@dataclass(frozen=True, slots=True)
class CampaignDetails:
    """One campaign as its own page shows it. Moments are UTC; `time_zone` is the organisation's.

    `failures` are the most frequent, at most fifty, counted among 50,000 failed and 50,000 left out;
    `other_failures` are the recipients that failed or were left out besides.
    Credits are SMS segments; `credits_spent` leaves out what was refunded, which is `credits_refunded`.
    `processed` is as on the list: recipients whose message was handed over or refused.
    `hold_up` tells why a run that is sending does not move; None when it does.
    `links` are those most clicked, at most fifty. `paused_by` is an address, None unless the run is paused.
    """

    id: int
    title: str
    subject: str
    channel: Channel
    status: CampaignStatus
    run_state: RunState
    halt_code: str | None
    late_by_s: int
    created_at: datetime
    validated_at: datetime | None
    validated_by: str | None
    scheduled_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    time_zone: str
    numbers: Numbers
    deliverability: Deliverability
    processed: int
    failures: Sequence[Failure]
    other_failures: int
    credits_spent: int
    credits_reserved: int
    credits_refunded: int = 0
    actions: Collection[Action] = ()
    hold_up: HoldUp | None = None
    course: Course = Course()
    links: Sequence[LinkOutcome] = ()
    paused_at: datetime | None = None
    paused_by: str | None = None
    language: str = "en"


def numbers_of(targets: int, counts: Mapping[RecipientStatus, int], clicked: int = 0) -> Numbers:
    """The numbers of a campaign from its counters."""
    read = counts[RecipientStatus.READ]
    delivered = counts[RecipientStatus.DELIVERED] + read
    tabs = tab_counts(counts)
    return Numbers(
        targets=targets,
        sent=tabs[RecipientTab.SENT],
        delivered=delivered,
        read=read,
        failed=tabs[RecipientTab.FAILED],
        pending=tabs[RecipientTab.PENDING],
        needs_attention=tabs[RecipientTab.NEEDS_ATTENTION],
        left_out=counts[RecipientStatus.SKIPPED],
        cancelled=counts[RecipientStatus.CANCELLED],
        clicked=clicked,
    )


def tab_counts(counts: Mapping[RecipientStatus, int]) -> dict[RecipientTab, int]:
    """How many recipients each tab holds, from the counters."""
    return {tab: sum(counts[status] for status in statuses) for tab, statuses in STATUSES_OF.items()}


def sorts_of(recipients: int) -> tuple[RecipientSort, ...]:
    """The orders that so many recipients can be shown in at the same price on every page.

    There is no index of the last change: it would be written at every change of a status, so three times a message.
    """
    return tuple(sort for sort in RecipientSort if sort is not RecipientSort.UPDATED or recipients <= FEW)


def microseconds(moment: datetime) -> int:
    """A moment as `RecipientQuery.at` has it."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(microseconds_since_1970: int) -> datetime:
    """The moment that `microseconds` was given."""
    return _EPOCH + timedelta(microseconds=microseconds_since_1970)


def _line(value: Any) -> str:
    """One printable line: lone surrogates and control characters are in no database."""
    text = value if isinstance(value, str) else ""
    return "".join(" " if c.isspace() else c for c in text if c.isprintable() or c.isspace()).strip()[:_MAX_SEARCH]


def _id(value: Any) -> int | None:
    return _whole(value, _MAX_ID)


def _whole(value: Any, most: int) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(most)):
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most else None
