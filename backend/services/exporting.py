"""A campaign's recipients as a file: read a thousand at a time, each in a short transaction of its own."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from threading import BoundedSemaphore
from typing import Protocol

from sqlmodel import Session

from backend import clock
from backend.database import reading, unit_of_work
from backend.domain.exports import Cell, ExportFormat
from backend.domain.rights import Right
from backend.domain.schedules import to_local
from backend.domain.tracking import (
    FEW,
    FEW_NAMES,
    RecipientQuery,
    RecipientRow,
    RecipientSort,
    sorts_of,
    tab_counts,
)
from backend.errors import AppError
from backend.repositories import audit, organisations, recipient_pages, tracking
from backend.services.acting import ActingUser
from backend.services.spreadsheets import writer_of
from backend.services.tracking import recipient_row

CHUNK = 1_000
AT_ONCE = 2
_MOST_BY_CHANGE = 2 * FEW  # some more may have come since they were counted
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')
_LONGEST_TITLE = 80
_places = BoundedSemaphore(AT_ONCE)


class TooManyExportsError(AppError):
    """This process makes as many exports as it may."""

    code = "too_many_exports"


class Sheet(Protocol):
    """The words of a file: its headings, the name of its sheet, and the cells of a row in their order."""

    @property
    def headings(self) -> Sequence[str]: ...

    @property
    def sheet(self) -> str: ...

    def hints(self, search: str) -> RecipientQuery:
        """A query with the reasons and codes whose sentence holds what is searched for."""
        ...

    def cells(self, row: RecipientRow, zone: str) -> list[Cell]:
        """One recipient, in a zone."""
        ...


@dataclass(frozen=True, slots=True)
class Export:
    """An export that may be made: what, for whom, under which name."""

    campaign_id: int
    query: RecipientQuery
    form: ExportFormat
    zone: str
    name: str
    are_few: bool


@contextmanager
def place_for_an_export() -> Iterator[None]:
    """One of the few that this process makes at once.

    Raises:
        TooManyExportsError: all are taken.
    """
    if not _places.acquire(blocking=False):
        raise TooManyExportsError
    try:
        yield
    finally:
        _places.release()


def begin_export(actor: ActingUser, campaign_id: int, query: RecipientQuery, form: ExportFormat) -> Export:
    """Check and note an export: who, which campaign, which tab; nothing of what was searched for.

    The order becomes that of sending where the tab cannot have the one asked for, as on the page.

    Raises:
        ForbiddenError: without the right `campaigns.view`.
        NotFoundError: there is no such campaign, or it was deleted.
    """
    actor.require(Right.CAMPAIGNS_VIEW)
    with unit_of_work() as session:
        row = tracking.get(session, campaign_id)
        of_tab = tab_counts(tracking.counters(row))[query.tab]
        zone = organisations.get(session).time_zone
        audit.record(
            session,
            "campaign.exported",
            "campaign",
            campaign_id,
            user_id=actor.id,
            actor=actor.email,
            format=form.value,
            tab=query.tab.value,
        )
    sort = query.sort if query.sort in sorts_of(of_tab) else RecipientSort.SENDING
    whole = replace(query, sort=sort, descending=query.descending and sort is query.sort, after=None, before=None)
    name = file_name(row.title, form, to_local(clock.now(), zone))
    return Export(campaign_id, whole, form, zone, name, are_few=of_tab <= FEW_NAMES)


def file_name(title: str, form: ExportFormat, moment: datetime) -> str:
    """The campaign's title and the day, without what a file system minds."""
    kept = " ".join(_UNSAFE.sub(" ", title).split())[:_LONGEST_TITLE].strip(" .") or "recipients"
    return f"{kept} {moment:%Y-%m-%d}.{form.extension}"


def pieces(export: Export, sheet: Sheet) -> Generator[bytes]:
    """The file, a piece for each thousand recipients. Close it to stop early: nothing is left behind."""
    writer = writer_of(export.form, sheet.headings, sheet.sheet)
    yield writer.begin()
    for rows in chunks(export.campaign_id, export.query, are_few=export.are_few):
        yield writer.rows([sheet.cells(row, export.zone) for row in rows])
    yield writer.end()


def chunks(campaign_id: int, query: RecipientQuery, *, are_few: bool) -> Iterator[list[RecipientRow]]:
    """All recipients of a query, a thousand at a time; a campaign that is deleted meanwhile ends here.

    Each chunk is a transaction of its own: one for all of them would keep PostgreSQL from clearing away old rows, and
    SQLite from shortening its log. In the orders of sending and of names nobody is met twice or left out, whatever
    changes meanwhile but names; in that of the last change the order is taken down first.
    """
    if query.sort is RecipientSort.UPDATED:
        with reading() as session:
            ids = recipient_pages.list_ids(session, campaign_id, query, _MOST_BY_CHANGE, are_few=True)
        for start in range(0, len(ids), CHUNK):
            with reading() as session:
                yield _rows(session, ids[start : start + CHUNK])
        return
    while True:
        with reading() as session:
            ids = recipient_pages.list_ids(session, campaign_id, query, CHUNK, are_few=are_few)
            rows = _rows(session, ids)
        if rows:
            yield rows
        if len(ids) < CHUNK:
            return
        query = replace(query, after=ids[-1])


def _rows(session: Session, ids: Sequence[int]) -> list[RecipientRow]:
    return [recipient_row(row) for row in recipient_pages.rows_of(session, ids)]
