"""The small table that every benchmark prints."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Figure:
    """One measured thing: its median is what counts, the runs show how steady it is."""

    name: str
    unit: str
    runs: Sequence[float]
    digits: int = 0

    @property
    def median(self) -> float:
        return statistics.median(self.runs)


def show(title: str, figures: Sequence[Figure]) -> None:
    """Print the figures, and under which conditions they were made."""
    print(f"\n{title}")
    load = os.getloadavg()[0]
    print(f"commit {_commit()} · {os.cpu_count()} CPUs, load {load:.1f} · Python {platform.python_version()}")
    width = max(len(figure.name) for figure in figures)
    for figure in figures:
        runs = " ".join(f"{run:,.{figure.digits}f}" for run in figure.runs)
        print(f"  {figure.name:<{width}}  {figure.median:>12,.{figure.digits}f} {figure.unit:<14} ({runs})")


def _commit() -> str:
    """The short hash, with "+" when files differ from it."""
    command = ["git", "-C", str(_ROOT), "describe", "--always", "--dirty=+", "--exclude=*"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.strip() or "unknown"
