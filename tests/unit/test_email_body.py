from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.email_body import html_to_text, text_to_html


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        (" \n\t ", ""),
        ("Shalom", "<p>Shalom</p>"),
        ("Shalom {{first_name}},\nsee you", "<p>Shalom {{first_name}},<br>see you</p>"),
        ("One\n\nTwo\r\n\r\n\r\nThree", "<p>One</p><p>Two</p><p>Three</p>"),
        ("One\n  \nTwo", "<p>One</p><p>Two</p>"),
        ("<script>alert(1)</script> & co", "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; co</p>"),
        ("שבת שלום", "<p>שבת שלום</p>"),
    ],
)
def test_text_becomes_paragraphs(text: str, expected: str) -> None:
    assert text_to_html(text) == expected


@given(st.text(st.sampled_from("ab <>&;\n\r\t\"'{}pbr/א")))
def test_what_was_written_comes_back(text: str) -> None:
    source = text_to_html(text)
    again = html_to_text(source)
    assert again is not None
    assert text_to_html(again) == source


@given(st.text())
def test_only_our_own_tags_come_out(text: str) -> None:
    bare = text_to_html(text).replace("<p>", "").replace("</p>", "").replace("<br>", "")
    assert "<" not in bare
    assert ">" not in bare


@pytest.mark.parametrize("source", ["<div>x</div>", "<p>a<b>b</b></p>", "<p class='x'>a</p>", "text"])
def test_html_from_elsewhere_has_no_plain_text(source: str) -> None:
    assert html_to_text(source) is None
