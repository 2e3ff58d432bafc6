"""What the engine has to know of a vendor's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from backend.domain.statuses import RecipientStatus

Vendor = Literal["twilio", "sendgrid", "whatsapp"]


class Meaning(StrEnum):
    """What a refusal tells about the person or the address."""

    OPTED_OUT = "opted_out"  # the person asked the vendor to stop: record it on our side
    BAD_ADDRESS = "bad_address"  # no message will ever arrive there: flag it
    NOT_ON_MEDIUM = "not_on_medium"  # the number works, but not on WhatsApp
    RETRIABLE = "retriable"  # out of reach this time; an operator may try again
    BLOCKED = "blocked"  # stopped by a carrier or a filter: trying again makes it worse
    OTHER = "other"


def _no_meaning(_code: str) -> Meaning:
    return Meaning.OTHER


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words and codes of one vendor, as they come in its answers and reports.

    `words`: what a report says → status; any other word changes no outcome. `meanings` by code; `further_meaning`
    reads codes that follow a pattern. `stops_run`: codes reported for one message, but true of all messages of the run.
    """

    vendor: Vendor
    words: Mapping[str, RecipientStatus]
    meanings: Mapping[str, Meaning]
    further_meaning: Callable[[str], Meaning] = _no_meaning
    stops_run: frozenset[str] = frozenset()
    opt_out_words: frozenset[str] = frozenset()
    """Words that change no outcome and say that the person wants no more."""
    view_words: frozenset[str] = frozenset()
    """Words that say that the person opened the message, each time."""
    click_words: frozenset[str] = frozenset()
    """Words that say that the person clicked something in it; the report names the address as `url`."""
    code_beats_word: bool = False
    """Whether a report with an error code is a failure, whatever its word."""
    later_report_decides: bool = False
    """Whether, of a failure and an arrival, the later one holds."""
    ends: Sequence[str] = ()
    """Words for how a message ended, by which the vendor bills it; of several that were reported, the first counts."""
    reports_name_attempts: bool = True
    """Whether its reports bring our reference, and not only its own id of the message."""

    def meaning_of(self, code: str | None) -> Meaning:
        """What a code says about the recipient; OTHER for one that says nothing, and for none."""
        return self.meanings.get(code or "") or self.further_meaning(code or "")
