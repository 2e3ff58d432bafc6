"""What the list of campaigns is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from backend.domain.channels import Channel, Medium, media_of
from backend.domain.deliverability import Deliverability
from backend.domain.hold_ups import HoldUp
from backend.domain.rights import Right
from backend.domain.statuses import RUN_MOVES, CampaignStatus, RunState
from backend.errors import InvalidInputError

PAGE_SIZES = (10, 25, 50)
MOST_COUNTED = 1_000
"""Where counting the matches of a search stops, in each tab; "1,000" then means "at least 1,000"."""

MOST_SELECTED = 2_500
"""How many campaigns can be ticked one by one: fifty of the longest pages. "All results" has no limit."""

TRASH_DAYS = 30
_MAX_SEARCH = 200
_MAX_PAGE = 1_000_000
_MAX_ID = 2**31 - 1
_Choice = TypeVar("_Choice", bound=StrEnum)


class Tab(StrEnum):
    """The status tabs above the list."""

    ALL = "all"
    DRAFT = "draft"
    VALIDATED = "validated"


class Sort(StrEnum):
    """The columns the list can be sorted by."""

    DATE = "date"
    TARGETS = "targets"
    DELIVERABILITY = "deliverability"


class Action(StrEnum):
    """What the list lets somebody do with a campaign."""

    EDIT = "edit"
    VALIDATE = "validate"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    BACK_TO_DRAFT = "back_to_draft"
    DETAILS = "details"
    CONNECT_WHATSAPP = "connect_whatsapp"
    DUPLICATE = "duplicate"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class CampaignQuery:
    """One page of the list. Takes anything (it comes from addresses and websockets); what does not fit
    becomes the default, so a query that exists is a valid one. `page` counts from 1.
    """

    tab: Tab = Tab.ALL
    search: str = ""
    sort: Sort = Sort.DATE
    descending: bool = True
    page: int = 1
    page_size: int = PAGE_SIZES[0]

    def __post_init__(self) -> None:
        fitting = {
            "tab": _choice(self.tab, Tab.ALL),
            "search": _line(self.search),
            "sort": _choice(self.sort, Sort.DATE),
            "descending": self.descending is not False,
            "page": min(max(_whole(self.page, 1), 1), _MAX_PAGE),
            "page_size": size if (size := _whole(self.page_size, 0)) in PAGE_SIZES else PAGE_SIZES[0],
        }
        for name, value in fitting.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True, slots=True)
class TabCounts:
    """Campaigns in each tab that match the search.

    `bounded`: a search has more matches than were counted, so that the numbers are "at least": a tab stops at
    `MOST_COUNTED`, and a search for less than three characters looks at the newest 2,000 campaigns only.
    """

    draft: int = 0
    validated: int = 0
    bounded: bool = False

    @property
    def all(self) -> int:
        return self.draft + self.validated

    def of(self, tab: Tab) -> int:
        return {Tab.ALL: self.all, Tab.DRAFT: self.draft, Tab.VALIDATED: self.validated}[tab]

    def is_least(self, tab: Tab) -> bool:
        """Whether there may be more in a tab than were counted."""
        if not self.bounded:
            return False
        some_tab_is_full = MOST_COUNTED in {self.draft, self.validated}
        return tab is Tab.ALL or not some_tab_is_full or self.of(tab) == MOST_COUNTED


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """One campaign as the list shows it. `processed` counts the recipients whose message was handed over or refused.

    `hold_up` tells why a run that is sending does not move; None when it does.
    """

    id: int
    title: str
    channel: Channel
    status: CampaignStatus
    run_state: RunState
    created_at: datetime
    scheduled_at: datetime | None
    targets: int
    deliverability: Deliverability
    processed: int
    preview: str
    from_template: bool
    categories: Sequence[str]
    link_count: int
    file_count: int
    actions: Collection[Action] = ()
    hold_up: HoldUp | None = None


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """Rows of one page. `page` is the page they are from: the last one, when a later one was asked for."""

    rows: Sequence[CampaignRow]
    counts: TabCounts
    total: int
    page: int
    page_size: int
    time_zone: str
    may_create: bool = False


@dataclass(frozen=True, slots=True)
class CampaignSelection:
    """Which campaigns an act is for: some ids, or every result of a search but some.

    A search is resolved on the server when it is acted on; `newest_id` keeps out what was made since somebody
    looked. Takes anything, as it comes from the websocket; what is no id is left out.

    Raises:
        InvalidInputError: `too_many`, over `MOST_SELECTED` ids. Nothing is cut off silently.
    """

    ids: Collection[int] = ()
    all_results: bool = False
    tab: Tab = Tab.ALL
    search: str = ""
    excluded_ids: Collection[int] = ()
    newest_id: int | None = None

    def __post_init__(self) -> None:
        fitting = {
            "ids": _ids(self.ids),
            "all_results": self.all_results is True,
            "tab": _choice(self.tab, Tab.ALL),
            "search": _line(self.search),
            "excluded_ids": _ids(self.excluded_ids),
            "newest_id": _whole(self.newest_id, 0) or None,
        }
        for name, value in fitting.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True, slots=True)
class DeletionSummary:
    """What deleting a selection will do, or did. The kinds are campaigns, and exclude each other.

    `drafts` disappear; `scheduled` ones (paused or missed before their start, too) never send; `sending` ones are
    stopped first; `finished` ones are only hidden. Of the sending ones, so many messages already `left` and cannot
    be recalled, and so many recipients are `stopped`. `gone`: of the ids asked for, those deleted meanwhile.
    `newest_id` is for the `CampaignSelection` that confirms.
    """

    drafts: int = 0
    scheduled: int = 0
    sending: int = 0
    finished: int = 0
    left: int = 0
    stopped: int = 0
    gone: int = 0
    newest_id: int | None = None

    @property
    def total(self) -> int:
        """Campaigns that disappear from the list."""
        return self.drafts + self.scheduled + self.sending + self.finished


@dataclass(frozen=True, slots=True)
class TrashRow:
    """A deleted campaign that can still be restored. `run_state` is what it was in when it was deleted."""

    id: int
    title: str
    channel: Channel
    status: CampaignStatus
    run_state: RunState
    deleted_at: datetime
    deleted_by: str
    days_left: int


@dataclass(frozen=True, slots=True)
class TrashPage:
    """Rows of one page of the trash, the last deleted first. `page` is the page they are from."""

    rows: Sequence[TrashRow]
    total: int
    page: int
    page_size: int
    time_zone: str


@dataclass(frozen=True, slots=True)
class Restored:
    """Which campaigns came back. `gone`: not in the trash any more, or never were."""

    ids: Sequence[int] = field(default_factory=tuple)
    gone: int = 0


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What the possible actions depend on. `whatsapp_connected`: the organisation's account."""

    run_state: RunState
    channel: Channel = Channel.SMS
    has_started: bool = False
    whatsapp_connected: bool = True


