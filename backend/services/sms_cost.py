"""What the SMS of a draft would cost, counted as validating would reserve it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlmodel import Session

from backend.database import reading
from backend.domain.additional_content import AdditionalContent, ContentFile, ContentLink, measured
from backend.domain.channels import Medium, media_of
from backend.domain.file_types import FileKind
from backend.domain.personal_fields import fields_in, values_for
from backend.domain.rights import Right
from backend.domain.targeting import choose_targets, may_need_sms
from backend.repositories import contacts, credits
from backend.services.acting import ActingUser
from backend.services.additional_content import is_link
from backend.services.draft_input import DraftInput, channel_named
from backend.services.low_credit import low_credit_limit
from backend.services.selecting import selection_entered
from backend.services.targets import SegmentCounter
from backend.settings import get_settings

# The names of a contact that a field is made of: people who differ in no other are counted together.
_MADE_OF = {
    "first_name": {"first_name"},
    "last_name": {"last_name"},
    "hebrew_first_name": {"hebrew_first_name"},
    "full_name": {"first_name", "last_name"},
}
_MOST_HELD = 20_000
_Names = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class SmsCost:
    """`recipients` are those an SMS can go to; `needed` and `available` are SMS segments.

    `fewest` and `most`: the segments of the shortest and of the longest SMS. `longest` are the values, by personal
    field, of the recipient whose SMS is the longest: what to count with while the text is written.
    `low_below`: the threshold of low credit when less than that would be left; else 0.
    """

    recipients: int = 0
    needed: int = 0
    available: int = 0
    fewest: int = 0
    most: int = 0
    longest: Mapping[str, str] = field(default_factory=dict)
    low_below: int = 0


def sms_cost(actor: ActingUser, draft: DraftInput) -> SmsCost:
    """Count every SMS of a draft as entered, after its personal fields; nothing is saved.

    Raises:
        ForbiddenError: without the right `campaigns.edit`.
        InvalidInputError: `field="channel"`.
    """
    actor.require(Right.CAMPAIGNS_EDIT)
    channel_named(draft.channel)
    text = text_to_count(draft)
    with reading() as session:
        available = credits.get_balance(session).available
        return _cost(text, _people(session, draft, fields_in(text)), available)


def text_to_count(draft: DraftInput) -> str:
    """The SMS of this draft before its fields are filled in: as it is stored when it is saved, with its lines below."""
    text = draft.sms_text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        return ""
    links = [ContentLink(0, link.url, link.title) for link in draft.links if is_link(link)]
    files = [ContentFile("f0", FileKind.DOCUMENT, "", "", 0) for _ in draft.files]
    return measured(Medium.SMS, text, AdditionalContent(links, files), get_settings().origin)


def _people(session: Session, draft: DraftInput, used: list[str]) -> Iterator[tuple[_Names, int]]:
    """How many recipients have the same names, as far as the text uses them.

    The same names may come again, with more of them: only so many different ones are held at a time.
    """
    channel = channel_named(draft.channel)
    if Medium.SMS not in media_of(channel):
        return
    shared = contacts.shared_addresses(session)
    candidates = contacts.list_candidates(session, selection_entered(draft))
    targets = choose_targets(channel, candidates, one_per_household=draft.one_per_household, shared=shared)
    needing = (target.candidate for target in targets if may_need_sms(channel, target))
    first, last, hebrew = _needed_names(used)
    alike = Counter[_Names]()
    for each in needing:
        alike[
            each.first_name if first else "", each.last_name if last else "", each.hebrew_first_name if hebrew else ""
        ] += 1
        if len(alike) == _MOST_HELD:
            yield from alike.items()
            alike.clear()
    yield from alike.items()


def _needed_names(used: list[str]) -> tuple[bool, bool, bool]:
    """Whether the used fields need the first name, the last, and the Hebrew one."""
    needed = set[str]().union(*(_MADE_OF.get(name, set()) for name in used))
    return "first_name" in needed, "last_name" in needed, "hebrew_first_name" in needed


def _cost(text: str, people: Iterable[tuple[_Names, int]], available: int) -> SmsCost:
    counter, needed, recipients = SegmentCounter(text), 0, 0
    fewest, most, longest = 0, 0, dict[str, str]()
    longest_rank = (-1, -1)
    for names, number in people:
        fields = values_for(*names)
        counted = counter.measure(fields)
        if (counted.segments, counted.units) > longest_rank:
            longest, longest_rank = fields, (counted.segments, counted.units)
        fewest, most = min(fewest or counted.segments, counted.segments), max(most, counted.segments)
        needed, recipients = needed + counted.segments * number, recipients + number
    values = {name: longest.get(name, "") for name in fields_in(text)} if longest else {}
    low_below = low_credit_limit(available - needed) if 0 < needed <= available else 0
    return SmsCost(recipients, needed, available, fewest, most, values, low_below)
