"""The words of deleting campaigns, and of the trash that keeps them."""

from __future__ import annotations

from backend.domain.campaign_list import TRASH_DAYS
from backend.domain.statuses import RunState
from unisoft_ui.texts import number

# Deleting
QUESTION = "Are you sure you want to delete these campaigns?"
CANCEL = "Cancel"
DELETE = "Delete"
COMPUTING = "Looking at what this does…"
ALL_GONE = "Somebody has deleted them meanwhile. There is nothing left to do."
KEPT = f"The trash keeps them for {TRASH_DAYS} days. Movements of credit and the history of contacts stay."
UNDO = "Undo"
VIEW_TRASH = "View trash"

# The trash
TITLE = "Trash"
SUBTITLE = f"Deleted campaigns stay here for {TRASH_DAYS} days. Nothing that was stopped is ever sent again by itself."
BACK = "Back to Message Campaigns"
TABLE_LABEL = "Deleted campaigns"
CAMPAIGN = "Campaign"
CHANNEL = "Channel"
STATE = "It was"
DELETED_AT = "Deleted"
DELETED_BY = "By"
LEFT = "Kept for"
ACTIONS = "Actions"
RESTORE = "Restore"
UNTITLED = "Without a title"
SYSTEM = "—"
SELECT_PAGE = "Select all on this page"
LOADING = "Loading the trash"
EMPTY_TITLE = "The trash is empty"
EMPTY_TEXT = "A campaign you delete stays here for a while, so that you can change your mind."
ERROR_TITLE = "The trash could not be loaded"
RESTORE_GONE = "They are no longer in the trash: somebody has restored them, or their time was over."

STATES = {
    RunState.IDLE: "Draft",
    RunState.SCHEDULED: "Scheduled",
    RunState.SENDING: "Sending",
    RunState.DONE: "Sent",
    RunState.PAUSED: "Paused",
    RunState.WAITING_CONNECTION: "Waiting for WhatsApp",
    RunState.MISSED: "Missed",
    RunState.HALTED: "Halted",
    RunState.HELD: "Held",
    RunState.CANCELLED: "Cancelled",
}
COMES_BACK_CANCELLED = "comes back as cancelled"


def title(count: int) -> str:
    return f"Delete {_campaigns(count)}"


def drafts(count: int) -> str:
    return "1 draft disappears." if count == 1 else f"{number(count)} drafts disappear."


def scheduled(count: int) -> str:
    if count == 1:
        return "1 scheduled campaign will not be sent, and its credit is released."
    return f"{number(count)} scheduled campaigns will not be sent, and their credit is released."


def sending(count: int, left: int, stopped: int) -> str:
    start = "1 campaign is" if count == 1 else f"{number(count)} campaigns are"
    return (
        f"{start} being sent, and stopped first: {number(left)} already left and cannot be recalled, "
        f"{number(stopped)} will be stopped."
    )


def finished(count: int) -> str:
    start = "1 finished campaign leaves" if count == 1 else f"{number(count)} finished campaigns leave"
    return f"{start} the list. What was delivered stays with its recipients."


def gone(count: int) -> str:
    return "1 was deleted meanwhile." if count == 1 else f"{number(count)} were deleted meanwhile."


def deleted(count: int) -> str:
    """What was done, for the toast."""
    return f"{_campaigns(count)} deleted."


def stopped(left: int, stopped: int) -> str:
    return f"{number(stopped)} messages were stopped, {number(left)} had already left."


def restored(count: int) -> str:
    return f"{_campaigns(count)} restored."


def days(count: int) -> str:
    return "1 day" if count == 1 else f"{number(count)} days"


def restore_one(title: str) -> str:
    """The name of a row's button."""
    return f"{RESTORE} {title}"


def restore_selected(count: int) -> str:
    return f"{RESTORE} ({number(count)})"


def _campaigns(count: int) -> str:
    return "1 campaign" if count == 1 else f"{number(count)} campaigns"
