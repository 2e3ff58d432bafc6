"""Recipients: freezing them, and writing in bulk what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain, islice
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import Dialect, Enum, bindparam, delete, func, literal_column, select, update
from sqlmodel import Session

from backend import clock
from backend.domain.channels import Medium
from backend.domain.statuses import HANDED_OVER, CreditState, Reason, RecipientStatus, RunState
from backend.models import Campaign, Recipient, table_of
from backend.repositories.id_lists import DIALECTS, among, dialect_of, ids_for
from backend.repositories.standing_at import is_pending, stands_at

_recipient = table_of(Recipient)
_campaign = table_of(Campaign)
# A literal, so that the databases can use the partial index on these rows.
_RESERVED = literal_column("'reserved'")


_FREEZE_CHUNK = 500  # fewer values than SQLite takes in a statement


class Standing(NamedTuple):
    """A recipient as it stands, for deciding what becomes of it."""

    id: int
    campaign_id: int
    contact_id: int
    status: RecipientStatus
    reason: Reason | None
    medium: Medium | None
    address: str | None
    email: str | None
    mobile_e164: str | None
    segments: int
    credit_state: CreditState
    vendor_code: str | None
    first_attempt: int = 1


class Frozen(NamedTuple):
    """What validation writes of a recipient, beside what is the same for all of a campaign.

    `fields` are a JSON object; `email` and `mobile_e164` those that may be used.
    """

    contact_id: int
    status: RecipientStatus
    reason: Reason | None
    medium: Medium | None
    address: str | None
    email: str | None
    mobile_e164: str | None
    fields: str
    segments: int
    credit_state: CreditState


class Ending(NamedTuple):
    """What is written to recipients that end alike."""

    status: RecipientStatus
    reason: Reason | None
    medium: Medium | None
    credit_state: CreditState
    vendor_code: str | None


_STANDING = [_recipient.c[name] for name in Standing._fields]


def freeze(
    session: Session,
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    alike: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Insert the recipients of a campaign as they come, by the values of the named columns; few are kept at a time.

    `alike`: the values of further columns, which all of them share.
    """
    dialect, columns = session.get_bind().dialect, ", ".join((*alike, *names))
    shared = [_binder(dialect, name)(value) for name, value in alike.items()]
    binders = [_binder(dialect, name) for name in names]
    bound = ([*shared, *[bind(value) for bind, value in zip(binders, row, strict=True)]] for row in rows)
    if dialect.name == "postgresql":
        _copy(session, f"COPY recipient ({columns}) FROM STDIN", bound)
        return
    # The driver's own way: an INSERT of SQLAlchemy looks at every value of every row again. And many rows a statement:
    # for each one SQLite makes tables of the words that the checks of its columns allow.
    place = f"({', '.join('?' * (len(alike) + len(names)))})"
    while chunk := list(islice(bound, _FREEZE_CHUNK)):
        places = ", ".join([place] * len(chunk))
        insert = f"INSERT INTO recipient ({columns}) VALUES {places}"  # noqa: S608 - our own names
        session.connection().exec_driver_sql(insert, tuple(chain.from_iterable(chunk)))


def _binder(dialect: Dialect, name: str) -> Callable[[Any], Any]:
    """What makes a value of a column the driver's. Of words there are few, so each is looked at once."""
    kind = _recipient.c[name].type
    bind = kind.dialect_impl(dialect).bind_processor(dialect)
    if bind is None:
        return _as_it_is
    return lru_cache(maxsize=64)(bind) if isinstance(kind, Enum) else bind


def _as_it_is(value: Any) -> Any:
    return value


def freeze_campaign(session: Session, campaign_id: int, moment: datetime, rows: Iterable[Sequence[Any]]) -> None:
    """Insert the recipients of a campaign, validated at this moment, each by the values of `Frozen`."""
    freeze(session, Frozen._fields, rows, {"campaign_id": campaign_id, "attempt_count": 0, "updated_at": moment})


