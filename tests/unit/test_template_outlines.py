from __future__ import annotations

import pytest

from backend.domain.template_outlines import Outline, Shape, outline_of

LONG = "The whole community shares your joy and wishes you well."


def test_the_parts_are_drawn_in_their_order() -> None:
    found = outline_of(
        f'<h1>Hi</h1><p>Short</p><p>{LONG}</p><img src="x"><hr><a style="background:#fff" href="x">Go</a>'
    )
    assert found.shapes == (Shape.HEADING, Shape.SHORT, Shape.LONG, Shape.IMAGE, Shape.RULE, Shape.BUTTON)


def test_what_is_hidden_or_empty_is_not_drawn() -> None:
    assert outline_of('<div style="display:none">Preview</div><div></div><td> </td><a href="x">link</a>') == Outline()


def test_large_text_is_a_heading() -> None:
    assert outline_of('<div style="font-size:28px">Hi</div>').shapes == (Shape.HEADING,)


@pytest.mark.parametrize(
    ("style", "accent"),
    [
        ("background-color:#3358D4", "#3358d4"),
        ("background:#f00", "#ff0000"),
        ("background:#f4f5f8", ""),
        ("background:#fff", ""),
        ("color:#3358d4", ""),
        ("background:red", ""),
    ],
)
def test_the_colour_is_the_first_that_is_one(style: str, accent: str) -> None:
    assert outline_of(f'<div style="{style}">x</div>').accent == accent


def test_only_the_beginning_is_looked_at() -> None:
    assert len(outline_of("<p>x</p>" * 100_000).shapes) == 8
