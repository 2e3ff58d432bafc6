"""The recipients of a campaign, in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from backend.domain.channels import Medium
from backend.domain.refusals import Meaning
from backend.domain.schedules import to_local
from backend.domain.search import fold, search_words
from backend.domain.statuses import Reason, RecipientStatus
from backend.domain.tracking import RecipientPage, RecipientQuery, RecipientRow, RecipientSort, RecipientTab
from unisoft_ui.texts import campaigns, formats, initials, number
from unisoft_ui.texts import details as texts
from unisoft_ui.view_models.channels import ICONS, ChannelTag
from unisoft_ui.view_models.phone_numbers import readable

_MEDIUM_SCHEMES = {Medium.EMAIL: "blue", Medium.SMS: "violet", Medium.WHATSAPP: "green"}
_LOOKS = {
    RecipientStatus.PENDING: ("gray", "hourglass"),
    RecipientStatus.CLAIMED: ("gray", "hourglass"),
    RecipientStatus.ACCEPTED: ("gray", "hourglass"),
    RecipientStatus.SENT: ("indigo", "send"),
    RecipientStatus.DELIVERED: ("green", "check-check"),
    RecipientStatus.READ: ("green", "eye"),
    RecipientStatus.FAILED: ("red", "circle-x"),
    RecipientStatus.SKIPPED: ("gray", "user-minus"),
    RecipientStatus.CANCELLED: ("gray", "ban"),
    RecipientStatus.UNKNOWN: ("orange", "triangle-alert"),
}
_REFUSED = {RecipientStatus.FAILED, RecipientStatus.SKIPPED}
_SENDING = "sending-asc"
_FIRST_DIRECTION = {RecipientSort.NAME.value: "asc", RecipientSort.UPDATED.value: "desc"}
_TONES = ("teal", "plum", "amber", "blue", "green")
STATUS_ICONS = tuple(dict.fromkeys(icon for _, icon in _LOOKS.values()))


@dataclass(frozen=True)
class RecipientLine:
    """One row. Texts are ready to show; an empty one is not shown. `code` is the provider's."""

    id: int
    button_id: str
    name: str
    initials: str
    tone: str
    hebrew_name: str
    medium: ChannelTag
    address: str
    status: ChannelTag
    views: str
    clicks: str
    segments: str
    updated: str
    moment: str
    reason: str
    code: str


@dataclass(frozen=True)
class Recipients:
    """A page of recipients. `next_after` and `previous_before` are ids, -1 when there is no such page."""

    lines: list[RecipientLine] = field(default_factory=list)
    tabs: list[str] = field(default_factory=list)
    next_after: int = -1
    next_at: int = -1
    previous_before: int = -1
    previous_at: int = -1


def recipients(page: RecipientPage, zone: str, now: datetime) -> Recipients:
    """A page as it is shown, in the organisation's zone."""
    return Recipients(
        lines=[_line(row, zone, now) for row in page.rows],
        tabs=[texts.tab(tab, number(page.counts[tab])) for tab in RecipientTab],
        next_after=-1 if page.next_after is None else page.next_after,
        next_at=-1 if page.next_at is None else page.next_at,
        previous_before=-1 if page.previous_before is None else page.previous_before,
        previous_at=-1 if page.previous_at is None else page.previous_at,
    )


def sort_code(sort: RecipientSort, *, descending: bool) -> str:
    """An order as the page's choice names it."""
    return f"{sort.value}-{'desc' if descending else 'asc'}"


def choice_of(code: object) -> tuple[str, bool]:
    """The order and its direction behind a code that a page sent; `RecipientQuery` refuses what is none."""
    sort, _, order = code.partition("-") if isinstance(code, str) else ("", "", "")
    return sort, order == "desc"