def _copy(session: Session, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    """PostgreSQL's own way for many rows: three times as fast as INSERT."""
    connection: Any = session.connection().connection.driver_connection
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


_standings = {
    dialect: select(*_STANDING).where(among(_recipient.c.id, dialect)).order_by(_recipient.c.id) for dialect in DIALECTS
}


_standings["postgresql"] = _standings["postgresql"].with_for_update()


def lock_standings(session: Session, recipient_ids: Collection[int]) -> list[Standing]:
    """Recipients by id, locked until the end of the transaction, in an order every caller shares."""
    rows = session.execute(_standings[dialect_of(session)], ids_for(session, recipient_ids))
    return [Standing(*row) for row in rows]


_write_alike = {
    dialect: update(_recipient)
    .where(among(_recipient.c.id, dialect))
    .values(
        status=bindparam("new_status"),
        reason=bindparam("new_reason"),
        medium=bindparam("new_medium"),
        credit_state=bindparam("new_credit_state"),
        vendor_code=bindparam("new_vendor_code"),
        lease_until=None,
        updated_at=bindparam("now"),
    )
    for dialect in DIALECTS
}


_write_moved = {
    dialect: statement.values(address=bindparam("new_address")) for dialect, statement in _write_alike.items()
}


def write_standings(session: Session, changes: Iterable[Standing]) -> None:
    """Write recipients in bulk: one statement for all that end alike."""
    alike: dict[tuple[Any, ...], list[int]] = {}
    for new in changes:
        address = new.address if new.status is RecipientStatus.PENDING else None
        key = (new.status, new.reason, new.medium, new.credit_state, new.vendor_code, address)
        alike.setdefault(key, []).append(new.id)
    for (status, reason, medium, credit_state, vendor_code, address), ids in alike.items():
        ending = Ending(status, reason, medium, credit_state, vendor_code)
        if address is None:
            session.execute(_write_alike[dialect_of(session)], _values(session, ids, ending))
        else:  # pending, perhaps on another medium
            values = {**_values(session, ids, ending), "new_address": address}
            session.execute(_write_moved[dialect_of(session)], values)


_count_one_less = {
    dialect: update(_recipient)
    .where(among(_recipient.c.id, dialect))
    .values(attempt_count=_recipient.c.attempt_count - 1)
    for dialect in DIALECTS
}


def uncount_attempts(session: Session, recipient_ids: Collection[int]) -> None:
    """Have the last claims of these recipients, who are locked, count for nothing: no attempt is left of them."""
    if recipient_ids:
        session.execute(_count_one_less[dialect_of(session)], ids_for(session, recipient_ids))


def _values(session: Session, recipient_ids: Collection[int], ending: Ending) -> dict[str, Any]:
    values = {f"new_{name}": value for name, value in zip(Ending._fields, ending, strict=True)}
    return {**ids_for(session, recipient_ids), **values, "now": clock.now()}


_first_clicks = {
    dialect: select(_recipient.c.id, _recipient.c.campaign_id).where(
        among(_recipient.c.id, dialect), _recipient.c.clicks == 0
    )
    for dialect in DIALECTS
}
_add_reactions = {
    dialect: update(_recipient)
    .where(among(_recipient.c.id, dialect))
    .values(views=_recipient.c.views + bindparam("more_views"), clicks=_recipient.c.clicks + bindparam("more_clicks"))
    for dialect in DIALECTS
}


def without_clicks(session: Session, recipient_ids: Collection[int]) -> list[tuple[int, int]]:
    """Of these recipients those who have never clicked, each with the campaign."""
    rows = session.execute(_first_clicks[dialect_of(session)], ids_for(session, recipient_ids))
    return [(id_, campaign_id) for id_, campaign_id in rows]


def add_reactions(session: Session, views: Mapping[int, int], clicks: Mapping[int, int]) -> None:
    """Count views and clicks of recipients, who are locked; one statement for all who reacted alike."""
    alike: dict[tuple[int, int], list[int]] = {}
    for id_ in sorted(views.keys() | clicks.keys()):
        alike.setdefault((views.get(id_, 0), clicks.get(id_, 0)), []).append(id_)
    for (more_views, more_clicks), ids in alike.items():
        values = {**ids_for(session, ids), "more_views": more_views, "more_clicks": more_clicks}
        session.execute(_add_reactions[dialect_of(session)], values)


def add_click(session: Session, campaign_id: int, recipient_id: int) -> int:
    """Count a click of a recipient, and lock the row; gives how many there are now, 0 without such a recipient."""
    clicked = session.execute(
        update(_recipient)
        .where(_recipient.c.id == recipient_id, _recipient.c.campaign_id == campaign_id)
        .values(clicks=_recipient.c.clicks + 1)
        .returning(_recipient.c.clicks)
    )
    return clicked.scalar_one_or_none() or 0


def addresses_taken(session: Session, campaign_id: int, addresses: Collection[str]) -> set[str]:
    """Those addresses that another recipient of the campaign holds."""
    if not addresses:
        return set()
    rows = session.execute(
        select(_recipient.c.address).where(
            _recipient.c.campaign_id == campaign_id,
            _recipient.c.address.in_(addresses),
            _recipient.c.reason.is_(None),
        )
    )
    return set(rows.scalars())


def list_idle_reservations(session: Session, finished_before: datetime, limit: int) -> list[int]:
    """Recipients of ended runs whose message left without needing the SMS that is reserved for them."""
    rows = session.execute(
        select(_recipient.c.id)
        .join(_campaign, _campaign.c.id == _recipient.c.campaign_id)
        .where(
            _campaign.c.run_state == RunState.DONE,
            _campaign.c.finished_at < finished_before,
            _recipient.c.credit_state == _RESERVED,
            _recipient.c.status.in_(HANDED_OVER),
        )
        .limit(limit)
    )
    return list(rows.scalars())


def list_pending_ids(session: Session, campaign_id: int, limit: int) -> list[int]:
    """Some pending recipients of a campaign."""
    rows = session.execute(
        select(_recipient.c.id)
        .where(_recipient.c.campaign_id == campaign_id, is_pending(dialect_of(session)))
        .limit(limit)
    )
    return list(rows.scalars())


def count_all(session: Session, campaign_id: int) -> dict[tuple[Medium | None, RecipientStatus], int]:
    """Count the recipients themselves, by medium and status."""
    kinds = (_recipient.c.medium, _recipient.c.status)
    query = select(*kinds, func.count()).where(_recipient.c.campaign_id == campaign_id).group_by(*kinds)
    return {(medium, status): number for medium, status, number in session.execute(query)}


def count_clicked(session: Session, campaign_id: int) -> int:
    """Count the recipients who clicked."""
    clicked = (_recipient.c.campaign_id == campaign_id, _recipient.c.clicks > 0)
    return session.execute(select(func.count()).select_from(_recipient).where(*clicked)).scalar_one()


def list_ids(session: Session, campaign_id: int, status: RecipientStatus, limit: int) -> list[int]:
    """Some recipients of a campaign that have a status, by id."""
    rows = session.execute(
        select(_recipient.c.id)
        .where(_recipient.c.campaign_id == campaign_id, stands_at(dialect_of(session), status))
        .order_by(_recipient.c.id)
        .limit(limit)
    )
    return list(rows.scalars())


def count_by_medium(session: Session, campaign_id: int, status: RecipientStatus, most: int) -> dict[Medium | None, int]:
    """Recipients of a status by medium; at most so many are looked at."""
    some = (
        select(_recipient.c.medium)
        .where(_recipient.c.campaign_id == campaign_id, stands_at(dialect_of(session), status))
        .limit(most)
        .subquery()
    )
    rows = session.execute(select(some.c.medium, func.count()).group_by(some.c.medium))
    return {medium: number for medium, number in rows}


def delete_of_campaign(session: Session, campaign_id: int) -> None:
    """Remove the frozen recipients of a campaign that goes back to draft: nothing of it has left."""
    session.execute(delete(_recipient).where(_recipient.c.campaign_id == campaign_id))
