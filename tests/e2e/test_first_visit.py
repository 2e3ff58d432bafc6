"""What a first visit costs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, expect

from tests.e2e.conftest import Product
from tests.e2e.steps import LIST, rows

MOST_BYTES = 250_000


@pytest.mark.parametrize("accepted", ["br, gzip", "gzip"])
def test_the_list_needs_less_than_250_kb_of_scripts(
    first_visit: Callable[[], Page], product: Product, accepted: str
) -> None:
    page = first_visit()
    finished: list[Request] = []

    def note(request: Request) -> None:
        finished.append(request)

    page.set_extra_http_headers({"Accept-Encoding": accepted})
    page.on("requestfinished", note)
    page.goto(product.url + LIST)
    expect(rows(page).first).to_be_visible()
    sizes = {request.url: request.sizes()["responseBodySize"] for request in finished if request.url.endswith(".js")}
    assert 0 < sum(sizes.values()) < MOST_BYTES, sizes
