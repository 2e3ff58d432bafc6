"""Import contacts from a CSV file: who is known by address is updated, everybody else is new."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlmodel import Session

from backend.database import unit_of_work
from backend.domain.rights import Right
from backend.domain.search import fold
from backend.repositories import audit
from backend.repositories import contact_imports as contacts
from backend.services.acting import ActingUser
from backend.services.contact_files import open_contact_file
from backend.services.contact_rows import ContactRow, read_row

_CHUNK_ROWS = 2_000
_NOTHING: dict[str, Any] = {
    **dict.fromkeys(contacts.IMPORTED),
    "first_name": "",
    "last_name": "",
    "hebrew_first_name": "",
    "is_deceased": False,
}


@dataclass(slots=True)
class ImportReport:
    """What became of a file. `skipped` and `warnings` hold (number of the line, reason), the first line being 1.

    Reasons of `skipped`: `no_address`, `repeats_line:N` (an address of an earlier line), `unreadable_characters`,
    `<name>_too_long`. `warnings` are about rows that were imported: `email_invalid`, `mobile_invalid`,
    `mobile_landline`, `language_unknown`, `birth_date_invalid`, `deceased_unclear`.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: list[tuple[int, str]] = field(default_factory=list)
    warnings: list[tuple[int, str]] = field(default_factory=list)
    unknown_columns: tuple[str, ...] = ()


def import_contacts(actor: ActingUser, file: Path, *, region: str = "FR") -> ImportReport:
    """Import a CSV file, 2,000 rows a transaction: an import that breaks off can simply be repeated.

    A contact is found by email, else by mobile; what a row leaves empty stays as it is. Categories and households
    that do not exist are made; nobody is taken out of one. `region` (ISO 3166) reads numbers without a country.

    Raises:
        ForbiddenError: without the right `contacts.edit`.
        InvalidInputError: the file cannot be used; see `open_contact_file` and `ContactFile.rows`.
    """
    actor.require(Right.CONTACTS_EDIT)
    source = open_contact_file(file)
    source.check()
    report = ImportReport(unknown_columns=source.header.unknown)
    read = (read_row(line, cells, source.header, region) for line, cells in source.rows())
    rows, taken = _usable(read, report), set[int]()
    try:
        while chunk := list(itertools.islice(rows, _CHUNK_ROWS)):
            with unit_of_work() as session:
                _import_chunk(session, chunk, report, taken)
    finally:
        _record(actor, report)
    return report


def _usable(rows: Iterator[ContactRow], report: ImportReport) -> Iterator[ContactRow]:
    """Rows that stand for a contact of their own."""
    seen: dict[str, ContactRow] = {}
    for row in rows:
        repeated = None if row.refusal else _repeated(row, seen)
        if row.refusal or repeated:
            report.skipped.append((row.line, row.refusal or f"repeats_line:{repeated}"))
            continue
        for address in filter(None, (row.email, row.mobile)):
            seen.setdefault(address, row)
        report.warnings += [(row.line, warning) for warning in row.warnings]
        yield row


def _repeated(row: ContactRow, seen: dict[str, ContactRow]) -> int | None:
    """The earlier line with the same email, or the same mobile unless name and email say it is somebody else."""
    for address in filter(None, (row.email, row.mobile)):
        earlier = seen.get(address)
        if earlier and not (row.email and address == row.mobile and _differ(row.values, earlier.values)):
            return earlier.line
    return None


def _differ(values: Mapping[str, Any], others: Mapping[str, Any]) -> bool:
    """Whether two people who answer the same telephone are two: both first names are known, and differ."""
    first, second = fold(values.get("first_name", "")), fold(others.get("first_name", ""))
    return bool(first and second and first != second)


def _import_chunk(session: Session, rows: list[ContactRow], report: ImportReport, taken: set[int]) -> None:
    """Write some rows. `taken`: contacts that earlier rows of the file stand for; grows."""
    known = _KnownContacts(session, rows, taken)
    households = contacts.ensure_households(session, {row.household for row in rows if row.household})
    new: list[tuple[ContactRow, dict[str, Any]]] = []
    matched: list[tuple[ContactRow, dict[str, Any], bool]] = []
    for row in rows:
        given = {**row.values, **({"household_id": households[row.household]} if row.household else {})}
        before = known.find(row)
        if before is None:
            new.append((row, {**_NOTHING, "language": "fr", **given}))
        else:
            after = {**before, **_changes(before, given)}
            matched.append((row, after, after != before))
    contacts.update_contacts(session, [after for _, after, changed in matched if changed])
    ids = contacts.insert_contacts(session, [values for _, values in new])
    taken.update(ids)
    created = [(row, contact_id) for (row, _), contact_id in zip(new, ids, strict=True)]
    joined = _join_categories(session, created + [(row, after["id"]) for row, after, _ in matched])
    updated = sum(changed or after["id"] in joined for _, after, changed in matched)
    report.created += len(created)
    report.updated += updated
    report.unchanged += len(matched) - updated


def _changes(before: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """What a row changes. An address that stays the same keeps what was learned about it, such as a bounce."""
    changes = dict(given)
    for address, problem in (("email", "email_problem"), ("mobile_e164", "mobile_problem")):
        if address in changes and changes[address] == before[address]:
            del changes[address], changes[problem]
    return changes


def _join_categories(session: Session, placed: list[tuple[ContactRow, int]]) -> set[int]:
    """Add the categories of each row; gives the ids of the contacts that joined one."""
    ids = contacts.ensure_categories(session, {name for row, _ in placed for name in row.categories})
    wanted = {(ids[name], contact_id) for row, contact_id in placed for name in row.categories}
    added = wanted - contacts.memberships(session, {contact_id for _, contact_id in wanted})
    contacts.add_members(session, added)
    return {contact_id for _, contact_id in added}


class _KnownContacts:
    """The stored contacts that some rows may stand for, each to be found once."""

    def __init__(self, session: Session, rows: list[ContactRow], taken: set[int]) -> None:
        self._by_address: dict[str, list[dict[str, Any]]] = {}
        emails, mobiles = {r.email for r in rows if r.email}, {r.mobile for r in rows if r.mobile}
        for contact in contacts.find_by_address(session, emails, mobiles):
            for address in (contact["email"], contact["mobile_e164"]):
                if address:
                    self._by_address.setdefault(address, []).append(contact)
        self._taken = taken

    def find(self, row: ContactRow) -> dict[str, Any] | None:
        """By email, else by mobile; of several who share it the one with the same first name, else the oldest."""
        for address in filter(None, (row.email, row.mobile)):
            sharing = [c for c in self._by_address.get(address, []) if c["id"] not in self._taken]
            if address == row.mobile and row.email:
                sharing = [contact for contact in sharing if not _differ(row.values, contact)]
            if sharing:
                found = min(sharing, key=lambda contact: _differ(row.values, contact))
                self._taken.add(found["id"])
                return found
        return None


def _record(actor: ActingUser, report: ImportReport) -> None:
    with unit_of_work() as session:
        audit.record(
            session,
            "import",
            "contact",
            None,
            user_id=actor.id,
            actor=actor.email,
            created=report.created,
            updated=report.updated,
            skipped=len(report.skipped),
        )