def next_choice(query: RecipientQuery, column: object) -> str:
    """What a click on the head of a column leads to: its first direction, the other one, the order of sending."""
    if not isinstance(column, str) or column not in _FIRST_DIRECTION:
        return _SENDING
    first = _FIRST_DIRECTION[column]
    if query.sort.value != column:
        return f"{column}-{first}"
    other = "asc" if first == "desc" else "desc"
    return f"{column}-{other}" if query.descending is (first == "desc") else _SENDING


def tab_labels(count: str) -> list[str]:
    """The tabs with the same sign for every count: loading, or unknown."""
    return [texts.tab(tab, count) for tab in RecipientTab]


def told_by(search: str) -> tuple[tuple[Reason, ...], tuple[str, ...]]:
    """The reasons and the providers' codes whose sentence holds the words searched for."""
    words = search_words(search)
    reasons = tuple(reason for reason, sentence in texts.REASONS.items() if _holds(sentence, words))
    return reasons, tuple(code for code, sentence in texts.VENDOR_CODES.items() if _holds(sentence, words))


def reason_sentence(reason: Reason | None, vendor_code: str | None, meaning: Meaning | None) -> str:
    """Why somebody was not reached, in plain words."""
    if reason is not None:
        return texts.REASONS.get(reason, texts.NO_REASON)
    if vendor_code in texts.VENDOR_CODES:
        return texts.VENDOR_CODES[vendor_code]
    return texts.MEANINGS[meaning] if meaning else texts.NO_REASON


def code_behind(reason: Reason | None, vendor_code: str | None) -> str:
    """The provider's code; "" where the reason is ours: the code is of a medium tried before."""
    return texts.code(vendor_code) if vendor_code and reason is None else ""


def _holds(sentence: str, words: list[str]) -> bool:
    folded = fold(sentence)
    return bool(words) and all(word in folded for word in words)


def _line(row: RecipientRow, zone: str, now: datetime) -> RecipientLine:
    updated = to_local(row.updated_at, zone)
    return RecipientLine(
        id=row.id,
        button_id=button_id(row.id),
        name=name_of(row),
        initials=initials_of(row),
        tone=tone_of(row.contact_id),
        hebrew_name=row.hebrew_first_name,
        medium=medium_tag(row.medium),
        address=readable(row.address) if row.address else texts.NOTHING,
        status=status_tag(row.status),
        views=number(row.views) if row.views else texts.NOTHING,
        clicks=number(row.clicks) if row.clicks else texts.NOTHING,
        segments=number(row.segments) if row.segments else texts.NOTHING,
        updated=formats.short_moment(updated, to_local(now, zone)),
        moment=formats.long_moment(updated),
        reason=why(row),
        code=code_behind(row.reason, row.vendor_code) if row.status in _REFUSED else "",
    )


def button_id(recipient_id: int) -> str:
    """The id of the button that opens a recipient: where the focus goes back to."""
    return f"recipient-{recipient_id}"


def name_of(row: RecipientRow) -> str:
    return f"{row.first_name} {row.last_name}".strip() or row.hebrew_first_name or texts.NOTHING


def initials_of(row: RecipientRow) -> str:
    name = name_of(row)
    return "" if name == texts.NOTHING else initials(name)


def tone_of(contact_id: int) -> str:
    """The colour of a contact's initials, always the same."""
    return _TONES[contact_id % len(_TONES)]


def why(row: RecipientRow) -> str:
    """Why somebody was not reached; "" for whoever was, or may still be."""
    if row.status is RecipientStatus.UNKNOWN:
        return texts.UNKNOWN_REASON
    return reason_sentence(row.reason, row.vendor_code, row.meaning) if row.status in _REFUSED else ""


def medium_tag(medium: Medium | None) -> ChannelTag:
    """The tag of a medium, an empty one for none."""
    return ChannelTag(campaigns.MEDIA[medium], _MEDIUM_SCHEMES[medium], ICONS[medium]) if medium else ChannelTag()


def status_tag(status: RecipientStatus) -> ChannelTag:
    """The tag of a recipient's status."""
    scheme, icon = _LOOKS[status]
    return ChannelTag(texts.STATUSES[status], scheme, icon)
