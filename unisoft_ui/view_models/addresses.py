"""The list's place in the address bar: what is not the default stands in the query."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from backend.domain.campaign_list import CampaignQuery
from unisoft_ui import routes

_DEFAULT = CampaignQuery()
_IDS_END = 2**31


def list_address(query: CampaignQuery) -> str:
    """The path of the list with this query."""
    values = {
        "tab": query.tab.value if query.tab is not _DEFAULT.tab else "",
        "search": query.search,
        "sort": query.sort.value if query.sort is not _DEFAULT.sort else "",
        "order": "" if query.descending else "asc",
        "page": query.page if query.page > 1 else "",
        "size": query.page_size if query.page_size != _DEFAULT.page_size else "",
    }
    given = {name: value for name, value in values.items() if value}
    return f"{routes.CAMPAIGNS}?{urlencode(given)}" if given else routes.CAMPAIGNS


def read_address(parameters: Mapping[str, str]) -> CampaignQuery:
    """The query that an address asks for; whatever does not fit is the default."""
    return CampaignQuery(
        tab=parameters.get("tab", ""),
        search=parameters.get("search", ""),
        sort=parameters.get("sort", ""),
        descending=parameters.get("order", "") != "asc",
        page=parameters.get("page", ""),
        page_size=parameters.get("size", ""),
    )


def id_of(text: object) -> int:
    """The id in an address; 0, which nothing has, when there is none."""
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 10 else 0


def place_of(value: object) -> str:
    """What an address calls what its page shows, as it can be sent back to the page: half an emoji cannot."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def valid_id(value: object) -> int:
    """An id that a page sent; 0, which nothing has, when it is none that a database could hold."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _IDS_END else 0
