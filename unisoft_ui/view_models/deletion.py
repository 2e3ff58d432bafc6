"""What deleting campaigns will do, or did, in words."""

from __future__ import annotations

from dataclasses import dataclass, field

from backend.domain.campaign_list import CampaignSelection, DeletionSummary
from unisoft_ui.texts import trash as texts


@dataclass(frozen=True)
class Consequence:
    """One line of the question. `icon` is out of those the dialog knows."""

    icon: str
    text: str


@dataclass(frozen=True)
class Deletion:
    """The dialog. `possible` is false where there is nothing left to delete."""

    title: str = ""
    consequences: list[Consequence] = field(default_factory=list)
    note: str = ""
    possible: bool = False


def deletion(summary: DeletionSummary) -> Deletion:
    """The question, as of now."""
    if not summary.total:
        return Deletion(texts.title(summary.gone), note=texts.ALL_GONE)
    return Deletion(texts.title(summary.total), _consequences(summary), texts.KEPT, possible=True)


def _consequences(summary: DeletionSummary) -> list[Consequence]:
    sending = texts.sending(summary.sending, summary.left, summary.stopped)
    lines = (
        (summary.sending, "octagon-alert", sending),
        (summary.scheduled, "calendar-clock", texts.scheduled(summary.scheduled)),
        (summary.drafts, "pencil", texts.drafts(summary.drafts)),
        (summary.finished, "check", texts.finished(summary.finished)),
        (summary.gone, "info", texts.gone(summary.gone)),
    )
    return [Consequence(icon, text) for count, icon, text in lines if count]


def deleted_sentence(done: DeletionSummary) -> str:
    """What happened, for the toast."""
    if not done.total:
        return texts.ALL_GONE
    sentence = texts.deleted(done.total)
    return f"{sentence} {texts.stopped(done.left, done.stopped)}" if done.sending else sentence


def can_be_undone(done: DeletionSummary, selection: CampaignSelection) -> bool:
    """Whether restoring the same ids gives back what there was: nothing that was stopped starts again."""
    return bool(done.total) and not (selection.all_results or done.scheduled or done.sending)
