"""`python -m benchmarks.exports`: 1,000,000 recipients as a file: rows a second, and what the memory does meanwhile."""

from __future__ import annotations

import time

import psutil

from backend.domain.exports import ExportFormat
from backend.domain.tracking import RecipientQuery, RecipientSort
from backend.services.acting import OPERATOR
from backend.services.exporting import begin_export, pieces
from benchmarks import arguments
from benchmarks.recipients import RECIPIENTS, add_campaign
from benchmarks.reports import Figure, show
from benchmarks.stages import DATABASE_NAMES, stage
from unisoft_ui.view_models.exports import RecipientSheet

_EXPORTS = (
    (ExportFormat.CSV, RecipientSort.SENDING),
    (ExportFormat.CSV, RecipientSort.NAME),
    (ExportFormat.XLSX, RecipientSort.SENDING),
)
_MIB = 1024 * 1024


def main() -> None:
    asked = arguments.read(recipients=RECIPIENTS, runs=1)
    for database in asked.databases:
        with stage(database):
            campaign_id = add_campaign(asked.recipients)
            figures = [
                figure
                for form, sort in _EXPORTS
                for figure in _measure(campaign_id, form, sort, asked.recipients, asked.runs)
            ]
        show(f"{asked.recipients:,} recipients as a file, {DATABASE_NAMES[database]}", figures)


def _measure(campaign_id: int, form: ExportFormat, sort: RecipientSort, recipients: int, runs: int) -> list[Figure]:
    name, found = f"{form.value}, by {sort.value}", [_run(campaign_id, form, sort) for _ in range(runs)]
    return [
        Figure(name, "rows/s", [recipients / seconds for seconds, _, _, _ in found]),
        Figure(f"{name}, the first bytes", "ms", [first * 1000 for _, first, _, _ in found]),
        Figure(f"{name}, more memory", "MiB", [more for _, _, more, _ in found], digits=1),
        Figure(f"{name}, the file", "MiB", [size for _, _, _, size in found], digits=1),
    ]


def _run(campaign_id: int, form: ExportFormat, sort: RecipientSort) -> tuple[float, float, float, float]:
    """Seconds, in all and until the first rows; MiB: how much more is resident than after a tenth, and of the file."""
    process, started, size, first = psutil.Process(), time.perf_counter(), 0, 0.0
    resident: list[int] = []
    export = begin_export(OPERATOR, campaign_id, RecipientQuery(sort=sort), form)
    for number, piece in enumerate(pieces(export, RecipientSheet())):
        size += len(piece)
        if number == 1:
            first = time.perf_counter() - started
        resident.append(process.memory_info().rss)
    seconds = time.perf_counter() - started
    more = max(resident) - resident[len(resident) // 10]
    return seconds, first, more / _MIB, size / _MIB


if __name__ == "__main__":
    main()
