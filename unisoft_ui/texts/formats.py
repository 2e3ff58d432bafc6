"""How dates and durations are written."""

from __future__ import annotations

from datetime import datetime

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONG_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def day(moment: datetime) -> str:
    """As "16 Sep 2026"."""
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def short_day(moment: datetime, now: datetime) -> str:
    """As "16 Sep"; in another year with the year."""
    return f"{moment.day} {MONTHS[moment.month - 1]}" if moment.year == now.year else day(moment)


def time(moment: datetime) -> str:
    """As "10:05"."""
    return f"{moment:%H:%M}"


def short_moment(moment: datetime, now: datetime) -> str:
    """As "24 Sep, 09:00"; in another year the year stands in place of the time: there is no room for both."""
    start = f"{moment.day} {MONTHS[moment.month - 1]}"
    return f"{start}, {time(moment)}" if moment.year == now.year else f"{start} {moment.year}"


def long_moment(moment: datetime) -> str:
    """As "Thursday 17 September 2026, 18:00"."""
    weekday, month = WEEKDAYS[moment.weekday()], LONG_MONTHS[moment.month - 1]
    return f"{weekday} {moment.day} {month} {moment.year}, {time(moment)}"


def duration(minutes: int) -> str:
    """As "31 h 36 min", or "3 days 4 h" from two days on."""
    hours, rest = divmod(minutes, 60)
    if hours >= 48:
        days, hours = divmod(hours, 24)
        return f"{days} days {hours} h" if hours else f"{days} days"
    return f"{hours} h {rest} min" if hours else f"{rest} min"


def zone(name: str) -> str:
    """Name a zone for people: "Europe/Paris" is "Paris time"."""
    return f"{name.rsplit('/', 1)[-1].replace('_', ' ')} time"
