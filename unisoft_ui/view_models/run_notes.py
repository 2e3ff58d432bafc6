"""The third line of the deliverability column: what is under way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backend.domain.campaign_list import CampaignRow
from backend.domain.schedules import to_local
from backend.domain.statuses import RunState
from unisoft_ui.texts import campaigns as texts
from unisoft_ui.texts import formats, number


@dataclass(frozen=True)
class RunNote:
    """`tone` is the run state, from which colour and icon follow; `moment` is the whole date behind the text."""

    tone: str = ""
    text: str = ""
    moment: str = ""


def run_note(row: CampaignRow, zone: str, now: datetime) -> RunNote:
    """What is under way, in a few words; nothing for drafts and for ended runs that went well."""
    if row.run_state in {RunState.IDLE, RunState.DONE}:
        return RunNote()
    dated = row.run_state in {RunState.SCHEDULED, RunState.MISSED} and row.scheduled_at
    moment = formats.long_moment(to_local(dated, zone)) if dated else ""
    return RunNote(row.run_state, _text(row, zone, now), moment)


def _text(row: CampaignRow, zone: str, now: datetime) -> str:
    if row.run_state is RunState.SENDING:
        return texts.sending(number(row.processed), number(row.deliverability.total))
    if row.run_state is RunState.SCHEDULED:
        return texts.scheduled(_moment(row.scheduled_at, zone, now))
    if row.run_state is RunState.MISSED:
        return texts.missed(_moment(row.scheduled_at, zone, now))
    return texts.RUN_STATES[row.run_state]


def _moment(moment: datetime | None, zone: str, now: datetime) -> str:
    return formats.short_moment(to_local(moment, zone), to_local(now, zone)) if moment else ""
