"""How many contacts a choice of targets reaches, in words."""

from __future__ import annotations

from dataclasses import dataclass, field

from backend.domain.channels import Channel, media_of
from backend.services.selecting import TargetCount
from unisoft_ui.texts import confirmation as reasons
from unisoft_ui.texts import editor as texts
from unisoft_ui.texts import number
from unisoft_ui.view_models.channels import ICONS


@dataclass(frozen=True)
class ReachedMedium:
    """Contacts whose first message goes by this medium; `width` of all recipients, for CSS."""

    icon: str
    label: str
    value: str
    width: str


@dataclass(frozen=True)
class ReachReason:
    """How many are left out, and why."""

    label: str
    value: str


@dataclass(frozen=True)
class Reach:
    """The panel beside the targets. `hint` stands there while nothing can be counted."""

    hint: str = texts.CHOOSE_CHANNEL
    total: str = ""
    noun: str = ""
    media: list[ReachedMedium] = field(default_factory=list)
    left_out: list[ReachReason] = field(default_factory=list)


def reach(channel: Channel, count: TargetCount) -> Reach:
    """What validation would make of the choice."""
    return Reach(
        hint="",
        total=number(count.total),
        noun=texts.RECIPIENT if count.total == 1 else texts.RECIPIENTS,
        media=[
            ReachedMedium(ICONS[medium], reasons.MEDIA[medium], number(part), _width(part, count.total))
            for medium in media_of(channel)
            for part in [count.per_medium.get(medium, 0)]
        ],
        left_out=[
            ReachReason(reasons.REASONS[reason], number(part))
            for reason, part in sorted(count.left_out.items(), key=lambda item: (-item[1], item[0]))
            if part
        ],
    )


def _width(part: int, total: int) -> str:
    return f"{part * 100 / total:.1f}%" if total else "0%"
