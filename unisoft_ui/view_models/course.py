"""How a run goes, in words and as a chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from backend.domain.channels import Channel
from backend.domain.reactions import ClickedKind
from backend.domain.schedules import to_local
from backend.domain.timelines import Point
from backend.domain.tracking import CampaignDetails, LinkOutcome, MediumOutcome
from unisoft_ui.texts import course as texts
from unisoft_ui.texts import formats, number
from unisoft_ui.view_models.channels import ChannelTag, channel_tag

LINKS_SHOWN = 8
_DAY_S = 86_400
_SOON_S = 50


@dataclass(frozen=True)
class Chart:
    """Points of the chart, at most sixty: what stands below each, and its numbers. No `summary`: nothing is drawn."""

    moments: list[str] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    delivered: list[int] = field(default_factory=list)
    read: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    summary: str = ""


@dataclass(frozen=True)
class MediumLine:
    """A medium, and its numbers in the order of `texts.OUTCOMES`."""

    medium: ChannelTag = field(default_factory=ChannelTag)
    numbers: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class LinkLine:
    """Something that can be clicked. `width` is of CSS."""

    key: str
    label: str
    url: str
    people: str
    clicks: str
    width: str


def chart(campaign: CampaignDetails, now: datetime) -> Chart:
    """The chart, in the organisation's zone; none before anything happened."""
    points = campaign.course.points
    if len(points) < 2 or not any((points[-1].sent, points[-1].failed)):
        return Chart()
    moments = _moments(points, campaign.time_zone)
    first, last = (_told(point.at, campaign.time_zone, now) for point in (points[0], points[-1]))
    numbers = (points[-1].sent, points[-1].delivered, points[-1].read, points[-1].failed)
    return Chart(
        moments=moments,
        sent=[point.sent for point in points],
        delivered=[point.delivered for point in points],
        read=[point.read for point in points],
        failed=[point.failed for point in points],
        summary=texts.summary(first, last, *map(number, numbers)),
    )


def _moments(points: Sequence[Point], zone: str) -> list[str]:
    """Times of day; with the day where they reach over more than one."""
    local = [to_local(point.at, zone) for point in points]
    with_day = (points[-1].at - points[0].at).total_seconds() >= _DAY_S or local[0].day != local[-1].day
    return [
        f"{at.day} {formats.MONTHS[at.month - 1]} {formats.time(at)}" if with_day else formats.time(at) for at in local
    ]


def _told(moment: datetime, zone: str, now: datetime) -> str:
    return formats.short_moment(to_local(moment, zone), to_local(now, zone))


def pace(campaign: CampaignDetails, now: datetime) -> tuple[str, str]:
    """How long it will take, and how fast it goes; or since when it is paused, and nothing. Empty: not known."""
    course = campaign.course
    if campaign.paused_at:
        return texts.paused(_told(campaign.paused_at, campaign.time_zone, now), campaign.paused_by or ""), ""
    if course.left_s is None or not course.speed_per_s:
        return "", ""
    minutes = -(-course.left_s // 60) if course.left_s > _SOON_S else 0
    return texts.left(minutes), _speed(course.speed_per_s)


def _speed(per_s: float) -> str:
    return texts.per_second(round(per_s)) if per_s >= 1 else texts.per_minute(max(round(per_s * 60), 1))


def media_lines(media: Sequence[MediumOutcome]) -> list[MediumLine]:
    """The media that were used."""
    return [
        MediumLine(
            channel_tag(Channel(one.medium)), [number(n) for n in (one.sent, one.delivered, one.read, one.failed)]
        )
        for one in media
        if one.processed
    ]


def link_lines(links: Sequence[LinkOutcome]) -> list[LinkLine]:
    """What was clicked most, and links that nobody clicked."""
    most = max((link.people for link in links), default=0) or 1
    return [
        LinkLine(
            key=f"{place}",
            label=_label(link),
            url=link.url,
            people=texts.people(link.people),
            clicks=texts.clicks(link.clicks) if link.clicks else "",
            width=f"{link.people * 100 / most:.1f}%",
        )
        for place, link in enumerate(links[:LINKS_SHOWN])
    ]


def _label(link: LinkOutcome) -> str:
    other = texts.GONE_FILE if link.kind is ClickedKind.FILE else texts.OTHER_ADDRESSES
    return link.label or link.url or other
