"""Email addresses and mobile numbers: one way to write each, and whether it can be used."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

_LONGEST_EMAIL = 254  # RFC 5321, as reported in erratum 1690 of RFC 3696
_PLAIN_LOCAL = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*")
_SHOWABLE_EMAIL = re.compile(r"[!-~]+@[!-~]+")
# ARCEP keeps these for films: no subscriber has one. phonenumbers knows no operator there and calls them invalid,
# but demonstrations and tests write to nobody else.
_FICTIONAL = re.compile(r"\+3363998\d{4}")
_MOBILE_TYPES = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
_FIXED_TYPES = {PhoneNumberType.FIXED_LINE, PhoneNumberType.VOIP}


class AddressProblem(StrEnum):
    """Why an address that is there cannot be used."""

    INVALID = "invalid"
    LANDLINE = "landline"
    BOUNCED = "bounced"


def normalise_email(text: str) -> tuple[str | None, AddressProblem | None]:
    """Lower case, the domain in ASCII (IDNA). Nothing entered gives (None, None).

    An invalid one keeps its text, where that is plain ASCII around an "@", so that it can be seen and repaired.
    """
    bare = "".join(_visible(text).split()).removeprefix("mailto:").lower()
    if not bare:
        return None, None
    local, _, domain = bare.rpartition("@")
    if _PLAIN_LOCAL.fullmatch(local) and len(local) <= 64:
        ascii_domain = _ascii_domain(domain)  # far fewer domains than people: most rows of a file end here
        if ascii_domain and len(local) + 1 + len(ascii_domain) <= _LONGEST_EMAIL:
            return f"{local}@{ascii_domain}", None
    try:
        checked = validate_email(bare, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError:
        showable = len(bare) <= _LONGEST_EMAIL and _SHOWABLE_EMAIL.fullmatch(bare)
        return (bare if showable else None), AddressProblem.INVALID
    return (checked.ascii_email or checked.normalized).lower(), None


@lru_cache(maxsize=4_096)
def _ascii_domain(domain: str) -> str | None:
    try:
        return validate_email(f"a@{domain}", check_deliverability=False, allow_smtputf8=False).ascii_domain.lower()
    except EmailNotValidError:
        return None


def normalise_mobile(text: str, region: str = "FR") -> tuple[str | None, AddressProblem | None]:
    """E.164. Nothing entered gives (None, None); what is no phone number at all (None, INVALID).

    `region` (ISO 3166) reads numbers written without a country. A number that no SMS reaches keeps its
    E.164 form with the problem: LANDLINE for fixed lines and internet telephony, INVALID for the rest.
    """
    bare = " ".join(_visible(text).split())
    if not bare:
        return None, None
    try:
        number = phonenumbers.parse(bare, region)
    except NumberParseException:
        return None, AddressProblem.INVALID
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if _FICTIONAL.fullmatch(e164):
        return e164, None
    if not phonenumbers.is_possible_number(number):
        return None, AddressProblem.INVALID
    return e164, _problem(number)


def _problem(number: PhoneNumber) -> AddressProblem | None:
    kind = phonenumbers.number_type(number)
    if kind in _MOBILE_TYPES:
        return None
    return AddressProblem.LANDLINE if kind in _FIXED_TYPES else AddressProblem.INVALID


def _visible(text: str) -> str:
    """Without control and formatting characters (bidi marks, zero-width, BOM); NFKC makes NBSP a space."""
    if text.isascii() and text.isprintable():
        return text
    folded = unicodedata.normalize("NFKC", text)
    return "".join(c for c in folded if unicodedata.category(c) != "Cf" and (c.isprintable() or c.isspace()))
