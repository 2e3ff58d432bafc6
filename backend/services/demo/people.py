"""Invented people. Their addresses belong to nobody: reserved domains, and numbers without subscribers.

Emails are under example.org, .com and .net (RFC 2606). Mobiles come from +33 6 39 98 xx xx, which ARCEP keeps
for films; when these 9,989 are used up, from +33 700 xx xx xx, which has ten digits in no network.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from backend.domain.search import fold

SEED = 18
_BORN_BEFORE = date(2022, 1, 1)
_OLDEST_DAYS = 92 * 365
_DOMAINS = ("example.org", "example.com", "example.net")
_FIRST_ENDING = 11  # numbers that end in 0001 to 0010 are kept by tests for special behaviour
_FOR_FILMS = 10_000 - _FIRST_ENDING
_MOST = 90 * (10_000 - _FIRST_ENDING)

# A Hebrew form where the name has one.
_FIRST_NAMES = """
Ruth רות, Samuel שמואל, Esther אסתר, Michel מיכאל, Noa נועה, Daniel דניאל, Myriam מרים, Jonathan יונתן, Léa לאה,
Raphaël רפאל, Sarah שרה, David דוד, Rachel רחל, Benjamin בנימין, Hannah חנה, Nathan נתן, Déborah דבורה, Élie אליהו,
Judith יהודית, Gabriel גבריאל, Rébecca רבקה, Simon שמעון, Tamar תמר, Aaron אהרון, Yaël יעל, Joseph יוסף, Naomi נעמי,
Jacob יעקב, Abigaïl אביגיל, Isaac יצחק, Talia טליה, Ariel אריאל, Eden עדן, Salomé שלומית, Emmanuel עמנואל, Shira שירה,
Moïse משה, Liora ליאורה, Ézéchiel יחזקאל, Avital אביטל, Chloé, Thomas, Camille, Antoine, Juliette, Nicolas, Margaux,
Philippe, Françoise, Guillaume, Emily, James, Charlotte, Edward, Alice, George, Rose, Henry, Sophie, Arthur
"""
_LAST_NAMES = """
Azoulay אזולאי, Bitton ביטון, Cohen כהן, Dahan דהן, Elbaz אלבז, Fitoussi פיטוסי, Guez גז, Haddad חדד, Journo ז׳ורנו,
Karsenti קרסנטי, Lévy לוי, Benhamou בן חמו, Amsellem אמסלם, Toledano טולדנו, Abitbol אביטבול, Sebag סבג, Zerbib זרביב,
Attal עטל, Bensoussan בן שושן, Chetrit שטרית, Ohana אוחנה, Malka מלכה, Nahon נהון, Partouche פרטוש, Saada סעדה,
Uzan אוזן, Berdugo ברדוגו, Castro קסטרו, Mizrahi מזרחי, Peretz פרץ, Shapiro שפירא, Rosenberg רוזנברג,
Goldstein גולדשטיין, Friedman פרידמן, Klein קליין, Weiss וייס,
Katz כץ, Adler אדלר, Stern שטרן, Blum בלום, Dreyfus, Bloch, Lehmann, Weil,
Créange, Cerf, Worms, Naquet, Crémieux, Milhaud, Montefiore, Sassoon, Harris, Marks, Jacobs, Davis, Phillips, Samuels,
Lawrence, Hart
"""

Name = tuple[str, str]


def _names(text: str) -> list[Name]:
    """Pairs of a name in Latin letters and in Hebrew ones, or ""."""
    pairs = (entry.strip().partition(" ") for entry in text.replace("\n", " ").split(","))
    return [(latin, hebrew) for latin, _, hebrew in pairs]


FIRST_NAMES, LAST_NAMES = _names(_FIRST_NAMES), _names(_LAST_NAMES)


def demo_contacts(number: int, seed: int = SEED) -> Iterator[dict[str, Any]]:
    """Columns of `number` contacts: always the same ones, each with a usable email and mobile of its own.

    Families come together: one last name for up to five in a row. Raises ValueError above 899,010.
    """
    if number > _MOST:
        raise ValueError(f"there are numbers for {_MOST} people")
    rng, repeated = Random(seed), Counter[str]()  # noqa: S311 - invented people need no secrets
    mobiles = _mobiles(rng)
    made = 0
    while made < number:
        last_name, language = rng.choice(LAST_NAMES), rng.choices(("fr", "en", "he"), (70, 17, 13))[0]
        for _ in range(min(rng.randint(1, 5), number - made)):
            made += 1
            yield _contact(rng, rng.choice(FIRST_NAMES), last_name, language, next(mobiles), repeated)


def _contact(
    rng: Random, first: Name, last: Name, language: str, mobile: str, repeated: Counter[str]
) -> dict[str, Any]:
    local = f"{fold(first[0])}.{fold(last[0])}"
    repeated[local] += 1
    ending = repeated[local] if repeated[local] > 1 else ""
    in_hebrew = language == "he" and bool(first[1] and last[1])
    return {
        "first_name": first[1] if in_hebrew else first[0],
        "last_name": last[1] if in_hebrew else last[0],
        "hebrew_first_name": first[1] if in_hebrew or rng.random() < 0.8 else "",
        "email": f"{local}{ending}@{rng.choice(_DOMAINS)}",
        "email_problem": None,
        "mobile_e164": mobile,
        "mobile_problem": None,
        "language": language,
        "birth_date": _BORN_BEFORE - timedelta(days=rng.randrange(_OLDEST_DAYS)),
        "is_deceased": False,
    }


def _mobiles(rng: Random) -> Iterator[str]:
    endings = rng.sample(range(_FIRST_ENDING, 10_000), _FOR_FILMS)
    yield from (f"+3363998{ending:04}" for ending in endings)
    yield from (f"+33700{block:02}{ending:04}" for block in range(1, 100) for ending in endings)
