"""The place in one campaign's recipients in the address bar: what is not the default stands in the query."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from backend.domain.tracking import RecipientQuery, RecipientSort
from unisoft_ui import routes

_DEFAULT = RecipientQuery()


def read_recipients_address(parameters: Mapping[str, str]) -> RecipientQuery:
    """The recipients an address asks for; whatever does not fit is the default."""
    return RecipientQuery(
        tab=parameters.get("tab", ""),
        search=parameters.get("search", ""),
        sort=parameters.get("sort", ""),
        descending=parameters.get("order", "") == "desc",
        after=parameters.get("after"),
        before=parameters.get("before"),
        at=parameters.get("at"),
    )


def recipients_address(campaign_id: int, query: RecipientQuery, recipient_id: int = 0) -> str:
    """The path of the page with this query, and with one recipient open when there is one."""
    has_cursor = query.after is not None or query.before is not None
    needs_moment = has_cursor and query.sort is RecipientSort.UPDATED
    values = {
        **_what(query),
        "after": query.after,
        "before": query.before,
        "at": query.at if needs_moment else None,
        "recipient": recipient_id or None,
    }
    given = {name: value for name, value in values.items() if value not in {"", None}}
    path = routes.campaign_detail(campaign_id)
    return f"{path}&{urlencode(given)}" if given else path


def export_address(campaign_id: int, query: RecipientQuery, form: str) -> str:
    """The file with all recipients of a query, whatever page of them is shown."""
    given = {name: value for name, value in _what(query).items() if value}
    return f"{routes.EXPORTS}?{urlencode({'campaign': campaign_id, 'format': form, **given})}"


def _what(query: RecipientQuery) -> dict[str, str | int | None]:
    """Which recipients, in which order."""
    return {
        "tab": "" if query.tab is _DEFAULT.tab else query.tab.value,
        "search": query.search,
        "sort": "" if query.sort is _DEFAULT.sort else query.sort.value,
        "order": "desc" if query.descending else "",
    }