_NEEDED_RIGHT = {
    Action.EDIT: Right.CAMPAIGNS_EDIT,
    Action.DUPLICATE: Right.CAMPAIGNS_EDIT,
    Action.DETAILS: Right.CAMPAIGNS_VIEW,
    Action.DELETE: Right.CAMPAIGNS_DELETE,
}  # everything else sends, or stops what is being sent
_RESUMABLE = frozenset({RunState.PAUSED, RunState.HALTED, RunState.MISSED})
_ENDED = frozenset({RunState.DONE, RunState.CANCELLED})


def _waits_for_whatsapp(facts: RowFacts) -> bool:
    """Only validated campaigns that have not ended: a draft may still change its channel."""
    under_way = facts.run_state is not RunState.IDLE and facts.run_state not in _ENDED
    return under_way and not facts.whatsapp_connected and Medium.WHATSAPP in media_of(facts.channel)


_IS_POSSIBLE: Mapping[Action, Callable[[RowFacts], bool]] = {
    Action.EDIT: lambda facts: facts.run_state is RunState.IDLE,
    Action.VALIDATE: lambda facts: facts.run_state is RunState.IDLE,
    Action.PAUSE: lambda facts: RunState.PAUSED in RUN_MOVES[facts.run_state],
    Action.RESUME: lambda facts: facts.run_state in _RESUMABLE,
    Action.CANCEL: lambda facts: RunState.CANCELLED in RUN_MOVES[facts.run_state],
    Action.BACK_TO_DRAFT: lambda facts: facts.run_state is RunState.SCHEDULED and not facts.has_started,
    Action.DETAILS: lambda facts: facts.run_state is not RunState.IDLE,
    Action.CONNECT_WHATSAPP: _waits_for_whatsapp,
    Action.DUPLICATE: lambda facts: True,
    Action.DELETE: lambda facts: True,
}


def actions_for(facts: RowFacts, rights: Collection[Right]) -> frozenset[Action]:
    """What can be done with a campaign, by somebody with these rights."""
    return frozenset(
        action
        for action in Action
        if _NEEDED_RIGHT.get(action, Right.CAMPAIGNS_SEND) in rights and _IS_POSSIBLE[action](facts)
    )


def restored_state(state: RunState) -> RunState:
    """What a campaign comes back as: nothing that was stopped ever starts again by itself."""
    return state if state is RunState.IDLE or state in _ENDED else RunState.CANCELLED


def _choice(value: Any, default: _Choice) -> _Choice:
    try:
        return type(default)(value)
    except ValueError:
        return default


def _line(value: Any) -> str:
    """One printable line. Lone surrogates and control characters are in no database."""
    text = value if isinstance(value, str) else ""
    return "".join(" " if c.isspace() else c for c in text if c.isprintable() or c.isspace()).strip()[:_MAX_SEARCH]


def _whole(value: Any, default: int) -> int:
    """`value` as an integer; only plain digits pass as text."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) <= 9 else default
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _ids(values: Any) -> tuple[int, ...]:
    """The ids among `values`, each once, in order: nothing else is in a column of ids."""
    if not isinstance(values, Collection) or isinstance(values, str | bytes):
        return ()
    if len(values) > MOST_SELECTED:
        raise InvalidInputError(code="too_many", field="selection", most=MOST_SELECTED)
    whole = {_whole(value, 0) for value in values}
    return tuple(sorted(number for number in whole if 0 < number <= _MAX_ID))
