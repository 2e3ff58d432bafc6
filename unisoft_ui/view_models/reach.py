"""How many contacts a choice of targets reaches, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from backend.domain.channels import Channel, Medium, media_of
from backend.domain.reach import Group, Obstacle, left_out_for, not_on, reachable_on
from backend.domain.statuses import Reason
from backend.services.selecting import TargetCount
from unisoft_ui.texts import number
from unisoft_ui.texts import targets as texts
from unisoft_ui.view_models.channels import ICONS

_LEFT_OUT = (Reason.DUPLICATE_ADDRESS, Reason.SAME_HOUSEHOLD, Reason.OPTED_OUT, Reason.DECEASED)


@dataclass(frozen=True)
class ReachReason:
    """A number, what it counts, and the group whose list stands behind it. `spoken` names its button."""

    label: str
    value: str
    group: str
    spoken: str


@dataclass(frozen=True)
class ReachedMedium:
    """Recipients that this medium reaches, and why it does not reach the others; `width` of all, for CSS."""

    icon: str
    label: str
    value: str
    width: str
    reasons: list[ReachReason]


@dataclass(frozen=True)
class Reach:
    """The panel beside the targets. `hint` stands there while nothing can be counted; `is_error`: it went wrong."""

    hint: str = texts.CHOOSE_CHANNEL
    is_error: bool = False
    total: str = ""
    noun: str = ""
    line: str = ""
    media: list[ReachedMedium] = field(default_factory=list)
    left_out: list[ReachReason] = field(default_factory=list)
    unreachable: str = ""


def reach(channel: Channel, count: TargetCount) -> Reach:
    """What validation would make of the choice."""
    groups = count.groups
    unreachable = count.left_out.get(Reason.NO_ADDRESS, 0)
    duplicates = count.left_out.get(Reason.DUPLICATE_ADDRESS, 0)
    return Reach(
        hint="",
        total=number(count.total),
        noun=texts.RECIPIENT if count.total == 1 else texts.RECIPIENTS,
        line=texts.chosen_line(groups.get(Group.SELECTED, 0), duplicates, groups.get(Group.EXCLUDED, 0)),
        media=[_medium(medium, count) for medium in media_of(channel)],
        left_out=[*_excluded(groups), *_left_out(count.left_out)],
        unreachable=texts.unreachable(unreachable) if unreachable else "",
    )


def group_title(group: str) -> str:
    """What a list is called; "" for a group that has none."""
    return _TITLES.get(group, "")


def _medium(medium: Medium, count: TargetCount) -> ReachedMedium:
    reached = count.groups.get(reachable_on(medium), 0)
    width = f"{reached * 100 / count.total:.1f}%" if count.total else "0%"
    reasons = [
        _reason(texts.OBSTACLES[medium][obstacle], many, not_on(medium, obstacle))
        for obstacle in Obstacle
        if (many := count.groups.get(not_on(medium, obstacle), 0))
    ]
    return ReachedMedium(ICONS[medium], texts.MEDIA[medium], number(reached), width, reasons)


def _excluded(groups: Mapping[str, int]) -> list[ReachReason]:
    many = groups.get(Group.EXCLUDED, 0)
    return [_reason(texts.EXCLUDED, many, Group.EXCLUDED.value)] if many else []


def _left_out(left_out: Mapping[Reason, int]) -> list[ReachReason]:
    counted = [(reason, left_out.get(reason, 0)) for reason in _LEFT_OUT]
    return [_reason(texts.REASONS[reason], many, left_out_for(reason)) for reason, many in counted if many]


def _reason(label: str, many: int, group: str) -> ReachReason:
    return ReachReason(label, number(many), group, texts.see_list(label, number(many)))


_TITLES: dict[str, str] = {
    Group.EXCLUDED: texts.EXCLUDED,
    Group.TOTAL: texts.ALL_RECIPIENTS,
    **{left_out_for(reason): words for reason, words in texts.REASONS.items()},
    **{not_on(medium, one): words for medium, known in texts.OBSTACLES.items() for one, words in known.items()},
}
