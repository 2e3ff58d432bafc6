from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from backend.domain.segments import count_segments
from backend.domain.short_links import CODE_LENGTH, NOBODY, ItemKind, ShortLink, code_of, read_code

KEY = "k" * 40
IDS = some.integers(0, (1 << 31) - 1)
LINKS = some.builds(ShortLink, some.sampled_from(ItemKind), IDS, IDS)


@given(LINKS)
def test_a_code_says_what_it_was_made_of_and_always_has_the_same_length(link: ShortLink) -> None:
    code = code_of(link, KEY)
    assert len(code) == CODE_LENGTH
    assert code.isascii()
    assert code.isalnum()
    assert count_segments(code).units == CODE_LENGTH, "no letter counts twice, and none forces another alphabet"
    assert read_code(code, KEY) == link
    assert read_code(code, "another key") is None


@given(LINKS, some.integers(0, CODE_LENGTH - 1), some.characters(codec="ascii", categories=["L", "N"]))
def test_no_letter_can_be_changed(link: ShortLink, place: int, letter: str) -> None:
    code = code_of(link, KEY)
    forged = code[:place] + letter + code[place + 1 :]
    assert read_code(forged, KEY) == (link if forged == code else None)


@pytest.mark.parametrize(
    "code", ["", "0" * CODE_LENGTH, "z" * CODE_LENGTH, "0" * 19, "0" * 21, "é" * 20, "٠" * 20, "-" * 20, "../" * 10]
)
def test_what_is_no_code_of_ours(code: str) -> None:
    assert read_code(code, KEY) is None


def test_codes_of_two_people_have_nothing_in_common_that_can_be_swapped() -> None:
    ruth, dan = (code_of(ShortLink(ItemKind.LINK, 7, recipient), KEY) for recipient in (1, 2))
    assert ruth != dan
    for cut in range(1, CODE_LENGTH):
        mixed = ruth[:cut] + dan[cut:]
        assert mixed in {ruth, dan} or read_code(mixed, KEY) is None


def test_an_id_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(ValueError, match="31 bits"):
        code_of(ShortLink(ItemKind.LINK, 1 << 31, NOBODY), KEY)
