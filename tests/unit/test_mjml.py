from __future__ import annotations

import pytest

from backend.domain.mjml import check_mjml, explained
from backend.errors import InvalidInputError

_TEXT = "<mjml>\n<mj-body>\n<mj-section><mj-column>\n{}\n</mj-column></mj-section>\n</mj-body>\n</mjml>"


def problem(source: str, message: str = "unexpected end of stream in root template") -> dict[str, object]:
    found = explained(source, message)
    return {"code": found.code, **found.details}


@pytest.mark.parametrize("source", ["hello", "", "<html></html>", "<!-- <mjml> --><p>x</p>", "x <mjml></mjml>"])
def test_what_is_not_mjml_is_told(source: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_mjml(source)
    assert (caught.value.code, caught.value.details["field"]) == ("not_mjml", "source")


@pytest.mark.parametrize(
    "include", ['<mj-include path="/etc/passwd" />', '<MJ-Include path="https://x">', "< mj-include"]
)
def test_an_include_is_refused_with_its_line(include: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_mjml(_TEXT.format(include))
    assert (caught.value.code, caught.value.details["line"]) == ("include_refused", 4)


def test_an_include_in_a_comment_is_none() -> None:
    check_mjml("<!-- <mj-include path='x'/> -->\n" + _TEXT.format(""))


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<mj-text>x", {"code": "mjml_unclosed", "name": "mj-text", "line": 4}),
        ("<mj-text>a <b>x</mj-text>", {"code": "mjml_unclosed", "name": "b", "line": 4}),
        ("</mj-text>", {"code": "mjml_stray", "name": "mj-text", "line": 4}),
        ('<mj-text color="red>x</mj-text>', {"code": "mjml_unfinished", "line": 4}),
        ("<!-- <mj-text> -->\n<mj-image", {"code": "mjml_unfinished", "line": 5}),
    ],
)
def test_the_broken_tag_is_named(inside: str, expected: dict[str, object]) -> None:
    assert problem(_TEXT.format(inside)) == {"field": "source", **expected}


def test_what_html_leaves_open_is_no_problem() -> None:
    source = _TEXT.format("<mj-text>a<br>b<img src='x'><hr/></mj-text><mj-spacer />")
    assert problem(source)["code"] == "mjml_broken"


def test_the_compilers_own_position_is_the_last_resort() -> None:
    assert problem(_TEXT.format("é"), "unexpected token in root template at position 8:12")["line"] == 2


def test_tags_without_end_are_looked_at_once() -> None:
    assert problem('<mjml><mj " ' * 15_000)["code"] == "mjml_unfinished"
