"""The SQL of one campaign's page but for its recipients. Nothing here grows with their number, but for counting the
failed ones.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Row, func, select
from sqlmodel import Session

from backend.domain.channels import Medium
from backend.domain.statuses import LedgerKind, Reason, RecipientStatus
from backend.errors import NotFoundError
from backend.models import Campaign, LedgerEntry, Recipient, User, table_of
from backend.repositories.id_lists import dialect_of
from backend.repositories.standing_at import stands_at

_campaign = table_of(Campaign)
_recipient = table_of(Recipient)
_ledger = table_of(LedgerEntry)
_user = table_of(User)

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
            .where(_recipient.c.campaign_id == campaign_id, stands_at(dialect_of(session), status))
            .limit(most)
            .subquery()
        )
        counts += [FailureCount(*row) for row in session.execute(select(*some.c, func.count()).group_by(*some.c))]
    return counts
