"""The words of choosing who receives a campaign."""

from __future__ import annotations

from backend.domain.channels import Medium
from backend.domain.reach import Obstacle
from backend.domain.statuses import Reason
from unisoft_ui.texts import number

TARGETS = "Targets"
TARGETS_LABEL = "Who receives it"
BY_CHOICE = "Chosen contacts"
EVERYONE = "Send to all my contacts"
CATEGORIES = "Categories"
ADD_CATEGORY = "Add a category"
NO_CATEGORIES = "There is no category yet."
MATCH_LABEL = "Contacts of several categories"
MATCH_ANY = "In any of them"
MATCH_ALL = "In all of them"
CONTACTS = "Individual contacts"
ADD_CONTACT = "Add a contact"
EXCLUDE = "Exclude"
ADD_EXCLUDED = "Exclude a category or contact"
ONE_PER_HOUSEHOLD = "One message per household"
ONE_PER_HOUSEHOLD_HELP = "Contacts who live together get it once."
NOT_CHOSEN = "Not chosen yet"
NAMELESS = "Contact without a name"
GONE = "Deleted contact"
LOADING_NAME = "…"
CATEGORY = "Category"
NOTHING_FOUND = "Nothing found"
FULL = "No more can be chosen one by one: put the contacts into a category."

RECIPIENTS = "recipients"
RECIPIENT = "recipient"
COUNTING = "Counting…"
CHOOSE_TARGETS = "Choose who receives the campaign to see how many contacts it reaches."
CHOOSE_CHANNEL = "Choose a channel to see how many contacts it reaches."
REACHABLE = "reachable"
LEFT_OUT = "Left out"
EXCLUDED = "Excluded by you"
SEE_LIST = "See list"
SELECTED = "Selected contacts"
ALL_RECIPIENTS = "Recipients"

MEDIA = {Medium.EMAIL: "Email", Medium.SMS: "SMS", Medium.WHATSAPP: "WhatsApp"}
_TELEPHONE = {
    Obstacle.MISSING: "No mobile number",
    Obstacle.LANDLINE: "Landline only",
    Obstacle.INVALID: "Invalid number",
    Obstacle.BOUNCED: "Number out of use",
}
OBSTACLES = {
    Medium.EMAIL: {
        Obstacle.MISSING: "No email address",
        Obstacle.INVALID: "Invalid address",
        Obstacle.LANDLINE: "Invalid address",
        Obstacle.BOUNCED: "Address bounced",
        Obstacle.OPTED_OUT: "Unsubscribed from emails",
    },
    Medium.SMS: {**_TELEPHONE, Obstacle.OPTED_OUT: "Unsubscribed from SMS"},
    Medium.WHATSAPP: {**_TELEPHONE, Obstacle.OPTED_OUT: "Unsubscribed from WhatsApp"},
}
REASONS = {
    Reason.DUPLICATE_ADDRESS: "Same address as another recipient",
    Reason.SAME_HOUSEHOLD: "Same household as another recipient",
    Reason.OPTED_OUT: "Unsubscribed",
    Reason.DECEASED: "Deceased",
    Reason.NO_ADDRESS: "Cannot be reached",
}

LIST_TEXT = "Counted now, with the targets as they are chosen."
LIST_LOADING = "Loading the contacts…"
LIST_EMPTY = "Nobody any more: the contacts have changed meanwhile."
NO_ADDRESS_SHOWN = "No address"


def chosen_line(selected: int, duplicates: int, excluded: int) -> str:
    """As "677 selected, 25 duplicates, 10 excluded"."""
    twice = f"{number(duplicates)} {'duplicate' if duplicates == 1 else 'duplicates'}"
    return f"{number(selected)} selected, {twice}, {number(excluded)} excluded"


def unreachable(count: int) -> str:
    return "1 contact cannot be reached" if count == 1 else f"{number(count)} contacts cannot be reached"


def see_list(label: str, count: str) -> str:
    """What a number is called for those who do not see it."""
    return f"{label}: {count}. See the list"


def remove(name: str) -> str:
    return f"Remove {name}"


def listed(title: str, count: int) -> str:
    return f"{title} ({number(count)})"


def more(count: int) -> str:
    return f"and {number(count)} more"


def found(count: int) -> str:
    return NOTHING_FOUND if not count else "1 found" if count == 1 else f"{number(count)} found"
