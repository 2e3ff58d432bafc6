"""What one run consists of, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


def _always() -> bool:
    return True


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Child:
    """A long-running process, started again when it ends."""

    name: str
    command: tuple[str, ...]
    ready: Callable[[], bool] = _always  # asked about ten times a second, until it first says yes
    ready_within_s: float = 90.0
    stop_within_s: float = 20.0  # between SIGTERM and SIGKILL


@dataclass(frozen=True)
class Step:
    """A command that has to succeed once before the services start."""

    name: str
    command: tuple[str, ...]
    take_output: Callable[[str], None] | None = None  # gets its standard output; else that goes to standard error


@dataclass(frozen=True)
class Plan:
    """Started from top to bottom and stopped from bottom to top."""

    environment: Mapping[str, str]
    foundation: tuple[Child, ...] = ()  # waited for before anything else starts
    companions: tuple[Child, ...] = ()
    preparation: tuple[tuple[Step, ...], ...] = ()  # sequences that run side by side
    services: tuple[Child, ...] = ()
    shared_variables: Mapping[str, str] = field(default_factory=dict)  # for commands in other terminals
    on_ready: Callable[[], None] = _nothing
    on_end: Callable[[], None] = _nothing
