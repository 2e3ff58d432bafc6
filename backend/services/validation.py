"""Validate and send: freeze the recipients, reserve the credits, start the run or wait for its date."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from backend import clock, realtime
from backend.database import after_commit, reading, unit_of_work
from backend.domain.channels import Channel, ConnectionState, Medium, media_of
from backend.domain.personal_fields import UNSUBSCRIBE, fields_in
from backend.domain.rights import Right
from backend.domain.statuses import CampaignStatus, Reason, RecipientStatus, RunState
from backend.domain.timelines import minute_of
from backend.errors import ConflictError, InsufficientCreditError, InvalidInputError
from backend.models import Campaign, Organisation, Template
from backend.providers import configured_media
from backend.repositories import audit, campaign_minutes, campaigns, credits, organisations, recipients
from backend.repositories.recipients import Frozen
from backend.services.acting import ActingUser
from backend.services.draft_input import Care, check
from backend.services.drafts import entered
from backend.services.packed_rows import PackedRows
from backend.services.targets import ComputedTargets, compute_targets
from backend.settings import get_settings


@dataclass(frozen=True, slots=True)
class ValidationSummary:
    """What confirming would do, computed now. Credits are SMS segments.

    `empty_fields`: how many recipients have nothing for a personal field that the message uses. `targets_saved`: how
    many targets the draft had when it was saved; `targets_now`: how many it has. `duration_s`: how long the sending
    takes at most rates. `grace_s`: how long a sending that starts at once can be taken back. Above `typed_above`
    recipients their number has to be typed.
    """

    campaign_id: int
    title: str
    channel: Channel
    recipients: Mapping[Medium, int]
    left_out: Mapping[Reason, int]
    credits_needed: int
    credits_available: int
    scheduled_at: datetime | None
    time_zone: str
    schedule_passed: bool
    empty_fields: Mapping[str, int]
    whatsapp_connected: bool
    targets_saved: int = 0
    targets_now: int = 0
    adds_unsubscribe: bool = False
    duration_s: int = 0
    grace_s: int = 0
    typed_above: int = 0

    @property
    def must_be_typed(self) -> bool:
        """Whether the number of recipients has to be typed before it is validated."""
        return self.total > self.typed_above > 0

    @property
    def total(self) -> int:
        """Recipients of all media."""
        return sum(self.recipients.values())

    @property
    def credits_missing(self) -> int:
        """Credits to buy before this campaign can be validated."""
        return max(self.credits_needed - self.credits_available, 0)


@dataclass(frozen=True, slots=True)
class _Computed:
    campaign: Campaign
    organisation: Organisation
    targets: ComputedTargets
    available: int
    used_fields: Sequence[str]


def summarise(actor: ActingUser, campaign_id: int) -> ValidationSummary:
    """Compute what validating a draft would do; nothing is changed.

    Raises:
        NotFoundError, ForbiddenError.
        ConflictError: it is validated already.
        InvalidInputError: it is not finished; `details["field"]` names what is missing or wrong.
    """
    actor.require(Right.CAMPAIGNS_SEND)
    return _summary(_compute(campaign_id))


def validate_campaign(actor: ActingUser, campaign_id: int, *, send_now: bool = False) -> ValidationSummary:
    """Freeze recipients, reserve credits, set Validated and the run state: one transaction, once.

    `send_now` drops the schedule. Wakes the workers after the commit when the run starts at once. What is frozen was
    counted as it was computed, and waits packed for the transaction: some 50 bytes a recipient.

    Raises:
        ConflictError: another validation or save came first, or it is validated already.
        InsufficientCreditError: nothing was reserved and nothing frozen.
        InvalidInputError: `schedule_passed`, `no_recipients` or `not_configured`, or as `summarise`.
    """
    actor.require(Right.CAMPAIGNS_SEND)
    rows = PackedRows()
    computed = _compute(campaign_id, rows.append)
    _check(computed, send_now=send_now)
    with unit_of_work() as session:
        _validate(session, actor, computed, rows, send_now=send_now)
    return _summary(computed)


def _compute(campaign_id: int, keep: Callable[[Frozen], object] | None = None) -> _Computed:
    with reading() as session:
        campaign = campaigns.get(session, campaign_id)
        if campaign.status is not CampaignStatus.INIT:
            raise ConflictError(code="already_validated")
        check(entered(session, campaign), Care.SENDABLE)
        used = _used_fields(session, campaign)
        targets = compute_targets(session, campaign, used, keep)
        return _Computed(campaign, organisations.get(session), targets, credits.get_balance(session).available, used)


def _used_fields(session: Session, campaign: Campaign) -> list[str]:
    template = session.get(Template, campaign.template_id) if campaign.template_id else None
    texts = [campaign.subject, campaign.sms_text, campaign.whatsapp_text, campaign.email_html]
    if template and not campaign.email_html:
        texts += [template.subject, template.html]
    return fields_in(" ".join(texts))


def _summary(computed: _Computed) -> ValidationSummary:
    campaign, organisation, targets = computed.campaign, computed.organisation, computed.targets
    return ValidationSummary(
        campaign_id=campaign.id or 0,
        title=campaign.title,
        channel=campaign.channel,
        recipients=targets.per_medium,
        left_out=targets.left_out,
        credits_needed=targets.credits_needed,
        credits_available=computed.available,
        scheduled_at=campaign.scheduled_at,
        time_zone=organisation.time_zone,
        schedule_passed=_passed(campaign),
        empty_fields=targets.empty_fields,
        whatsapp_connected=organisation.whatsapp_state is ConnectionState.CONNECTED,
        targets_saved=campaign.targets_count,
        targets_now=targets.targets_count,
        adds_unsubscribe=Medium.EMAIL in targets.per_medium and UNSUBSCRIBE not in computed.used_fields,
        duration_s=_duration_s(targets.per_medium),
        grace_s=organisation.undo_grace_s,
        typed_above=get_settings().confirm_typed_above,
    )


def _duration_s(per_medium: Mapping[Medium, int]) -> int:
    """At the rates of the settings, all media at once; rounded up."""
    settings = get_settings()
    rates = {
        Medium.EMAIL: settings.email_rate_per_s,
        Medium.SMS: settings.sms_rate_per_s,
        Medium.WHATSAPP: settings.whatsapp_rate_per_s,
    }
    return max((math.ceil(count / rates[medium]) for medium, count in per_medium.items()), default=0)


def _passed(campaign: Campaign) -> bool:
    return campaign.scheduled_at is not None and campaign.scheduled_at <= clock.now()


def _check(computed: _Computed, *, send_now: bool) -> None:
    missing = set(media_of(computed.campaign.channel)) - configured_media(get_settings())
    if missing:
        raise InvalidInputError(code="not_configured", field="channel", media=sorted(missing))
    if _passed(computed.campaign) and not send_now:
        raise InvalidInputError(code="schedule_passed", field="schedule")
    if not computed.targets.per_medium:
        raise InvalidInputError(code="no_recipients", field="targets")


def _validate(session: Session, actor: ActingUser, computed: _Computed, rows: PackedRows, *, send_now: bool) -> None:
    campaign, targets = computed.campaign, computed.targets
    campaign_id, moment = campaign.id or 0, clock.now()
    values = {
        "validated_at": moment,
        "validated_by_id": actor.id,
        "targets_count": targets.targets_count,
        **_start(computed, moment, send_now=send_now),
        **{f"{status}_count": number for status, number in targets.statuses.items()},
    }
    if not campaigns.validate_draft(session, campaign_id, campaign.version, values):
        raise ConflictError(code="changed_meanwhile")
    if targets.credits_needed > credits.get_balance(session).available:
        raise _not_enough(session, targets)
    _note_failed(session, campaign_id, moment, targets)
    recipients.freeze_campaign(session, campaign_id, moment, rows)
    # After the long part: from here to the commit nobody else can move credits.
    if not credits.reserve(session, targets.credits_needed, campaign_id=campaign_id, user_id=actor.id):
        raise _not_enough(session, targets)
    audit.record(
        session,
        "validate",
        "campaign",
        campaign_id,
        user_id=actor.id,
        actor=actor.email,
        recipients=sum(targets.per_medium.values()),
        credits=targets.credits_needed,
    )
    after_commit(session, lambda: realtime.signal_campaign(campaign_id))
    after_commit(session, realtime.signal_credit)
    if values["run_state"] is RunState.SENDING:
        after_commit(session, lambda: realtime.wake_campaign(campaign_id))


def _note_failed(session: Session, campaign_id: int, moment: datetime, targets: ComputedTargets) -> None:
    """Who cannot be reached has failed a minute before anything is sent: it is no part of the speed of that."""
    failed = {RecipientStatus.FAILED.value: targets.statuses.get(RecipientStatus.FAILED, 0)}
    campaign_minutes.add(session, campaign_id, minute_of(moment) - 1, campaign_minutes.split(failed))


def _not_enough(session: Session, targets: ComputedTargets) -> InsufficientCreditError:
    needed, available = targets.credits_needed, credits.get_balance(session).available
    return InsufficientCreditError(needed=needed, available=available, missing=max(needed - available, 0))


def _start(computed: _Computed, moment: datetime, *, send_now: bool) -> dict[str, object]:
    campaign, organisation = computed.campaign, computed.organisation
    if campaign.scheduled_at is not None and not send_now:
        return {"run_state": RunState.SCHEDULED}
    if organisation.undo_grace_s:
        ends_at = moment + timedelta(seconds=organisation.undo_grace_s)
        return {"run_state": RunState.SCHEDULED, "scheduled_at": ends_at, "schedule_zone": organisation.time_zone}
    return {"run_state": RunState.SENDING, "scheduled_at": None, "started_at": moment, "worker_seen_at": moment}
