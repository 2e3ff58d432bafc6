"""Recipients that wait for WhatsApp: what the next medium of each is, and moving all of them there.

A few statements, however many they are. Whoever is claimed, or was handed over, is none of them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import case, func, literal, select, update
from sqlmodel import Session

from backend import clock
from backend.database import is_postgresql
from backend.domain.channels import Channel, Medium, media_of
from backend.domain.statuses import CreditState, Reason, RecipientStatus
from backend.models import Recipient, table_of
from backend.repositories.id_lists import dialect_of
from backend.repositories.standing_at import is_pending

_recipient = table_of(Recipient)
_holder = _recipient.alias("holder")
_is_reserved = _recipient.c.credit_state == CreditState.RESERVED
_reserved = func.coalesce(func.sum(case((_is_reserved, _recipient.c.segments), else_=0)), 0)


class Onward(StrEnum):
    """What becomes of a recipient that waits no longer for WhatsApp.

    `duplicate`: somebody else in the campaign gets the message at its next address.
    """

    SMS = "sms"
    EMAIL = "email"
    DUPLICATE = "duplicate"
    NO_ADDRESS = "no_address"


class Share(NamedTuple):
    """So many recipients, and the segments that are reserved for them."""

    recipients: int
    credits: int


def count_onward(session: Session, campaign_id: int, channel: Channel) -> dict[Onward, Share]:
    """What would become of those who wait; nobody is left out, and what holds nobody is."""
    straight = session.execute(
        select(func.count(), _reserved).where(_waiting(session, campaign_id), _goes_straight())
    ).one()
    found = {Onward.SMS: Share(int(straight[0]), int(straight[1]))}
    rest = _rest(session, campaign_id, channel)
    credits = func.coalesce(func.sum(rest.c.reserved), 0)
    for onward, number, amount in session.execute(select(rest.c.onward, func.count(), credits).group_by(rest.c.onward)):
        before = found.get(Onward(onward), Share(0, 0))
        found[Onward(onward)] = Share(before.recipients + int(number), before.credits + int(amount))
    return {onward: share for onward, share in found.items() if share.recipients}


def lock(session: Session, campaign_id: int) -> None:
    """Keep those who wait as they are until the end of the transaction, locked in the order every caller shares."""
    if is_postgresql(session):  # SQLite has one writer
        rows = select(_recipient.c.id).where(_waiting(session, campaign_id)).order_by(_recipient.c.id).with_for_update()
        session.execute(select(func.count()).select_from(rows.subquery()))


def move_onward(session: Session, campaign_id: int, channel: Channel) -> None:
    """Make them pending on their next medium, or end them without one. Call `lock` first, in the same transaction."""
    moment = clock.now()
    # First those whose address stays: then it can be seen that it is held.
    session.execute(
        update(_recipient)
        .where(_waiting(session, campaign_id), _goes_straight())
        .values(medium=Medium.SMS, updated_at=moment)
    )
    rest = _rest(session, campaign_id, channel)
    ends = rest.c.onward.in_([Onward.DUPLICATE, Onward.NO_ADDRESS])
    own = _recipient.c
    session.execute(
        update(_recipient)
        .where(own.id == rest.c.id)
        .values(
            status=_chosen(rest, own.status, {
                Onward.DUPLICATE: RecipientStatus.SKIPPED, Onward.NO_ADDRESS: RecipientStatus.FAILED,
            }),
            reason=_chosen(rest, own.reason, {
                Onward.DUPLICATE: Reason.DUPLICATE_ADDRESS, Onward.NO_ADDRESS: Reason.NO_ADDRESS,
            }),
            medium=_chosen(rest, own.medium, {Onward.SMS: Medium.SMS, Onward.EMAIL: Medium.EMAIL}),
            address=case((ends, own.address), else_=rest.c.target),
            credit_state=case(
                (ends & _is_reserved, literal(CreditState.RELEASED, own.credit_state.type)), else_=own.credit_state
            ),
            updated_at=moment,
        )
    )  # fmt: skip


def _waiting(session: Session, campaign_id: int) -> Any:
    own = _recipient.c
    return (own.campaign_id == campaign_id) & (own.medium == Medium.WHATSAPP) & is_pending(dialect_of(session))


def _goes_straight() -> Any:
    """Almost everybody: the SMS goes to the number that WhatsApp would have gone to."""
    return _recipient.c.mobile_e164 == _recipient.c.address


def _rest(session: Session, campaign_id: int, channel: Channel) -> Any:
    """The others as a table of `id`, `target`, `onward` and `reserved`; one per address, the first by id."""
    own = _recipient.c
    has_email = Medium.EMAIL in media_of(channel)
    target = func.coalesce(own.mobile_e164, own.email) if has_email else own.mobile_e164
    place = func.row_number().over(partition_by=target, order_by=own.id)
    held = (
        select(literal(1))
        .where(_holder.c.campaign_id == campaign_id, _holder.c.address == target, _holder.c.reason.is_(None))
        .exists()
    )
    onward = case(
        (target.is_(None), Onward.NO_ADDRESS.value),
        (held | (place > 1), Onward.DUPLICATE.value),
        (own.mobile_e164.is_not(None), Onward.SMS.value),
        else_=Onward.EMAIL.value,
    )
    reserved = case((_is_reserved, own.segments), else_=0)
    return (
        select(own.id, target.label("target"), onward.label("onward"), reserved.label("reserved"))
        .where(_waiting(session, campaign_id), own.mobile_e164.is_(None) | (own.mobile_e164 != own.address))
        .subquery("rest")
    )


def _chosen(rest: Any, column: Any, values: dict[Onward, Any]) -> Any:
    """A column's new value by what becomes of the recipient; unchanged where none is given."""
    cases = [(rest.c.onward == onward.value, literal(value, column.type)) for onward, value in values.items()]
    return case(*cases, else_=column)
