from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.gsm7_replacements import forcing_ucs2, gsm7_replacements, replaced
from backend.domain.segments import is_gsm7

TEXTS = st.text(
    alphabet=st.one_of(
        st.sampled_from("ab êçœ“”’«…–\u0301\u0300\u00a0\u202f\u200b\u200dש👍🏽❤\ufe0f"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=200,
)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("fête, naïf, hôtel, sûr, âme, Noël", "fete, naif, hotel, sur, ame, Noel"),
        ("garçon FRANÇAIS", "garcon FRANÇAIS"),
        ("œuvre Œuvre", "oeuvre OEuvre"),
        ("l’école “bis” «ter» „quater“ ‘x’", 'l\'école "bis" "ter" "quater" \'x\''),
        ("9h–10h — fin…", "9h-10h - fin..."),
        ("10\u00a0€\u202f!\u2009a\tb", "10 € ! a b"),
        ("• un\n• deux", "- un\n- deux"),
        ("a\u200bb\ufeffc\u00add", "abcd"),
        ("e\u0301te\u0301 c\u0327a", "été ca"),
        ("À Ê Ô Ý", "A E O Y"),
        ("½ m² ﬁn ① ™", "1/2 m2 fin 1 TM"),
        ("Łódź đ ı", "Lódz d i".replace("ó", "o")),
    ],
)
def test_what_reads_the_same_is_offered(written: str, said: str) -> None:
    assert replaced(written, gsm7_replacements(written)) == said
    assert is_gsm7(said)


@pytest.mark.parametrize("text", ["שלום", "שָׁלוֹם", "Привет", "👍", "👍🏽", "👨‍👩‍👧", "❤️", "中", "λ"])
def test_another_script_or_a_picture_is_named_and_not_replaced(text: str) -> None:
    assert gsm7_replacements(text) == {}
    assert all(each.replacement is None for each in forcing_ucs2(text))
    assert replaced(text, {}) == text


def test_each_is_counted_once_in_order_of_appearance() -> None:
    found = forcing_ucs2("ça, fête ! La fête… ש")
    assert [(each.written, each.times) for each in found] == [("ç", 1), ("ê", 2), ("…", 1), ("ש", 1)]


def test_a_picture_of_several_parts_is_one() -> None:
    assert [each.written for each in forcing_ucs2("👨‍👩‍👧 👍🏽 👨‍👩‍👧")] == ["👨‍👩‍👧", "👍🏽"]


def test_what_gsm7_has_is_left_alone() -> None:
    assert forcing_ucs2("Chabbat à 19h15, 5 € é è ù Ç ñ ß Ω") == []


@given(TEXTS)
def test_all_replaced_is_gsm7_when_all_could_be(text: str) -> None:
    found, replacements = forcing_ucs2(text), gsm7_replacements(text)
    assert all(is_gsm7(said) for said in replacements.values())
    if len(replacements) == len(found):
        assert is_gsm7(replaced(text, replacements))


@given(TEXTS)
def test_something_is_named_exactly_when_the_text_needs_ucs2(text: str) -> None:
    assert bool(forcing_ucs2(text)) != is_gsm7(text)
