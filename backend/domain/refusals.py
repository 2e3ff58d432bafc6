"""What a vendor's refusal code says about the recipient, in our own words.

Pure, so that services need no vendor's library to read a code. The codes are in `vendors`.
"""

from __future__ import annotations

from backend.domain.channels import Medium
from backend.domain.vendors import VENDORS_OF, VOCABULARIES
from backend.domain.vendors.vocabulary import Meaning

__all__ = ["Meaning", "meaning", "meaning_on", "stops_run", "stops_run_on"]


def meaning(provider: str, vendor_code: str | None) -> Meaning:
    """What `vendor_code` says about the recipient; OTHER for a code that says nothing."""
    vocabulary = VOCABULARIES.get(provider)
    return vocabulary.meaning_of(vendor_code) if vocabulary else Meaning.OTHER


def meaning_on(medium: Medium | None, vendor_code: str | None) -> Meaning | None:
    """As `meaning`, for a code of whoever carried the message on that medium; None without a code."""
    if not medium or not vendor_code:
        return None
    told = (meaning(vendor, vendor_code) for vendor in VENDORS_OF[medium])
    return next((one for one in told if one is not Meaning.OTHER), Meaning.OTHER)


def stops_run(provider: str, vendor_code: str | None) -> bool:
    """Whether the code, in an answer or in a later report, is a fault of ours that every message will meet."""
    vocabulary = VOCABULARIES.get(provider)
    return vocabulary is not None and vendor_code in vocabulary.stops_run


def stops_run_on(medium: Medium, vendor_code: str | None) -> bool:
    """As `stops_run`, for a code of whoever carried the message on that medium."""
    return any(stops_run(vendor, vendor_code) for vendor in VENDORS_OF[medium])
