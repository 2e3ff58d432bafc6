from __future__ import annotations

import math
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.segments import Encoding, characters_forcing_ucs2, count_segments

EXTENSION = "€[]{}^~|\\\f"
# The letters of GSM 03.38 that are not ASCII, typed from the standard and not taken from the code.
BASIC_BEYOND_ASCII = "£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà"
BASIC_ASCII = string.ascii_letters + string.digits + "@$_ !\"#%&'()*+,-./:;<=>?\n\r"
TEXTS = st.text(alphabet=st.one_of(st.sampled_from("ab€[ é\n"), st.characters(exclude_categories=["Cs"])), max_size=400)


def test_an_empty_text_costs_nothing() -> None:
    assert count_segments("") == (Encoding.GSM7, 0, 0)


@pytest.mark.parametrize("character", BASIC_ASCII + BASIC_BEYOND_ASCII)
def test_a_basic_character_is_one_septet(character: str) -> None:
    assert count_segments(character) == (Encoding.GSM7, 1, 1)


@pytest.mark.parametrize("character", EXTENSION)
def test_an_extension_character_is_two_septets(character: str) -> None:
    assert count_segments(character) == (Encoding.GSM7, 1, 2)


@pytest.mark.parametrize("character", "çêëîïôûœÀÈÊÔÕãõ’‘“”«»–—…`\t\u00a0שׁ中½")
def test_a_character_outside_the_alphabet_forces_ucs2(character: str) -> None:
    counted = count_segments(f"Shalom {character}")
    assert (counted.encoding, counted.units) == (Encoding.UCS2, 8)


def test_the_capital_cedilla_is_cheap_and_the_small_one_is_not() -> None:
    assert count_segments("FRANÇAIS").encoding is Encoding.GSM7
    assert count_segments("français").encoding is Encoding.UCS2


@pytest.mark.parametrize(
    ("text", "segments", "units"),
    [
        ("a" * 159, 1, 159),
        ("a" * 160, 1, 160),
        ("a" * 161, 2, 161),
        ("a" * 306, 2, 306),
        ("a" * 307, 3, 307),
        ("€" * 80, 1, 160),
        ("€" * 80 + "a", 2, 161),
        ("a" * 158 + "€", 1, 160),
        ("a" * 159 + "€", 2, 161),
    ],
)
def test_gsm7_boundaries(text: str, segments: int, units: int) -> None:
    assert count_segments(text) == (Encoding.GSM7, segments, units)


@pytest.mark.parametrize(
    ("text", "segments", "units"),
    [
        ("ש" * 70, 1, 70),
        ("ש" * 71, 2, 71),
        ("ש" * 134, 2, 134),
        ("ש" * 135, 3, 135),
        ("ç" + "a" * 69, 1, 70),
        ("ç" + "a" * 70, 2, 71),
        ("🕎" * 35, 1, 70),
        ("🕎" * 36, 2, 72),
        # Outside GSM-7 the extension characters lose their second unit.
        ("ç" + "€" * 69, 1, 70),
    ],
)
def test_ucs2_boundaries(text: str, segments: int, units: int) -> None:
    assert count_segments(text) == (Encoding.UCS2, segments, units)


def test_an_extension_character_is_not_split_between_two_parts() -> None:
    # 306 septets would fit into two parts, if the € at 153/154 could be cut in half.
    assert count_segments("a" * 152 + "€" + "a" * 152) == (Encoding.GSM7, 3, 306)
    assert count_segments("a" * 151 + "€" + "a" * 153) == (Encoding.GSM7, 2, 306)


def test_a_surrogate_pair_is_not_split_between_two_parts() -> None:
    assert count_segments("ש" * 66 + "🕎" + "ש" * 66) == (Encoding.UCS2, 3, 134)
    assert count_segments("ש" * 65 + "🕎" + "ש" * 67) == (Encoding.UCS2, 2, 134)


def test_an_emoji_of_several_code_points_counts_each_of_them() -> None:
    family = "👨‍👩‍👧"  # three pairs and two joiners
    assert count_segments(family).units == 8


def test_the_forcing_characters_are_named_once_in_order() -> None:
    assert characters_forcing_ucs2("Fête, ça va ? “Fête” €[]") == ["ê", "ç", "“", "”"]
    assert characters_forcing_ucs2("Chabbat à 19h15 €") == []


@given(TEXTS)
def test_the_segments_hold_every_unit(text: str) -> None:
    counted = count_segments(text)
    single, part = (160, 153) if counted.encoding is Encoding.GSM7 else (70, 67)
    least = math.ceil(counted.units / part) if counted.units > single else min(counted.units, 1)
    # What may not be split wastes at most one unit of a part.
    most = math.ceil(counted.units / (part - 1)) if counted.units > single else least
    assert least <= counted.segments <= most


@given(TEXTS)
def test_ucs2_units_are_those_of_utf16(text: str) -> None:
    counted = count_segments(text)
    if counted.encoding is Encoding.UCS2:
        assert counted.units == len(text.encode("utf-16-le")) // 2


@given(TEXTS, st.characters(exclude_categories=["Cs"]))
def test_one_more_character_never_costs_less(text: str, character: str) -> None:
    before, after = count_segments(text), count_segments(text + character)
    assert after.segments >= before.segments
    if before.encoding is after.encoding:
        assert after.units > before.units


@given(TEXTS)
def test_a_character_forces_ucs2_exactly_when_the_text_needs_it(text: str) -> None:
    assert bool(characters_forcing_ucs2(text)) == (count_segments(text).encoding is Encoding.UCS2)
