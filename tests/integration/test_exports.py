"""`GET /exports/recipients`: what stands in the file, who may have it, and what becomes of one nobody waits for."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from starlette.routing import Router

from backend.database import reading
from backend.domain.exports import ExportFormat
from backend.domain.rights import Right
from backend.domain.statuses import Reason
from backend.domain.statuses import RecipientStatus as Status
from backend.domain.tracking import RecipientQuery, RecipientSort, RecipientTab
from backend.http import build_routes
from backend.models import AuditEntry, table_of
from backend.services import exporting, sessions
from backend.services.exporting import begin_export, chunks, pieces, place_for_an_export
from backend.services.tracking import list_recipients
from backend.settings import get_settings
from tests.integration.contents import make_user
from tests.integration.recipients import START, VIEWER, add_campaign, add_recipients
from unisoft_ui.view_models.exports import RecipientSheet

pytestmark = pytest.mark.usefixtures("database")


def app() -> Any:
    return Router(build_routes(RecipientSheet()))


def get(campaign_id: object, *, token: str = "", headers: dict[str, str] | None = None, **query: str) -> httpx.Response:
    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(app())
        cookies = {"unisoft_session": token} if token else {}
        async with httpx.AsyncClient(transport=transport, base_url=get_settings().origin, cookies=cookies) as client:
            given = {"campaign": str(campaign_id), "format": "csv", **query}
            return await client.get(f"/exports/recipients?{urlencode(given)}", headers=headers or {})

    return asyncio.run(request())


def signed_in(*rights: Right) -> str:
    user = make_user(rights=rights or (Right.CAMPAIGNS_VIEW,))
    return sessions.open_session(user.id or 0, stay_signed_in=False)[0]


def people(number: int) -> list[dict[str, Any]]:
    kinds: list[dict[str, Any]] = [
        {"status": Status.DELIVERED},
        {"status": Status.FAILED, "vendor_code": "30005"},
        {"status": Status.SKIPPED, "reason": Reason.OPTED_OUT},
    ]
    return [{"first_name": f"Ruth{n % 4}", "last_name": "Azoulay", **kinds[n % 3]} for n in range(number)]


@pytest.mark.parametrize("sort", RecipientSort)
@pytest.mark.parametrize("tab", [RecipientTab.ALL, RecipientTab.FAILED])
def test_the_file_holds_what_the_page_shows(
    sort: RecipientSort, tab: RecipientTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "CHUNK", 7)
    campaign_id = add_campaign()
    add_recipients(campaign_id, *people(40))
    query = RecipientQuery(tab=tab, sort=sort, descending=True, page_size=100, search="azoulay")
    export = begin_export(VIEWER, campaign_id, query, ExportFormat.CSV)
    content = b"".join(pieces(export, RecipientSheet())).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content, newline="")))
    shown = list_recipients(VIEWER, campaign_id, query).rows
    assert [row["Address"] for row in rows] == [f"'{row.address}" for row in shown]
    assert len(rows) == (40 if tab is RecipientTab.ALL else 13)
    failed = next(row for row in rows if row["Status"] == "Failed")
    assert (failed["Recipient"][:4], failed["Medium"], failed["Reason"], failed["Provider's code"]) == (
        "Ruth", "SMS", "Number not in service", "30005",
    )  # fmt: skip
    assert failed["Updated"].startswith("2026-09-01 10:00:0"), "the organisation's clock"


def test_rows_that_change_meanwhile_are_neither_lost_nor_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "CHUNK", 5)
    campaign_id = add_campaign()
    ids = add_recipients(campaign_id, *people(23))
    for sort in RecipientSort:
        for few in (True, False) if sort is RecipientSort.NAME else (True,):
            found: list[int] = []
            for rows in chunks(campaign_id, RecipientQuery(sort=sort), are_few=few):
                found += [row.id for row in rows]
                add_recipients(add_campaign(), {})
                touch(ids[:: len(found)])
            assert sorted(found) == ids


def touch(ids: list[int]) -> None:
    from backend.database import unit_of_work
    from backend.models import Recipient

    with unit_of_work() as session:
        for id_ in ids:
            recipient = session.get_one(Recipient, id_)
            recipient.status, recipient.updated_at, recipient.reason = Status.READ, START.replace(hour=20), None


def test_a_file_comes_with_a_safe_name_and_is_kept_nowhere() -> None:
    campaign_id = add_campaign(title='Kol "Nidre"\r\n; été')
    add_recipients(campaign_id, *people(3))
    token = signed_in()
    answer = get(campaign_id, token=token, format="csv-semicolon")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith('attachment; filename="Kol Nidre ; _t_ 20')
    assert f"filename*=UTF-8''Kol%20Nidre%20%3B%20{quote('été')}%20" in disposition
    assert answer.text.lstrip("\ufeff").startswith("Recipient;Hebrew first name;")
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(get(campaign_id, token=token, format="xlsx").content))
    assert [row[0] for row in workbook.get_sheet_by_index(0).to_python()[1:]] == [f"Ruth{n} Azoulay" for n in range(3)]


def test_each_export_is_accounted_for_without_personal_data() -> None:
    campaign_id = add_campaign()
    add_recipients(campaign_id, *people(3))
    assert get(campaign_id, token=signed_in(), tab="failed", search="ruth").status_code == 200
    with reading() as session:
        audit = table_of(AuditEntry)
        [entry] = session.execute(select(audit).where(audit.c.action == "campaign.exported")).mappings().all()
    assert (entry["actor"], entry["subject"], entry["subject_id"]) == (
        "ruth@office.example.org",
        "campaign",
        campaign_id,
    )
    assert json.loads(entry["details"]) == {"format": "csv", "tab": "failed"}


def test_a_session_the_right_and_a_campaign_are_needed() -> None:
    campaign_id, deleted = add_campaign(), add_campaign(deleted_at=START)
    token = signed_in()
    assert get(campaign_id).status_code == 303
    assert get(campaign_id, token="forged").status_code == 303
    for wrong in (deleted, 999_999, "", "-1", "x", "1" * 40):
        assert get(wrong, token=token).status_code == 404
    assert get(campaign_id, token=token, format="exe").status_code == 404
    assert get(campaign_id, token=token, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert get(campaign_id, token=token, headers={"sec-fetch-site": "same-origin"}).status_code == 200
    other = sessions.open_session(make_user("other", (Right.CONTACTS_VIEW,)).id or 0, stay_signed_in=False)[0]
    assert get(campaign_id, token=other).status_code == 403


def test_beyond_a_few_at_once_one_is_asked_to_come_again() -> None:
    campaign_id, token = add_campaign(), signed_in()
    with place_for_an_export(), place_for_an_export():
        answer = get(campaign_id, token=token)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
        assert "Too many exports" in answer.text
    assert get(campaign_id, token=token).status_code == 200
    for _ in range(5):
        assert get(999_999, token=token).status_code == 404
    assert get(campaign_id, token=token).status_code == 200, "whoever was refused took no place"


def test_a_file_that_nobody_waits_for_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "CHUNK", 1)
    campaign_id, token = add_campaign(), signed_in()
    add_recipients(campaign_id, *people(30))
    read: list[int] = []

    def counted(*given: Any, **named: Any) -> Iterator[Any]:
        for rows in chunks(*given, **named):
            read.append(len(rows))
            yield rows

    monkeypatch.setattr(exporting, "chunks", counted)
    query = urlencode({"campaign": campaign_id, "format": "csv"}).encode()
    scope = {
        "type": "http", "method": "GET", "path": "/exports/recipients", "query_string": query,
        "headers": [(b"cookie", f"unisoft_session={token}".encode())],
    }  # fmt: skip

    async def leave_early() -> None:
        gone = asyncio.Event()

        async def receive() -> Any:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body" and message["body"]:
                gone.set()
                await asyncio.sleep(0)

        await app()(scope, receive, send)

    asyncio.run(leave_early())
    assert len(read) < 10
    with place_for_an_export(), place_for_an_export():
        pass
