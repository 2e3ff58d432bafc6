"""What a benchmark can be told on its command line."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from benchmarks.stages import DATABASES, Database


@dataclass(frozen=True)
class Asked:
    """How much to measure, and on what."""

    databases: tuple[Database, ...]
    recipients: int
    runs: int


def read(*, recipients: int, runs: int = 3) -> Asked:
    """The command line, over the sizes a benchmark has by itself. Ends the program when it makes no sense."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=DATABASES, help="measure this one only, not one after the other")
    parser.add_argument("--recipients", type=_whole, default=recipients)
    parser.add_argument("--runs", type=_whole, default=runs)
    given = parser.parse_args()
    return Asked((given.database,) if given.database else DATABASES, given.recipients, given.runs)


def _whole(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number
