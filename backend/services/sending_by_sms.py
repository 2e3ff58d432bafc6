"""Send all by SMS now: those who wait for the WhatsApp connection get the SMS instead, because somebody said so.

One transaction: everybody who waits moves to the next medium, the credits stay reserved, and the run goes on. Nothing
of it is there after a crash, and whoever comes second, or after the connection, finds that the run waits no longer.
Whoever is claimed, or was handed over, is never moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from backend import realtime
from backend.database import after_commit, reading, unit_of_work
from backend.domain.channels import Channel, Medium, media_of, sms_follows_whatsapp
from backend.domain.rights import Right
from backend.domain.statuses import CreditState, RecipientStatus, RunState
from backend.errors import ConflictError, InvalidInputError
from backend.models import Campaign
from backend.providers import configured_media
from backend.repositories import audit, campaigns, whatsapp_queue
from backend.repositories.whatsapp_queue import Onward, Share
from backend.services import settling
from backend.services.acting import ActingUser
from backend.settings import get_settings

_NOBODY = Share(0, 0)


@dataclass(frozen=True, slots=True)
class SmsPlan:
    """What sending by SMS now would do, or did. `credits`: SMS segments, all of them reserved already.

    Who has no number an SMS may go to gets the email (`by_email`), where the channel has it, or has failed
    (`without_address`). `duplicates` are left out: somebody else gets the message at their next address.
    """

    campaign_id: int
    title: str
    channel: Channel
    by_sms: int
    credits: int
    by_email: int
    duplicates: int
    without_address: int

    @property
    def total(self) -> int:
        """Everybody who waits."""
        return self.by_sms + self.by_email + self.duplicates + self.without_address


def find_sms_plan(actor: ActingUser, campaign_id: int) -> SmsPlan | None:
    """What sending by SMS now would do; nothing is changed.

    None where it is not offered: the run does not wait for WhatsApp, its channel has no SMS after it, or the actor
    may not send. Costs nothing then; otherwise it counts those who wait.

    Raises:
        ForbiddenError: without the right `campaigns.view`.
        NotFoundError: there is no such campaign.
    """
    actor.require(Right.CAMPAIGNS_VIEW)
    with reading() as session:
        campaign = campaigns.get(session, campaign_id)
        if not actor.may(Right.CAMPAIGNS_SEND) or not _waits(campaign):
            return None
        return _plan(campaign, whatsapp_queue.count_onward(session, campaign_id, campaign.channel))


def send_by_sms_now(actor: ActingUser, campaign_id: int) -> SmsPlan:
    """Move everybody who waits for WhatsApp to the next medium, and let the run go on; all or nothing, and once.

    Audited. Wakes the workers after the commit. Safe to repeat: the second time is a conflict.

    Raises:
        ForbiddenError: without the right `campaigns.send`.
        NotFoundError: there is no such campaign.
        ConflictError: `not_waiting`, such as when the connection is back or somebody else was faster; nobody moved.
        InvalidInputError: `not_configured`, or `no_sms` when the channel has none after WhatsApp.
    """
    actor.require(Right.CAMPAIGNS_SEND)
    try:
        return _send(actor, campaign_id)
    except IntegrityError:
        # Another transaction has just taken an address: now it can be seen.
        return _send(actor, campaign_id)


def _send(actor: ActingUser, campaign_id: int) -> SmsPlan:
    with unit_of_work() as session:
        campaign = campaigns.get(session, campaign_id)
        _check(campaign)
        whatsapp_queue.lock(session, campaign_id)
        onward = whatsapp_queue.count_onward(session, campaign_id, campaign.channel)
        whatsapp_queue.move_onward(session, campaign_id, campaign.channel)
        plan = _plan(campaign, onward)
        _go_on(session, campaign_id)
        _enter(session, campaign_id, onward)
        audit.record(
            session,
            "send_by_sms",
            "campaign",
            campaign_id,
            user_id=actor.id,
            actor=actor.email,
            recipients=plan.by_sms,
            credits=plan.credits,
            by_email=plan.by_email,
            duplicates=plan.duplicates,
            without_address=plan.without_address,
        )
        after_commit(session, lambda: realtime.signal_campaign(campaign_id))
        after_commit(session, lambda: realtime.wake_campaign(campaign_id))
    return plan


def _waits(campaign: Campaign) -> bool:
    return campaign.run_state is RunState.WAITING_CONNECTION and sms_follows_whatsapp(campaign.channel)


def _check(campaign: Campaign) -> None:
    if not sms_follows_whatsapp(campaign.channel):
        raise InvalidInputError(code="no_sms", field="channel")
    if campaign.run_state is not RunState.WAITING_CONNECTION:
        raise _not_waiting(campaign.run_state)
    missing = {*media_of(campaign.channel)} - {Medium.WHATSAPP} - configured_media(get_settings())
    if missing:
        raise InvalidInputError(code="not_configured", field="channel", media=sorted(missing))


def _go_on(session: Session, campaign_id: int) -> None:
    """The recipients are locked before the campaign is, as everywhere. If the run waits no longer, nobody moves."""
    if not campaigns.wait_no_longer(session, campaign_id):
        raise _not_waiting(campaigns.run_state_of(session, campaign_id))


def _not_waiting(state: RunState | None) -> ConflictError:
    return ConflictError(code="not_waiting", run_state=state.value if state else "")


_BECOMES = {
    Onward.SMS: (RecipientStatus.PENDING, Medium.SMS),
    Onward.EMAIL: (RecipientStatus.PENDING, Medium.EMAIL),
    Onward.DUPLICATE: (RecipientStatus.SKIPPED, Medium.WHATSAPP),
    Onward.NO_ADDRESS: (RecipientStatus.FAILED, Medium.WHATSAPP),
}


def _enter(session: Session, campaign_id: int, onward: Mapping[Onward, Share]) -> None:
    """Counters, and the credits of those who end here; the others keep theirs until their message is taken."""
    books = settling.Books()
    for kind, share in onward.items():
        status, medium = _BECOMES[kind]
        media = Medium.WHATSAPP, medium
        books.move(campaign_id, RecipientStatus.PENDING, status, share.recipients, media=media)
        if status is not RecipientStatus.PENDING:
            books.move_credits(campaign_id, CreditState.RESERVED, CreditState.RELEASED, share.credits)
    settling.close_books(session, books)


def _plan(campaign: Campaign, onward: Mapping[Onward, Share]) -> SmsPlan:
    by_sms = onward.get(Onward.SMS, _NOBODY)
    return SmsPlan(
        campaign_id=campaign.id or 0,
        title=campaign.title,
        channel=campaign.channel,
        by_sms=by_sms.recipients,
        credits=by_sms.credits,
        by_email=onward.get(Onward.EMAIL, _NOBODY).recipients,
        duplicates=onward.get(Onward.DUPLICATE, _NOBODY).recipients,
        without_address=onward.get(Onward.NO_ADDRESS, _NOBODY).recipients,
    )
