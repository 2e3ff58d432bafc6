"""The invented community: its people with their flaws, its households and categories."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from random import Random
from typing import Any

from backend import clock
from backend.domain.addresses import AddressProblem
from backend.domain.channels import Medium
from backend.services.demo.people import demo_contacts

CONTACTS = 2_000
HOUSEHOLDS = 650

CATEGORIES = {
    "Members": "indigo",
    "Talmud Torah": "amber",
    "Donors": "green",
    "Parents": "plum",
    "Volunteers": "teal",
    "Seniors": "bronze",
    "Youth": "cyan",
    "Young adults": "violet",
    "Sukkah builders": "grass",
    "Voting members": "blue",
    "Birthdays": "pink",
    "Board": "crimson",
}

Person = dict[str, Any]


def _aged(low: int, high: int) -> Callable[[int], bool]:
    return lambda age: low <= age <= high


# How many belong to a category, and at which ages.
_MEMBERSHIP: dict[str, tuple[int, Callable[[int], bool]]] = {
    "Members": (1_180, _aged(16, 120)),
    "Talmud Torah": (168, _aged(5, 14)),
    "Donors": (433, _aged(25, 120)),
    "Parents": (261, _aged(28, 58)),
    "Volunteers": (94, _aged(16, 75)),
    "Seniors": (342, _aged(65, 120)),
    "Youth": (148, _aged(11, 18)),
    "Young adults": (186, _aged(18, 35)),
    "Sukkah builders": (214, _aged(16, 70)),
    "Voting members": (604, _aged(18, 120)),
    "Birthdays": (12, _aged(0, 120)),
    "Board": (9, _aged(30, 75)),
}

_LANDLINES, _INVALID_MOBILES, _NO_MOBILE = 18, 9, 30
_INVALID_EMAILS, _BOUNCED_EMAILS, _NO_EMAIL = 6, 10, 34
_NO_ADDRESS, _SHARED_EMAIL, _DECEASED = 8, 22, 16
_OPTED_OUT = {Medium.EMAIL: 31, Medium.SMS: 19, Medium.WHATSAPP: 6}


def people(rng: Random) -> list[Person]:
    """Columns of every contact, in order; a family stands together."""
    everybody = list(demo_contacts(CONTACTS))
    chosen = iter(rng.sample(range(1, CONTACTS), 600))
    for number, flaw in (
        (_LANDLINES, _with_landline),
        (_INVALID_MOBILES, _with_invalid_mobile),
        (_NO_MOBILE, _without_mobile),
        (_INVALID_EMAILS, _with_invalid_email),
        (_BOUNCED_EMAILS, _with_bounced_email),
        (_NO_EMAIL, _without_email),
        (_NO_ADDRESS, _without_address),
        (_DECEASED, _deceased),
    ):
        for _ in range(number):
            flaw(everybody[next(chosen)], rng)
    for _ in range(_SHARED_EMAIL):
        index = next(chosen)
        everybody[index]["email"] = everybody[index - 1]["email"]
        everybody[index]["email_problem"] = everybody[index - 1]["email_problem"]
    return everybody


def _with_landline(person: Person, rng: Random) -> None:
    # +33 1 99 00 is kept for films as well, as a landline of Paris.
    person |= {"mobile_e164": f"+331990{rng.randrange(10_000):05}", "mobile_problem": AddressProblem.LANDLINE}


def _with_invalid_mobile(person: Person, _rng: Random) -> None:
    person["mobile_problem"] = AddressProblem.INVALID


def _without_mobile(person: Person, _rng: Random) -> None:
    person["mobile_e164"] = None


def _with_invalid_email(person: Person, _rng: Random) -> None:
    person |= {"email": person["email"].rpartition(".")[0], "email_problem": AddressProblem.INVALID}


def _with_bounced_email(person: Person, _rng: Random) -> None:
    person["email_problem"] = AddressProblem.BOUNCED


def _without_email(person: Person, _rng: Random) -> None:
    person["email"] = None


def _without_address(person: Person, _rng: Random) -> None:
    person |= {"email": None, "mobile_e164": None}


def _deceased(person: Person, _rng: Random) -> None:
    person["is_deceased"] = True


def households(everybody: list[Person]) -> tuple[list[str], list[int | None]]:
    """Names of the households, and for each person the index of theirs: families that share a last name."""
    names: list[str] = []
    places: list[int | None] = []
    families = 0
    for index, person in enumerate(everybody):
        if index == 0 or person["last_name"] != everybody[index - 1]["last_name"]:
            families += 1
            if families <= HOUSEHOLDS:
                names.append(f"{person['last_name']} {families}")
        places.append(families - 1 if families <= HOUSEHOLDS else None)
    return names, places


def members(everybody: list[Person], rng: Random, today: date) -> dict[str, list[int]]:
    """Indexes of the people in each category."""
    ages = [today.year - person["birth_date"].year for person in everybody]
    chosen: dict[str, list[int]] = {}
    for name, (number, fits) in _MEMBERSHIP.items():
        fitting = [index for index, age in enumerate(ages) if fits(age)]
        chosen[name] = sorted(rng.sample(fitting, min(number, len(fitting))))
    return chosen


def opt_outs(everybody: list[Person], rng: Random) -> list[dict[str, Any]]:
    """Columns of the opt-outs: each by an address that works."""
    made: list[dict[str, Any]] = []
    for medium, number in _OPTED_OUT.items():
        key, problem = ("email", "email_problem") if medium is Medium.EMAIL else ("mobile_e164", "mobile_problem")
        addresses = sorted({person[key] for person in everybody if person[key] and not person[problem]})
        source = "link" if medium is Medium.EMAIL else "stop"
        made += [
            {"medium": medium, "address": address, "source": source, "created_at": clock.now()}
            for address in rng.sample(addresses, number)
        ]
    return made
