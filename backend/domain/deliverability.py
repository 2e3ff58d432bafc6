"""What a provider's reports make of an attempt, and what the outcomes make of a campaign.

Source: the product description, "Recipients and deliverability". The vendors' words are in `vendors`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from backend.domain.channels import Medium
from backend.domain.statuses import HANDED_OVER, UNANSWERED
from backend.domain.statuses import RecipientStatus as Status
from backend.domain.vendors import VOCABULARIES
from backend.domain.vendors.vocabulary import Meaning

_RANK = {
    Status.PENDING: 0,
    Status.CLAIMED: 1,
    Status.UNKNOWN: 2,
    Status.ACCEPTED: 3,
    Status.SENT: 4,
    Status.CANCELLED: 5,
    Status.SKIPPED: 5,
    Status.FAILED: 6,
    Status.DELIVERED: 7,
    Status.READ: 8,
}

_PROGRESS = {
    (vendor, word): status
    for vendor, vocabulary in VOCABULARIES.items()
    for word, status in vocabulary.words.items()
    if status in HANDED_OVER
}
_GOES_WELL = HANDED_OVER | UNANSWERED

_SUCCESS = {
    Medium.EMAIL: {Status.DELIVERED, Status.READ},
    Medium.SMS: {Status.SENT, Status.DELIVERED, Status.READ},
    Medium.WHATSAPP: {Status.SENT, Status.DELIVERED, Status.READ},
}


class Report(NamedTuple):
    """One stored delivery event, as far as the outcome depends on it."""

    word: str
    vendor_code: str | None
    occurred_at: datetime


class Outcome(NamedTuple):
    """The status of an attempt and the vendor's code behind it."""

    status: Status
    vendor_code: str | None


def status_of_word(provider: str, word: str, vendor_code: str | None) -> Status | None:
    """The status a vendor's word stands for; None for words that change no outcome.

    Any error code beats a success word. An opt-out known to the vendor is not a failure: skipped.
    """
    vocabulary = VOCABULARIES.get(provider)
    if vocabulary is None or word not in vocabulary.words:
        return None
    if vocabulary.meaning_of(vendor_code) is Meaning.OPTED_OUT:
        return Status.SKIPPED
    if vocabulary.code_beats_word and vendor_code:
        return Status.FAILED
    return vocabulary.words[word]


def is_opt_out(provider: str, word: str) -> bool:
    """Whether a vendor's word says that the person wants no more. It changes no outcome."""
    vocabulary = VOCABULARIES.get(provider)
    return vocabulary is not None and word in vocabulary.opt_out_words


def is_view(provider: str, word: str) -> bool:
    """Whether a vendor's word says that the person opened the message; machines have words of their own."""
    vocabulary = VOCABULARIES.get(provider)
    return vocabulary is not None and word in vocabulary.view_words


def is_click(provider: str, word: str) -> bool:
    """Whether a vendor's word says that the person clicked something in the message."""
    vocabulary = VOCABULARIES.get(provider)
    return vocabulary is not None and word in vocabulary.click_words


def end_of(provider: str, medium: Medium, status: Status, words: Iterable[str]) -> str | None:
    """The word by which its provider bills an SMS that it took and that came to nothing; None for all else.

    Of reports that contradict each other the one that is billed counts. It is not the status: to the recipient
    `failed` and `undelivered` are the same, and an error code may come with any word.
    """
    if medium is not Medium.SMS or status not in {Status.FAILED, Status.SKIPPED} or provider not in VOCABULARIES:
        return None
    reported = set(words)
    return next((word for word in VOCABULARIES[provider].ends if word in reported), None)


def outcome_of(provider: str, answered: Outcome, reports: Iterable[Report]) -> Outcome:
    """The outcome of an attempt, given its answer at hand-over and every report about it.

    Depends on the set of reports only, so neither order nor repetition matters. A lower rank never
    beats a higher one. An email that bounces after it was delivered has failed: for emails the
    later of bounce and delivery, by the vendor's own time, decides, and a tie is a bounce.
    """
    vocabulary = VOCABULARIES.get(provider)
    later_decides = vocabulary is not None and vocabulary.later_report_decides
    best, bounces, arrivals = answered, [], []
    for report in reports:
        status = status_of_word(provider, report.word, report.vendor_code)
        if status is None:
            continue
        best = max(best, Outcome(status, report.vendor_code), key=_strength)
        if status is Status.FAILED:
            bounces.append((report.occurred_at, report.vendor_code or ""))
        elif status in {Status.DELIVERED, Status.READ}:
            arrivals.append(report.occurred_at)
    if later_decides and bounces and arrivals and max(bounces)[0] >= max(arrivals):
        return Outcome(Status.FAILED, max(bounces)[1] or None)
    return best


def progress_of(provider: str, word: str, vendor_code: str | None) -> Status | None:
    """How far a report says that the message got; None when it says anything else, or nothing."""
    return None if vendor_code else _PROGRESS.get((provider, word))


def furthest(before: Status, progress: Status) -> Status | None:
    """What a report of nothing but progress makes of an attempt; None when `outcome_of` has to be asked.

    The same as `outcome_of` with every report about the attempt: as long as it goes well, none that was taken into
    account can weigh more than the status does, and one that was not will be in its turn.
    """
    if before not in _GOES_WELL:
        return None
    return progress if _RANK[progress] > _RANK[before] else before


def _strength(outcome: Outcome) -> tuple[int, str]:
    return _RANK[outcome.status], outcome.vendor_code or ""


def rank(status: Status) -> int:
    """How far a status got; a lower rank never overwrites a higher one."""
    return _RANK[status]


def is_success(medium: Medium | None, status: Status) -> bool:
    """Whether the recipient counts as reached."""
    return medium is not None and status in _SUCCESS[medium]


class Deliverability(NamedTuple):
    """Counts of a campaign's recipients; skipped and cancelled ones are outside `total`."""

    total: int
    success: int
    failed: int
    pending: int

    @property
    def success_percent(self) -> int | None:
        """Rounded down; never 100 while anything is pending or failed; never 0 when there is one."""
        return _percent(self.success, self.total)

    @property
    def failed_percent(self) -> int | None:
        """As `success_percent`, for failures."""
        return _percent(self.failed, self.total)


def _percent(part: int, total: int) -> int | None:
    if total <= 0:
        return None
    return max(part * 100 // total, 1 if part else 0)


def deliverability(counts: Mapping[Status, int], sent_emails: int = 0) -> Deliverability:
    """Sum up the counters of a campaign.

    `sent_emails`: recipients of status `sent` on the email medium, which are still pending. Email
    providers report no `sent`, so it is 0 unless a provider that does is added.
    """
    success = counts[Status.SENT] - sent_emails + counts[Status.DELIVERED] + counts[Status.READ]
    pending = (
        counts[Status.PENDING] + counts[Status.CLAIMED] + counts[Status.ACCEPTED] + counts[Status.UNKNOWN] + sent_emails
    )
    failed = counts[Status.FAILED]
    return Deliverability(success + pending + failed, success, failed, pending)
