"""The SQL of one recipient: who, where, what was tried, what was reported, and the contact's other messages.

Everything is found by an index of its own; nothing grows with the number of a campaign's recipients.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, RowMapping, func, literal, select, union_all
from sqlmodel import Session

from backend.domain.reactions import ClickedKind
from backend.domain.recipient_history import Opening, StoredReport, TriedAttempt
from backend.errors import NotFoundError
from backend.models import (
    Attempt,
    Campaign,
    CampaignFile,
    CampaignLink,
    Contact,
    DeliveryEvent,
    LinkClick,
    Recipient,
    table_of,
)

_attempt = table_of(Attempt)
_campaign = table_of(Campaign)
_contact = table_of(Contact)
_event = table_of(DeliveryEvent)
_recipient = table_of(Recipient)
_click = table_of(LinkClick)
_COUNTED_UP_TO = 5_000
# Clicks on addresses in an email are reports of their own.
_LABELLED = (ClickedKind.LINK, ClickedKind.FILE)

_FOUND = (
    select(_recipient.c.fields, _recipient.c.first_attempt, _campaign.c.validated_at, _campaign.c.channel)
    .join(_campaign, _campaign.c.id == _recipient.c.campaign_id)
    .where(_campaign.c.deleted_at.is_(None))
)


def find(session: Session, campaign_id: int, recipient_id: int) -> Row[Any]:
    """The frozen fields as they are stored, the first attempt of the current try, when the campaign was frozen, and
    its channel.

    Raises:
        NotFoundError: that campaign has no such recipient, is not there, or was deleted.
    """
    one = (_recipient.c.id == recipient_id) & (_recipient.c.campaign_id == campaign_id)
    row = session.execute(_FOUND.where(one)).one_or_none()
    if row is None:
        raise NotFoundError(f"Campaign {campaign_id} has no recipient {recipient_id}", what="recipient")
    return row


def attempts_of(session: Session, recipient_id: int, most: int) -> list[TriedAttempt]:
    """The last attempts in their order, at most `most`."""
    columns = [_attempt.c[name] for name in TriedAttempt.__dataclass_fields__]
    asked = select(*columns).where(_attempt.c.recipient_id == recipient_id).order_by(_attempt.c.number.desc())
    return [TriedAttempt(*row) for row in session.execute(asked.limit(most))][::-1]


def reports_of(session: Session, attempt_ids: Collection[int], most: int) -> tuple[list[StoredReport], int]:
    """The last reports about attempts, at most `most`, newest first; and how many there are, counted up to 5,000."""
    theirs = _event.c.attempt_id.in_(attempt_ids)
    columns = [_event.c[name] for name in StoredReport.__dataclass_fields__]
    # By id, which is in the index of the attempts: to sort by moment, all of them would have to be read.
    rows = session.execute(select(*columns).where(theirs).order_by(_event.c.id.desc()).limit(most))
    found = [StoredReport(*row) for row in rows]
    if len(found) < most:
        return found, len(found)
    counted = select(_event.c.id).where(theirs).limit(_COUNTED_UP_TO).subquery()
    return found, session.execute(select(func.count()).select_from(counted)).scalar_one()


def openings_of(session: Session, campaign_id: int, recipient_id: int) -> list[Opening]:
    """The links and files that one recipient opened: each is looked up by the whole of its key."""
    asked = union_all(*(_opened(kind, campaign_id, recipient_id) for kind in _LABELLED))
    return [Opening(ClickedKind(kind), *rest) for kind, *rest in session.execute(asked)]


def _opened(kind: ClickedKind, campaign_id: int, recipient_id: int) -> Any:
    item = table_of(CampaignLink if kind is ClickedKind.LINK else CampaignFile)
    label = func.coalesce(func.nullif(item.c.title, ""), item.c.url) if kind is ClickedKind.LINK else item.c.name
    key = (
        (_click.c.campaign_id == item.c.campaign_id)
        & (_click.c.kind == kind)
        & (_click.c.item_id == item.c.id)
        & (_click.c.recipient_id == recipient_id)
    )
    columns = (_click.c["count"], _click.c.first_at, _click.c.last_at)
    asked = select(literal(kind.value), item.c.id, label.label("label"), *columns)
    return asked.join_from(item, _click, key).where(item.c.campaign_id == campaign_id)


def payload_of(session: Session, campaign_id: int, recipient_id: int, event_id: int) -> str:
    """What a provider reported, as it came.

    Raises:
        NotFoundError: nothing was reported about that recipient with that id.
    """
    about = (_attempt.c.recipient_id == recipient_id) & (_attempt.c.campaign_id == campaign_id)
    asked = select(_event.c.payload).join(_attempt, _attempt.c.id == _event.c.attempt_id)
    payload = session.execute(asked.where(_event.c.id == event_id, about)).scalar_one_or_none()
    if payload is None:
        raise NotFoundError(f"There is no event {event_id} about recipient {recipient_id}", what="event")
    return payload


def numbers_of(session: Session, recipient_id: int) -> tuple[int, set[str]]:
    """The contact of a recipient, and the mobiles it has and had when the campaign was frozen."""
    asked = select(_recipient.c.contact_id, _recipient.c.mobile_e164, _contact.c.mobile_e164).join(
        _contact, _contact.c.id == _recipient.c.contact_id
    )
    contact_id, *numbers = session.execute(asked.where(_recipient.c.id == recipient_id)).one()
    return contact_id, {number for number in numbers if number}


def other_messages(
    session: Session, recipient_id: int, contact_id: int, *, before: int | None, limit: int
) -> Sequence[RowMapping]:
    """A contact's other messages, newest first, those of deleted campaigns too.

    All of the contact's are read and put in order, which are at most as many as there are campaigns: a planner
    that hopes to meet them soon would walk all recipients by id instead.
    """
    theirs = select(_recipient.c.id).where(_recipient.c.contact_id == contact_id, _recipient.c.id != recipient_id)
    if before is not None:
        theirs = theirs.where(_recipient.c.id < before)
    newest = theirs.order_by((_recipient.c.id + 0).desc()).limit(limit).subquery()
    asked = (
        select(
            _recipient.c.id.label("recipient_id"),
            _recipient.c.campaign_id,
            _campaign.c.title,
            _campaign.c.deleted_at.is_not(None).label("is_deleted"),
            func.coalesce(_campaign.c.validated_at, _recipient.c.updated_at).label("at"),
            _recipient.c.medium,
            _recipient.c.status,
            _recipient.c.reason,
            _recipient.c.vendor_code,
        )
        .join_from(newest, _recipient, _recipient.c.id == newest.c.id)
        .join(_campaign, _campaign.c.id == _recipient.c.campaign_id)
        .order_by(_recipient.c.id.desc())
    )
    return session.execute(asked).mappings().all()
