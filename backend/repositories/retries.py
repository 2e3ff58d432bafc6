"""Recipients that were not reached, with what their contacts are now; and putting them back in the queue."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session

from backend import clock
from backend.database import is_postgresql
from backend.domain.channels import Medium
from backend.domain.retrying import Outcome
from backend.domain.statuses import CreditState, Reason, RecipientStatus
from backend.domain.targeting import Candidate
from backend.models import Contact, OptOut, Recipient, table_of
from backend.repositories.id_lists import dialect_of
from backend.repositories.standing_at import stands_at

_recipient = table_of(Recipient)
_contact = table_of(Contact)
_opted_out_by = {medium: aliased(table_of(OptOut), name=f"out_{medium}") for medium in Medium}
_PAGE = 2_000
_HELD_AT_ONCE = 1_000


class Unreached(NamedTuple):
    """A recipient that failed, or whose answer was lost, and its contact as of now.

    `address` is where it failed, `segments` what that try cost where `credit_state` says so.
    """

    id: int
    status: RecipientStatus
    reason: Reason | None
    medium: Medium | None
    address: str | None
    vendor_code: str | None
    fields: str
    segments: int
    credit_state: CreditState
    contact: Candidate
    is_deleted: bool

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        return Outcome(self.status, self.reason, self.medium, self.address, self.vendor_code)


_OWN = [_recipient.c[name] for name in Unreached._fields[:9]]
_CONTACT = [_contact.c[name] for name in Candidate._fields[1:10]]
_OPTED_OUT = [opt_out.c.address.is_not(None) for opt_out in _opted_out_by.values()]


def list_unreached(
    session: Session,
    campaign_id: int,
    status: RecipientStatus,
    *,
    recipient_id: int | None = None,
    after: int = 0,
    limit: int = _PAGE,
    lock: bool = False,
) -> list[Unreached]:
    """Recipients of one status by id, or the one; `lock` keeps them as they are until the end of the transaction."""
    query = select(*_OWN, _contact.c.deleted_at.is_not(None), _contact.c.id, *_CONTACT, *_OPTED_OUT).join(
        _contact, _contact.c.id == _recipient.c.contact_id
    )
    for medium, opt_out in _opted_out_by.items():
        address = _contact.c.email if medium is Medium.EMAIL else _contact.c.mobile_e164
        query = query.outerjoin(opt_out, (opt_out.c.medium == medium) & (opt_out.c.address == address))
    query = query.where(_recipient.c.campaign_id == campaign_id, stands_at(dialect_of(session), status))
    query = query.where(_recipient.c.id > after if recipient_id is None else _recipient.c.id == recipient_id)
    query = query.order_by(_recipient.c.id).limit(limit)
    if lock and is_postgresql(session):
        query = query.with_for_update(of=_recipient)
    return [
        Unreached(*row[:9], contact=Candidate(*row[10:]), is_deleted=bool(row[9])) for row in session.execute(query)
    ]


def pages_of_unreached(
    session: Session, campaign_id: int, status: RecipientStatus, most: int
) -> Iterator[list[Unreached]]:
    """The first `most` of them, a page at a time."""
    after, left = 0, most
    while left > 0 and (page := list_unreached(session, campaign_id, status, after=after, limit=min(_PAGE, left))):
        yield page
        after, left = page[-1].id, left - len(page)


def holders(session: Session, campaign_id: int, addresses: Collection[str]) -> dict[str, int]:
    """Which recipient of the campaign holds each of these addresses."""
    wanted, found = sorted(addresses), dict[str, int]()
    for start in range(0, len(wanted), _HELD_AT_ONCE):
        rows = session.execute(
            select(_recipient.c.address, _recipient.c.id).where(
                _recipient.c.campaign_id == campaign_id,
                _recipient.c.address.in_(wanted[start : start + _HELD_AT_ONCE]),
                _recipient.c.reason.is_(None),
            )
        )
        found |= {address: recipient_id for address, recipient_id in rows}
    return found


class Restart(NamedTuple):
    """What is written to a recipient that is tried anew. `spent`: segments the try before was charged."""

    row_id: int
    new_medium: Medium
    new_address: str
    new_email: str | None
    new_mobile: str | None
    new_segments: int
    new_credit_state: CreditState
    spent: int


_write_restart = (
    update(_recipient)
    .where(_recipient.c.id == bindparam("row_id"))
    .values(
        status=RecipientStatus.PENDING,
        reason=None,
        vendor_code=None,
        medium=bindparam("new_medium"),
        address=bindparam("new_address"),
        email=bindparam("new_email"),
        mobile_e164=bindparam("new_mobile"),
        segments=bindparam("new_segments"),
        credit_state=bindparam("new_credit_state"),
        segments_before=_recipient.c.segments_before + bindparam("spent"),
        first_attempt=_recipient.c.attempt_count + 1,
        lease_until=None,
        updated_at=bindparam("now", type_=_recipient.c.updated_at.type),
    )
)


def restart(session: Session, restarts: Sequence[Restart]) -> None:
    """Make recipients pending again, as a new try."""
    if restarts:
        now = clock.now()
        session.execute(_write_restart, [{**each._asdict(), "now": now} for each in restarts])
