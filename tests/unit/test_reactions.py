"""What a reported click was on."""

from __future__ import annotations

import pytest

from backend.domain.reactions import Clicked, ClickedKind, clicked_by

ORIGIN = "https://unisoft.example.org"
LINK = Clicked(ClickedKind.LINK, 3)
KNOWN = {"https://example.org/don": LINK, f"{ORIGIN}/f/7-abc": Clicked(ClickedKind.FILE, 7)}


@pytest.mark.parametrize(
    ("url", "clicked"),
    [
        ("https://example.org/don", LINK),
        (f"{ORIGIN}/f/7-abc", Clicked(ClickedKind.FILE, 7)),
        ("https://example.org/other", Clicked(ClickedKind.ADDRESS, 0, "https://example.org/other")),
        ("https://example.org/\x00\ud800a", Clicked(ClickedKind.ADDRESS, 0, "https://example.org/a")),
        (f"{ORIGIN}/l/0123456789ABCDEFGHIJ", None),
        (f"{ORIGIN}/u/12-abc", None),
        (f"{ORIGIN}.evil.example/l/x", Clicked(ClickedKind.ADDRESS, 0, f"{ORIGIN}.evil.example/l/x")),
        ("", None),
        (None, None),
        (["https://example.org"], None),
    ],
)
def test_a_click_is_on_the_campaigns_content_or_an_address_or_nothing(url: object, clicked: Clicked | None) -> None:
    assert clicked_by(url, KNOWN, ORIGIN) == clicked


def test_a_long_address_is_cut_and_still_one() -> None:
    clicked = clicked_by("https://example.org/" + "x" * 5_000, {}, ORIGIN)
    assert clicked is not None
    assert (len(clicked.url), len(clicked.sha256)) == (2_000, 64)
