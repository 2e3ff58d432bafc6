from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend import models
from backend.domain.addresses import AddressProblem, normalise_email, normalise_mobile

INVALID, LANDLINE = AddressProblem.INVALID, AddressProblem.LANDLINE


@pytest.mark.parametrize(
    ("entered", "expected"),
    [
        ("ruth@example.org", "ruth@example.org"),
        ("  Ruth.AZOULAY@Example.ORG ", "ruth.azoulay@example.org"),
        ("\u200fruth@example.org\u200e", "ruth@example.org"),
        ("\ufeffruth\xa0@example.org", "ruth@example.org"),
        ("mailto:ruth@example.org", "ruth@example.org"),
        ("ruth@café.fr", "ruth@xn--caf-dma.fr"),
        ("ruth@בית.co.il", "ruth@xn--5dbq5c.co.il"),
        ("ruth+news@example.org", "ruth+news@example.org"),
        ("o'brien@example.org", "o'brien@example.org"),
    ],
)
def test_a_usable_email_has_one_form(entered: str, expected: str) -> None:
    assert normalise_email(entered) == (expected, None)


@pytest.mark.parametrize("entered", ["", "   ", "\u200f", "\xa0"])
def test_nothing_entered_is_no_problem(entered: str) -> None:
    assert normalise_email(entered) == (None, None)
    assert normalise_mobile(entered) == (None, None)


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        ("ruth.@example.org", "ruth.@example.org"),
        ("ruth@example", "ruth@example"),
        ("Ruth@@example.org", "ruth@@example.org"),
        ("ruth", None),
        ("רות@example.org", None),
        ("a" * 65 + "@example.org", "a" * 65 + "@example.org"),
        ("a" * 250 + "@example.org", None),
    ],
)
def test_an_invalid_email_is_kept_where_it_can_be_shown(entered: str, kept: str | None) -> None:
    assert normalise_email(entered) == (kept, INVALID)


@pytest.mark.parametrize(
    "entered",
    [
        "06 12 34 56 78",
        "0612345678",
        "06.12.34.56.78",
        "06-12-34-56-78",
        "0033612345678",
        "00 33 6 12 34 56 78",
        "+33612345678",
        "+33 (0)6 12 34 56 78",
        "'+33612345678",
        "\u202a+33 6 12 34 56 78\u202c",
        "06\xa012\u202f34\xa056\u202f78",
        "０６１２３４５６７８",
    ],
)
def test_every_way_to_write_a_french_mobile_gives_the_same(entered: str) -> None:
    assert normalise_mobile(entered) == ("+33612345678", None)


@pytest.mark.parametrize(
    ("entered", "expected"),
    [
        ("+44 7911 123456", ("+447911123456", None)),
        ("+1 212 555 0123", ("+12125550123", None)),  # fixed and mobile share their numbers there
        ("00972 50 234 5678", ("+972502345678", None)),
        ("06 39 98 12 34", ("+33639981234", None)),  # kept for films
        ("01 23 45 67 89", ("+33123456789", LANDLINE)),
        ("09 12 34 56 78", ("+33912345678", LANDLINE)),
        ("0800 123 456", ("+33800123456", INVALID)),  # free to call, no mobile
        ("0700000000", ("+33700000000", INVALID)),  # no operator has it
        ("0312", (None, INVALID)),
        ("abc", (None, INVALID)),
        ("0" * 300, (None, INVALID)),
    ],
)
def test_a_number_is_judged(entered: str, expected: tuple[str | None, AddressProblem | None]) -> None:
    assert normalise_mobile(entered) == expected


def test_a_region_reads_its_own_numbers() -> None:
    assert normalise_mobile("050 234 5678", "IL") == ("+972502345678", None)


@given(st.text(max_size=300))
def test_any_text_fits_the_columns(entered: str) -> None:
    email, _ = normalise_email(entered)
    mobile, _ = normalise_mobile(entered)

    assert email is None or (email == email.lower() and email.isascii() and len(email) <= 254)
    assert mobile is None or (mobile.startswith("+") and len(mobile) <= 20)


@given(st.text(max_size=80))
def test_normalising_twice_changes_nothing(entered: str) -> None:
    email, problem = normalise_email(entered)
    if email:
        assert normalise_email(email) == (email, problem)


def test_models_still_name_the_problem() -> None:
    assert models.AddressProblem is AddressProblem
