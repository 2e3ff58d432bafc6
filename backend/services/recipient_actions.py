"""What can be done about one recipient, for whoever looks at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from backend.database import reading
from backend.domain.channels import Medium
from backend.domain.retrying import RUNS_THAT_RETRY, NextTry, WhyNot
from backend.domain.rights import Right
from backend.domain.statuses import RecipientStatus, RunState
from backend.errors import NotFoundError
from backend.models import Campaign, Contact, Recipient
from backend.repositories import campaigns, retries
from backend.services import retrying
from backend.services.acting import ActingUser
from backend.services.asking import can_be_asked

_ACTED_ON = (RecipientStatus.FAILED, RecipientStatus.UNKNOWN)


@dataclass(frozen=True, slots=True)
class RecipientActions:
    """`ways`: how it may be tried again, None by the channel's own order, which begins with `first_medium`, and without
    that medium; `why_not` when there is none. `stopped`: the state of a run that lets nothing be retried.

    `needs_attention`: its answer was lost; `may_ask` the provider what became of it. `may_repair` its contact, whose
    addresses are `email` and `mobile` then.
    """

    recipient_id: int
    name: str = ""
    medium: Medium | None = None
    ways: Sequence[Medium | None] = ()
    first_medium: Medium | None = None
    why_not: WhyNot | None = None
    stopped: RunState | None = None
    needs_attention: bool = False
    may_ask: bool = False
    may_repair: bool = False
    email: str = ""
    mobile: str = ""

    @property
    def any(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.ways) or self.needs_attention or self.may_repair


def recipient_actions_for(actor: ActingUser, campaign_id: int, recipient_id: int) -> RecipientActions:
    """What the user may do about a recipient now. A few statements; nothing for one that was reached or is on its way.

    Raises:
        ForbiddenError: without the right `campaigns.view`.
        NotFoundError: there is no such recipient in this campaign.
    """
    actor.require(Right.CAMPAIGNS_VIEW)
    with reading() as session:
        campaign = campaigns.get(session, campaign_id)
        recipient = session.get(Recipient, recipient_id)
        if recipient is None or recipient.campaign_id != campaign_id:
            raise NotFoundError(what="recipient", id=recipient_id)
        contact = session.get_one(Contact, recipient.contact_id)
        name = f"{contact.first_name} {contact.last_name}".strip() or contact.hebrew_first_name
        if recipient.status not in _ACTED_ON:
            return RecipientActions(recipient_id, name, recipient.medium)
        may_send = actor.may(Right.CAMPAIGNS_SEND)
        is_unknown = recipient.status is RecipientStatus.UNKNOWN
        stopped = campaign.run_state not in RUNS_THAT_RETRY
        possible, why_not = _ways(session, campaign, recipient) if may_send and not stopped else ({}, None)
        own = possible.get(None)
        may_repair = not is_unknown and contact.deleted_at is None and actor.may(Right.CONTACTS_EDIT)
    return RecipientActions(
        recipient_id,
        name,
        recipient.medium,
        [way for way in possible if way is None or way is not own],
        own,
        why_not,
        campaign.run_state if stopped else None,
        is_unknown and may_send,
        is_unknown and may_send and can_be_asked(recipient.medium),
        may_repair,
        (contact.email or "") if may_repair else "",
        (contact.mobile_e164 or "") if may_repair else "",
    )


def _ways(
    session: Session, campaign: Campaign, recipient: Recipient
) -> tuple[Mapping[Medium | None, Medium], WhyNot | None]:
    """By which ways it may be tried again, and the medium each begins with; or why it may not."""
    rows = retries.list_unreached(session, campaign.id or 0, recipient.status, recipient_id=recipient.id)
    planned = {
        way: each.to
        for way in retrying.ways_of(campaign.channel)
        for each in retrying.plan(session, campaign, rows, way, set())
    }
    possible = {way: to.medium for way, to in planned.items() if isinstance(to, NextTry)}
    refusals = [to for to in planned.values() if isinstance(to, WhyNot)]
    return possible, refusals[0] if refusals and not possible else None
