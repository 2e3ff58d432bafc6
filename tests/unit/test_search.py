from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.search import fold, matches, search_words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Hôtel de Ville", "hotel de ville"),
        ("STRASSE", fold("Straße")),
        ("שָׁלוֹם", "שלום"),
        ("œuvre Çà", "œuvre ca"),
        ("L’été", "l'ete"),
        ("תשפ״ז", 'תשפ"ז'),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing_more_than_once(text: str) -> None:
    assert not any(unicodedata.combining(character) for character in fold(text))


def test_search_words_are_few_and_distinct() -> None:
    assert search_words("  Rosh  rosh HASHANAH ") == ["rosh", "hashanah"]
    assert len(search_words(" ".join(map(str, range(50))))) == 8


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("Our Rosh Hashanah campaign", ["rosh", "hashanah"], ["Rosh", "Hashanah"]),
        ("Été à l'hôtel", ["ete", "hotel"], ["Été", "hôtel"]),
        ("שַׁבָּת שָׁלוֹם", ["שלום"], ["שָׁלוֹם"]),
        ("cafe\N{COMBINING ACUTE ACCENT} noir", ["cafe"], ["cafe\N{COMBINING ACUTE ACCENT}"]),
        ("aaa", ["aa", "a"], ["aaa"]),
        ("Straße", ["ss"], ["ß"]),
        ("nothing", ["else"], []),
    ],
)
def test_matches_stand_in_the_original_text(text: str, words: list[str], found: list[str]) -> None:
    assert [text[start:end] for start, end in matches(text, words)] == found
