"""What the list of campaigns is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from backend.domain.channels import Channel
from backend.domain.deliverability import Deliverability
from backend.domain.rights import Right
from backend.domain.statuses import RUN_MOVES, CampaignStatus, RunState

PAGE_SIZES = (10, 25, 50)
_MAX_SEARCH = 200
_MAX_PAGE = 1_000_000
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
    """Campaigns in each tab that match the search."""

    draft: int = 0
    validated: int = 0

    @property
    def all(self) -> int:
        return self.draft + self.validated

    def of(self, tab: Tab) -> int:
        return {Tab.ALL: self.all, Tab.DRAFT: self.draft, Tab.VALIDATED: self.validated}[tab]


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """One campaign as the list shows it. `processed` counts the recipients whose message was handed over or refused."""

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


_NEEDED_RIGHT = {Action.EDIT: Right.CAMPAIGNS_EDIT}  # everything else sends, or stops what is being sent
_MOVES = {Action.PAUSE: RunState.PAUSED, Action.CANCEL: RunState.CANCELLED}
_RESUMABLE = frozenset({RunState.PAUSED, RunState.HALTED, RunState.MISSED})


def actions_for(state: RunState, rights: Collection[Right]) -> frozenset[Action]:
    """What can be done with a campaign in a run state, by somebody with these rights."""
    return frozenset(
        action
        for action in Action
        if _NEEDED_RIGHT.get(action, Right.CAMPAIGNS_SEND) in rights and _is_possible(action, state)
    )


def _is_possible(action: Action, state: RunState) -> bool:
    if action in {Action.EDIT, Action.VALIDATE}:
        return state is RunState.IDLE
    if action is Action.RESUME:
        return state in _RESUMABLE
    return _MOVES[action] in RUN_MOVES[state]


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
