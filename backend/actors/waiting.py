"""Say once what a process waits for, and once that it is there."""

from __future__ import annotations

from dataclasses import dataclass, field

from redis.exceptions import RedisError

from backend.logs import brief, get_logger

log = get_logger(__name__)


@dataclass(slots=True)
class Waiting:
    """One for each thing that is tried again and again: `event` is how its lines begin."""

    event: str
    _told: str = field(default="", init=False)

    def note(self, error: Exception) -> None:
        """It failed. Logged when it is not what it failed for before."""
        reason = brief(error)
        if reason != self._told:
            self._told = reason
            log.warning(self.event, waits_for="Redis" if isinstance(error, RedisError) else "database", error=reason)

    def end(self) -> None:
        """It worked. Logged when it had failed before."""
        if self._told:
            self._told = ""
            log.info("no_longer_waiting", event_before=self.event)
