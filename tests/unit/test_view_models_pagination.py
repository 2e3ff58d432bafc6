from __future__ import annotations

import pytest

from unisoft_ui.view_models.pagination import Pagination, pagination


@pytest.mark.parametrize(
    ("page", "total", "shown", "labels", "previous", "following"),
    [
        (1, 24, "1–10 of 24", "1 2 3", 0, 2),
        (3, 24, "21–24 of 24", "1 2 3", 2, 0),
        (1, 2, "1–2 of 2", "1", 0, 0),
        (1, 10, "1–10 of 10", "1", 0, 0),
        (1, 5000, "1–10 of 5,000", "1 2 … 500", 0, 2),
        (250, 5000, "2,491–2,500 of 5,000", "1 … 249 250 251 … 500", 249, 251),
        (3, 100, "21–30 of 100", "1 2 3 4 … 10", 2, 4),
        (4, 100, "31–40 of 100", "1 2 3 4 5 … 10", 3, 5),
        (10, 100, "91–100 of 100", "1 … 9 10", 9, 0),
        (7, 70, "61–70 of 70", "1 2 3 4 5 6 7", 6, 0),
    ],
)
def test_pagination(page: int, total: int, shown: str, labels: str, previous: int, following: int) -> None:
    view = pagination(page, 10, total)
    assert view.shown == shown
    assert " ".join(link.label for link in view.links) == labels
    assert (view.previous, view.following) == (previous, following)
    assert [link.label for link in view.links if link.current] == [f"{page}"]


def test_nothing_has_no_pages() -> None:
    assert pagination(1, 10, 0) == Pagination()
