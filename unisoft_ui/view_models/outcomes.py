"""The deliverability of a campaign: bar and percentages."""

from __future__ import annotations

from dataclasses import dataclass

from backend.domain.deliverability import Deliverability
from unisoft_ui.texts import campaigns as texts


@dataclass(frozen=True)
class Outcome:
    """`shown` is false where "—" stands. Widths are of CSS; `percent` is for the progress bar's value."""

    shown: bool = False
    success: str = ""
    failed: str = ""
    percent: int = 0
    any_success: bool = False
    any_failed: bool = False
    success_width: str = "0%"
    failed_width: str = "0%"
    pending_width: str = "0%"
    spoken: str = ""


def outcome_of(counts: Deliverability, *, is_draft: bool) -> Outcome:
    """Percentages are whole and never flatter; widths are exact."""
    success, failed = counts.success_percent, counts.failed_percent
    if is_draft or success is None or failed is None:
        return Outcome()
    pending = f"{max(100 - success - failed, 1)}%" if counts.pending else ""
    return Outcome(
        shown=True,
        success=f"{success}%",
        failed=f"{failed}%",
        percent=success,
        any_success=counts.success > 0,
        any_failed=counts.failed > 0,
        success_width=_width(counts.success, counts.total),
        failed_width=_width(counts.failed, counts.total),
        pending_width=_width(counts.pending, counts.total),
        spoken=texts.outcome(f"{success}%", f"{failed}%", pending),
    )


def _width(part: int, total: int) -> str:
    return f"{part * 100 / total:.2f}%"
