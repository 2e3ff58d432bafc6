"""The third line of the deliverability column: what is under way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backend.domain.campaign_list import CampaignRow
from backend.domain.hold_ups import HoldUp, HoldUpCode
from backend.domain.schedules import to_local
from backend.domain.statuses import RunState
from unisoft_ui.texts import campaigns as texts
from unisoft_ui.texts import formats, number


@dataclass(frozen=True)
class RunNote:
    """`tone` is the run state or what holds it up: colour and icon follow from it.

    `moment` is the whole date behind the text, `sentence` all there is to say.
    """

    tone: str = ""
    text: str = ""
    moment: str = ""
    sentence: str = ""


def run_note(row: CampaignRow, zone: str, now: datetime) -> RunNote:
    """What is under way, in a few words; nothing for drafts and for ended runs that went well."""
    if row.run_state in {RunState.IDLE, RunState.DONE}:
        return RunNote()
    if row.hold_up:
        tone = "standstill" if row.hold_up.code is HoldUpCode.STANDSTILL else "held_up"
        return RunNote(tone, texts.HELD_UP[row.hold_up.code], sentence=hold_up_sentence(row.hold_up, zone, now))
    dated = row.run_state in {RunState.SCHEDULED, RunState.MISSED} and row.scheduled_at
    moment = formats.long_moment(to_local(dated, zone)) if dated else ""
    return RunNote(row.run_state, _text(row, zone, now), moment)


def hold_up_sentence(hold_up: HoldUp, zone: str, now: datetime) -> str:
    """Since when and why a run does not move, and what comes of it. A moment of today is told by its time."""
    since, today = to_local(hold_up.since, zone), to_local(now, zone).date()
    moment = formats.time(since) if since.date() == today else formats.short_moment(since, to_local(now, zone))
    return texts.held_up(hold_up.code, hold_up.medium or "", moment)


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
