"""The words of how a run goes: its chart, its speed, what was clicked, and what came of each medium."""

from __future__ import annotations

from unisoft_ui.texts import formats, number

TIMELINE = "Timeline"
LINES = {"sent": "Sent", "delivered": "Delivered", "read": "Read or opened", "failed": "Failed"}
MEDIA = "Outcome per medium"
MEDIUM = "Medium"
OUTCOMES = ("Sent", "Delivered", "Read", "Failed")
LINKS = "Clicks per link"
OTHER_ADDRESSES = "Other addresses in the text"
GONE_FILE = "A file"
LESS_THAN_A_MINUTE = "Less than a minute left"
CLICKED = "Clicked"


def summary(start: str, end: str, sent: str, delivered: str, read: str, failed: str) -> str:
    """What the chart shows, for who cannot see it."""
    reached = f"{sent} sent, of which {delivered} delivered and {read} read or opened"
    return f"From {start} to {end}: {reached}; {failed} failed."


def left(minutes: int) -> str:
    return f"About {formats.duration(minutes)} left" if minutes else LESS_THAN_A_MINUTE


def per_second(count: int) -> str:
    return f"{number(count)} a second"


def per_minute(count: int) -> str:
    return f"{number(count)} a minute"


def paused(moment: str, name: str) -> str:
    return f"Paused {moment} by {name}" if name else f"Paused {moment}"


def clicks(count: int) -> str:
    return "1 click" if count == 1 else f"{number(count)} clicks"


def other_links(count: int) -> str:
    return "1 other link" if count == 1 else f"{number(count)} other links"


def people(count: int) -> str:
    return "1 person" if count == 1 else f"{number(count)} people"


def merged(count: int) -> str:
    """How many recipients got no message of their own, because somebody else got it for them."""
    return "1 duplicate merged" if count == 1 else f"{number(count)} duplicates merged"
