"""The SQL of one campaign's page. Nothing here grows with the number of its recipients, but for a search
and for counting the failed ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Row,
    RowMapping,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlmodel import Session

from backend.domain.channels import Medium
from backend.domain.search import fold, search_words
from backend.domain.statuses import LedgerKind, Reason, RecipientStatus
from backend.domain.tracking import STATUSES_OF, RecipientQuery
from backend.errors import NotFoundError
from backend.models import Campaign, Contact, LedgerEntry, Recipient, User, table_of
from backend.repositories.id_lists import DIALECTS, among, dialect_of, ids_for

_campaign = table_of(Campaign)
_recipient = table_of(Recipient)
_contact = table_of(Contact)
_ledger = table_of(LedgerEntry)
_user = table_of(User)

_MARKS = "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]"  # accents, niqqud and cantillation
_LOOK_ALIKES = "‘’ʼ׳“”„«»״־‐‑–—"
_PLAIN = "".join(map(fold, _LOOK_ALIKES))
_COUNTERS = [_campaign.c[f"{status}_count"] for status in RecipientStatus]
# Named one by one: the body of an email can be large.
_DETAILS = select(
    _campaign.c.id,
    _campaign.c.title,
    _campaign.c.subject,
    _campaign.c.channel,
    _campaign.c.status,
    _campaign.c.run_state,
    _campaign.c.halt_code,
    _campaign.c.late_by_s,
    _campaign.c.created_at,
    _campaign.c.validated_at,
    _campaign.c.scheduled_at,
    _campaign.c.started_at,
    _campaign.c.finished_at,
    _campaign.c.targets_count,
    _campaign.c.clicked_count,
    _user.c.first_name,
    _user.c.last_name,
    _user.c.email,
    *_COUNTERS,
).outerjoin(_user, _user.c.id == _campaign.c.validated_by_id)


class FailureCount(NamedTuple):
    """Recipients that failed, or were left out, alike."""

    status: RecipientStatus
    medium: Medium | None
    reason: Reason | None
    vendor_code: str | None
    recipients: int


def get(session: Session, campaign_id: int) -> Row[Any]:
    """A campaign that is not deleted, with the name of who validated it and the counters.

    Raises:
        NotFoundError: there is none.
    """
    row = session.execute(_DETAILS.where(_campaign.c.id == campaign_id, _campaign.c.deleted_at.is_(None))).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no campaign {campaign_id}", what="campaign", id=campaign_id)
    return row


def counters(row: Row[Any]) -> dict[RecipientStatus, int]:
    """The counters of a row of `get`."""
    return {status: getattr(row, f"{status}_count") for status in RecipientStatus}


def ledger_sums(session: Session, campaign_id: int) -> dict[LedgerKind, int]:
    """What the ledger says of one campaign, in segments."""
    rows = session.execute(
        select(_ledger.c.kind, func.sum(_ledger.c.amount))
        .where(_ledger.c.campaign_id == campaign_id)
        .group_by(_ledger.c.kind)
    )
    return {LedgerKind(kind): int(amount) for kind, amount in rows}


def count_failures(session: Session, campaign_id: int, most: int) -> list[FailureCount]:
    """Failed and skipped recipients by medium, reason and vendor code: `most` of each are looked at, and no others."""
    counts: list[FailureCount] = []
    for status in (RecipientStatus.FAILED, RecipientStatus.SKIPPED):
        kinds = [_recipient.c[name] for name in ("status", "medium", "reason", "vendor_code")]
        some = (
            select(*kinds)
            .where(_recipient.c.campaign_id == campaign_id, _recipient.c.status == status)
            .limit(most)
            .subquery()
        )
        counts += [FailureCount(*row) for row in session.execute(select(*some.c, func.count()).group_by(*some.c))]
    return counts


_ROWS = {
    dialect: select(
        _recipient.c.id,
        _recipient.c.contact_id,
        _contact.c.first_name,
        _contact.c.last_name,
        _contact.c.hebrew_first_name,
        _recipient.c.medium,
        _recipient.c.address,
        _recipient.c.status,
        _recipient.c.reason,
        _recipient.c.vendor_code,
        _recipient.c.segments,
        _recipient.c.updated_at,
    )
    .join(_contact, _contact.c.id == _recipient.c.contact_id)
    .where(among(_recipient.c.id, dialect))
    .order_by(_recipient.c.id)
    for dialect in DIALECTS
}


def list_page(session: Session, campaign_id: int, query: RecipientQuery) -> tuple[Sequence[RowMapping], bool]:
    """The recipients of one page by id, and whether there are more in the direction of the walk."""
    found = _list_ids(session, campaign_id, query, query.page_size + 1)
    ids = found[: query.page_size]
    rows = session.execute(_ROWS[dialect_of(session)], ids_for(session, ids)).mappings().all() if ids else []
    return rows, len(found) > query.page_size


def _list_ids(session: Session, campaign_id: int, query: RecipientQuery, limit: int) -> list[int]:
    """Ids from the cursor on. Each status walks its own part of the index, so that no page costs more than another."""
    backwards = query.before is not None
    id_ = _recipient.c.id
    found = _found(session, query)

    def walk(status: RecipientStatus) -> Any:
        branch = select(id_).where(_recipient.c.campaign_id == campaign_id, _recipient.c.status == status)
        if found is not None:
            branch = branch.join(_contact, _contact.c.id == _recipient.c.contact_id).where(found)
        if query.after is not None:
            branch = branch.where(id_ > query.after)
        if query.before is not None:
            branch = branch.where(id_ < query.before)
        return branch.order_by(id_.desc() if backwards else id_).limit(limit).subquery()

    walks = [walk(status) for status in STATUSES_OF[query.tab]]
    merged = union_all(*(select(each.c.id) for each in walks)).subquery()
    order = merged.c.id.desc() if backwards else merged.c.id
    return list(session.execute(select(merged.c.id).order_by(order).limit(limit)).scalars())


def _found(session: Session, query: RecipientQuery) -> ColumnElement[bool] | None:
    """Every word somewhere in names, address, code and reason; or the whole of it a number; or one of the hints."""
    words = search_words(query.search)
    if not words:
        return None
    folded = _folding(session)
    told = (
        folded(_contact.c.first_name),
        folded(_contact.c.last_name),
        folded(_contact.c.hebrew_first_name),
        func.coalesce(_recipient.c.address, ""),
        func.coalesce(_recipient.c.vendor_code, ""),
        func.replace(func.coalesce(cast(_recipient.c.reason, String), ""), "_", " "),
    )
    text = told[0]
    for part in told[1:]:
        text = text + literal(" ") + part
    ways: list[ColumnElement[bool]] = []
    number = _number(query.search)
    if number:
        ways.append(_recipient.c.address.contains(number))
    if not number or len(words) == 1:  # the pairs of a written number are in almost every number
        ways.append(and_(*(text.contains(word, autoescape=True) for word in words)))
    if query.reasons:
        ways.append(_recipient.c.reason.in_(query.reasons))
    if query.vendor_codes:
        ways.append(_recipient.c.vendor_code.in_(query.vendor_codes))
    return or_(*ways)


def _number(search: str) -> str:
    """The digits of a phone number however it is written, without the zero of national ones; else nothing."""
    digits = re.sub(r"[\s.()+-]", "", search)
    return digits.lstrip("0") if digits.isascii() and digits.isdigit() and len(digits) > 3 else ""


def _folding(session: Session) -> Any:
    """`domain.search.fold` as a function of the database. Most names are ASCII, and do without what is slow."""
    if dialect_of(session) == "postgresql":
        size, fold_all = func.octet_length, _folded_by_postgresql
    else:
        connection: Any = session.connection().connection.dbapi_connection
        connection.create_function("folded", 1, _fold_name, deterministic=True)
        size, fold_all = lambda column: func.length(cast(column, LargeBinary)), func.folded
    return lambda column: case((func.length(column) == size(column), func.lower(column)), else_=fold_all(column))


@lru_cache(maxsize=100_000)
def _fold_name(name: str) -> str:
    return fold(name)


def _folded_by_postgresql(column: Any) -> Any:
    bare = func.regexp_replace(func.normalize(column, literal_column("NFKD")), _MARKS, "", "g")
    return func.translate(func.lower(bare), _LOOK_ALIKES, _PLAIN)
