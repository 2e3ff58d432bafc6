"""The campaigns of the demonstration: what each says, to whom, and how it went.

The texts follow the published use cases: announce, ask for a gift, greet, convene, confirm, inform.
They name weekdays and hours and no dates, because the demonstration begins whenever it is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from backend.domain.channels import Channel
from backend.domain.statuses import RunState


@dataclass(frozen=True, slots=True)
class Luck:
    """Shares of the hand-overs that end otherwise than delivered; they exclude each other."""

    refused: float = 0.0  # at once: no such number
    failed: float = 0.02  # later, by the carrier or the receiving server
    not_on_whatsapp: float = 0.06
    waiting: float = 0.0  # taken, and nothing heard since
    lost: float = 0.0  # the answer never came: unknown
    read: float = 0.45


GOOD, FAIR = Luck(), Luck(failed=0.06, waiting=0.01)
POOR = Luck(failed=0.12, refused=0.004, read=0.2)
BAD = Luck(failed=0.52, read=0.1)
PERFECT = Luck(failed=0.0, not_on_whatsapp=0.0, read=0.8)
RECENT = Luck(failed=0.015, waiting=0.09, read=0.2)
HALTING = Luck(refused=0.2, failed=0.03)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One campaign. `age_days`: since it was made. `handled`: the share of recipients before the run stopped.

    `starts_in_h`: hours from now to its scheduled moment, negative when that has passed.
    """

    title: str
    channel: Channel
    age_days: float
    categories: tuple[str, ...] = ()
    text: str = ""
    subject: str = ""
    html: str = ""
    template: str = ""
    run_state: RunState = RunState.DONE
    luck: Luck = GOOD
    handled: float = 1.0
    starts_in_h: float | None = None
    one_per_household: bool = False
    links: tuple[str, ...] = ()
    files: tuple[str, ...] = field(default_factory=tuple)

    @property
    def everyone(self) -> bool:
        return not self.categories
