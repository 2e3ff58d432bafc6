from __future__ import annotations

from collections.abc import Callable

import pytest

from backend.services.email_cleaning import clean_document, clean_html, clean_layout, is_document
from tests.payloads import RUNS, XSS_PAYLOADS


@pytest.mark.parametrize("payload", XSS_PAYLOADS)
@pytest.mark.parametrize("clean", [clean_html, clean_layout, clean_document])
def test_nothing_runs(payload: str, clean: Callable[[str], str]) -> None:
    html = clean(f"<body><p>before</p>{payload}<p>after</p>")
    assert not RUNS.search(html), html
    assert "before" in html


@pytest.mark.parametrize(
    "style",
    [
        "position:fixed",
        "position:absolute;top:0",
        "background:url(https://evil.example/a.png)",
        "background-image:url(x)",
        "color:red\\3b position:fixed",
        "width:calc(1px)",
        "color:/**/red",
        "background:image-set('x' 1x)",
        "margin-top:-200px",
        "margin:0 0 -.5em",
        "transform:scale(9)",
        "z-index:9",
        "--x:1",
        "font-family:'a",
        "color:{{first_name}}",
        "behavior:x",
        "-moz-binding:x",
    ],
)
def test_a_style_that_moves_or_fetches_is_dropped(style: str) -> None:
    html = clean_layout(f'<p style="{style}">x</p>')
    assert html == "<p>x</p>"


def test_what_is_safe_stays_beside_what_is_not() -> None:
    style = "COLOR:red;position:fixed;padding:4px 8px;background:url(x)"
    html = clean_layout(f'<table><tr><td style="{style}" bgcolor="#fff" onclick="x()">x</td></tr></table>')
    assert '<td style="color:red;padding:4px 8px" bgcolor="#fff">x</td>' in html


def test_the_layout_of_an_email_stays() -> None:
    table = (
        '<table role="presentation" width="600" align="center" cellpadding="0" cellspacing="0" border="0" '
        'style="width:100%;border-collapse:collapse;background:rgb(1, 2, 3)"><tbody><tr>'
        '<td colspan="2" valign="top" style="font-family:Inter, \'Segoe UI\', sans-serif;line-height:1.5">x'
        '<img src="https://example.org/a.png" alt="A" width="10"></td></tr></tbody></table>'
    )
    assert clean_layout(table) == table


def test_classes_are_mjmls_only() -> None:
    html = clean_layout('<div class="mj-column-per-33-333332 mine mj-outlook-group-fix">x</div>')
    assert html == '<div class="mj-column-per-33-333332">x</div>'


def test_cleaning_what_is_clean_changes_nothing() -> None:
    once = clean_document(
        "<body style='color:red;font-family:\"A B\",c' class=q><p title='a\"b'>x &amp; y&nbsp;</body>"
    )
    assert clean_layout(once) == once


def test_a_whole_document_keeps_the_colours_of_its_body() -> None:
    html = clean_document('<html><head><title>T</title></head><body style="background:#123456"><p>x</p></body></html>')
    assert html == '<div class="document" style="background:#123456"><p>x</p></div>'
    assert is_document(html)
    assert not is_document(clean_layout("<p>x</p>"))


def test_the_title_and_scripts_are_no_text() -> None:
    assert clean_layout("<title>T</title><script>s</script><style>p{}</style><p>x</p>") == "<p>x</p>"
