from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.campaign_list import PAGE_SIZES, CampaignQuery, Sort, Tab
from unisoft_ui.view_models.addresses import id_of, list_address, read_address, valid_id

QUERIES = st.builds(
    CampaignQuery,
    st.sampled_from(Tab),
    st.text(max_size=40),
    st.sampled_from(Sort),
    st.booleans(),
    st.integers(1, 10_000),
    st.sampled_from(PAGE_SIZES),
)


@given(QUERIES)
def test_an_address_leads_back_to_its_query(query: CampaignQuery) -> None:
    url = urlsplit(list_address(query))
    assert (url.scheme, url.netloc, url.path) == ("", "", "/app/messages/campagnes")
    assert read_address(dict(parse_qsl(url.query))) == query


@pytest.mark.parametrize(
    ("query", "address"),
    [
        (CampaignQuery(), "/app/messages/campagnes"),
        (CampaignQuery(tab=Tab.DRAFT, page=2), "/app/messages/campagnes?tab=draft&page=2"),
        (CampaignQuery(search="rosh & co"), "/app/messages/campagnes?search=rosh+%26+co"),
        (
            CampaignQuery(sort=Sort.TARGETS, descending=False, page_size=50),
            "/app/messages/campagnes?sort=targets&order=asc&size=50",
        ),
    ],
    ids=["default", "tab and page", "search", "sort and size"],
)
def test_only_what_is_not_the_default_is_named(query: CampaignQuery, address: str) -> None:
    assert list_address(query) == address


def test_an_address_with_nonsense_is_the_default() -> None:
    nonsense = {"tab": "../..", "sort": "title", "order": "up", "page": "-1", "size": "11", "next": "https://evil"}
    assert read_address(nonsense) == CampaignQuery()


@pytest.mark.parametrize("text", ["", "0", "-1", "1.0", "x", "٣", "1" * 12, None, 5])
def test_what_is_no_id_is_none(text: object) -> None:
    assert id_of(text) == 0


@pytest.mark.parametrize("value", [0, -1, 2**31, 10**30, True, 1.0, "1", None, [1]], ids=str)
def test_an_id_that_no_database_holds_is_none(value: object) -> None:
    assert valid_id(value) == 0


def test_ids() -> None:
    assert id_of("12") == valid_id(12) == 12
