from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unisoft_ui.view_models.excerpts import Part, cut, marked_parts

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
FRANCE, ISRAEL = "\U0001f1eb\U0001f1f7", "\U0001f1ee\U0001f1f1"
THUMB = "\U0001f44d\U0001f3fd"


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        ("short", 80, "short"),
        ("x" * 80, 80, "x" * 80),
        ("x" * 81, 80, "x" * 80 + "…"),
        ("one two three", 8, "one two…"),
        ("cafe\u0301s", 4, "caf…"),
        ("שָׁלוֹם", 4, "שָׁל…"),
        ("שָׁלוֹם", 5, "שָׁל…"),
        ("a" + FAMILY + "b", 3, "a…"),
        ("a" + THUMB + "b", 2, "a…"),
        (FRANCE + ISRAEL + FRANCE, 3, FRANCE + "…"),
        (FRANCE + ISRAEL + FRANCE, 4, FRANCE + ISRAEL + "…"),
        ("❤\ufe0f❤\ufe0f", 3, "❤\ufe0f…"),
    ],
    ids=range(12),
)
def test_cut(text: str, length: int, expected: str) -> None:
    assert cut(text, length) == expected


def test_a_character_longer_than_the_limit_is_cut_all_the_same() -> None:
    assert cut("a" + "\u0301" * 200, 80) == "a" + "\u0301" * 79 + "…"


@given(st.text(), st.integers(1, 100))
def test_what_is_cut_is_a_beginning(text: str, length: int) -> None:
    shortened = cut(text, length)
    assert shortened == text or (shortened.endswith("…") and text.startswith(shortened[:-1]))
    assert len(shortened) <= length + 1


@given(st.text(max_size=30), st.lists(st.text("abé ", min_size=1, max_size=3), max_size=3))
def test_the_parts_are_the_text(text: str, words: list[str]) -> None:
    assert "".join(part.text for part in marked_parts(text, words)) == text


def test_parts_mark_every_occurrence() -> None:
    assert marked_parts("Été et été", ["ete"]) == [Part("Été", marked=True), Part(" et "), Part("été", marked=True)]
    assert marked_parts("", ["x"]) == []


def test_neighbours_are_marked_as_one() -> None:
    parts = marked_parts("Our Rosh Hashanah campaign", ["hashanah", "rosh"])
    assert parts == [Part("Our "), Part("Rosh Hashanah", marked=True), Part(" campaign")]
