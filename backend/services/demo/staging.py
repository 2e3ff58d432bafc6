"""Put campaigns on stage: as they were made, validated and run, with recipients, attempts, links and files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import inscriptis
from sqlalchemy import insert, select
from sqlmodel import Session

from backend.domain.channels import Medium, media_of
from backend.domain.personal_fields import fields_in
from backend.domain.search import fold
from backend.domain.statuses import CampaignStatus, CreditState, RecipientStatus, RunState
from backend.models import (
    Attempt,
    AuditEntry,
    Campaign,
    CampaignLink,
    CampaignMinute,
    ClickedLink,
    LinkClick,
    Recipient,
    Template,
    User,
    table_of,
)
from backend.repositories import campaigns, recipients
from backend.repositories.recipients import Frozen
from backend.services.demo.clicks import PlayedClicks, play_clicks
from backend.services.demo.files import file_row
from backend.services.demo.ledger import Movement, movements_of
from backend.services.demo.moments import minutes_of, spread_readings
from backend.services.demo.playing import Played, play
from backend.services.demo.scenarios import Scenario
from backend.services.targets import compute_targets

_ZONE = "Europe/Paris"
_STARTED = {RunState.DONE, RunState.PAUSED, RunState.HALTED, RunState.CANCELLED}
_ENDED = {RunState.DONE, RunState.CANCELLED}


class Stage:
    """Writes campaigns one by one within the caller's transaction; collects their movements of credits."""

    def __init__(
        self,
        session: Session,
        rng: Random,
        now: datetime,
        categories: Mapping[str, int],
        templates: Mapping[str, Template],
        author: User | None,
    ) -> None:
        self.movements: list[Movement] = []
        self._session, self._rng, self._now = session, rng, now
        self._categories, self._templates = categories, templates
        self._author_id, self._author = (author.id, author.email) if author else (None, "operator")
        self._audit: list[dict[str, Any]] = []

    def put(self, scenario: Scenario) -> None:
        """Write one campaign with all that belongs to it."""
        campaign = self._draft(scenario)
        frozen: list[Frozen] = []
        targets = compute_targets(self._session, campaign, self._used_fields(campaign), frozen.append)
        campaign.targets_count = targets.targets_count
        self._note("create", campaign, campaign.created_at)
        if scenario.run_state is not RunState.IDLE:
            self._validate(scenario, campaign, frozen)
        self._session.flush()

    def write_audit(self) -> None:
        """Write who made and validated the campaigns."""
        self._session.execute(insert(table_of(AuditEntry)), sorted(self._audit, key=lambda entry: entry["at"]))

    def _note(self, action: str, campaign: Campaign, at: datetime, details: str = "{}") -> None:
        self._audit.append(
            {
                "at": at,
                "user_id": self._author_id,
                "actor": self._author,
                "action": action,
                "subject": "campaign",
                "subject_id": campaign.id,
                "details": details,
            }
        )

    def _draft(self, scenario: Scenario) -> Campaign:
        created_at = self._made_at(scenario)
        media = media_of(scenario.channel)
        template = self._templates.get(scenario.template)
        campaign = Campaign(
            title=scenario.title,
            subject=scenario.subject,
            search_text=fold(f"{scenario.title} {scenario.subject}"),
            channel=scenario.channel,
            sms_text=scenario.text if Medium.SMS in media else "",
            whatsapp_text=scenario.text if Medium.WHATSAPP in media else "",
            email_html=template.html if template else scenario.html,
            template_id=template.id if template else None,
            preview=_preview(scenario),
            targets_everyone=scenario.everyone,
            one_per_household=scenario.one_per_household,
            created_at=created_at,
            updated_at=created_at,
            created_by_id=self._author_id,
            **self._schedule(scenario),
        )
        self._session.add(campaign)
        self._session.flush()
        campaigns.set_categories(self._session, campaign.id or 0, [self._categories[n] for n in scenario.categories])
        self._attach(scenario, campaign.id or 0)
        return campaign

    def _made_at(self, scenario: Scenario) -> datetime:
        """So many days ago; what was not made today was made in the daytime."""
        moment = self._now - timedelta(days=scenario.age_days)
        if scenario.age_days < 1:
            return moment
        return moment.replace(hour=self._rng.randint(7, 18), minute=self._rng.randrange(60))

    def _schedule(self, scenario: Scenario) -> dict[str, Any]:
        """The scheduled moment, on the full hour."""
        if scenario.starts_in_h is None:
            return {}
        moment = self._now + timedelta(hours=scenario.starts_in_h)
        return {"scheduled_at": moment.replace(minute=0, second=0, microsecond=0), "schedule_zone": _ZONE}

    def _attach(self, scenario: Scenario, campaign_id: int) -> None:
        self._session.add_all(
            CampaignLink(campaign_id=campaign_id, url=url, title=url.rpartition("/")[2].capitalize(), position=position)
            for position, url in enumerate(scenario.links)
        )
        self._session.add_all(file_row(campaign_id, position, name) for position, name in enumerate(scenario.files))

    def _used_fields(self, campaign: Campaign) -> list[str]:
        template = next((t for t in self._templates.values() if t.id == campaign.template_id), None)
        texts = [campaign.subject, campaign.sms_text, campaign.whatsapp_text, campaign.email_html]
        return fields_in(" ".join([*texts, *([template.subject, template.html] if template else [])]))

    def _validate(self, scenario: Scenario, campaign: Campaign, frozen: Sequence[Frozen]) -> None:
        validated_at = campaign.created_at + timedelta(minutes=self._rng.randint(4, 50))
        alike = {"campaign_id": campaign.id, "attempt_count": 0, "updated_at": validated_at, "vendor_code": None}
        rows = [{**alike, **row._asdict()} for row in frozen]
        run = play(self._rng, campaign.channel, scenario.luck, rows, scenario.handled, validated_at)
        if scenario.run_state is RunState.CANCELLED:
            _cancel_the_rest(rows, run.ended_at)
        # With luck of their own: what is told of when and who clicked changes nothing else.
        delivered_at = spread_readings(Random(campaign.id), rows, self._now)  # noqa: S311
        clicks = play_clicks(Random(campaign.id), campaign.id or 0, rows, self._links_of(campaign), self._now)  # noqa: S311
        self._describe(scenario, campaign, validated_at, run, rows)
        campaign.clicked_count = len(clicks.by_contact)
        if rows:
            recipients.freeze(self._session, list(rows[0]), (list(row.values()) for row in rows))
        minutes = minutes_of(campaign.id or 0, rows, delivered_at, validated_at)
        if minutes:
            self._session.execute(insert(table_of(CampaignMinute)), minutes)
        ids = self._ids_by_contact(campaign)
        self._write_attempts(campaign.id or 0, run, ids)
        self._write_clicks(clicks, ids)
        self.movements += movements_of(campaign.id or 0, rows, validated_at, run.ended_at)
        self._note("validate", campaign, validated_at, f'{{"recipients": {campaign.targets_count}}}')

    def _describe(
        self, scenario: Scenario, campaign: Campaign, validated_at: datetime, run: Played, rows: list[dict[str, Any]]
    ) -> None:
        """Set state, moments and counters of a validated campaign."""
        campaign.status, campaign.run_state, campaign.version = CampaignStatus.VALIDATE, scenario.run_state, 2
        campaign.validated_at, campaign.validated_by_id = validated_at, self._author_id
        campaign.updated_at = run.ended_at
        if scenario.run_state in _STARTED:
            campaign.started_at = validated_at
        if scenario.run_state in _ENDED:
            campaign.finished_at = run.ended_at
        if scenario.run_state is RunState.HALTED:
            campaign.halt_code = "too_many_refusals"
        if scenario.run_state is RunState.MISSED and campaign.scheduled_at:
            campaign.late_by_s = int((self._now - campaign.scheduled_at).total_seconds())
        counts = Counter(row["status"] for row in rows)
        for status in RecipientStatus:
            setattr(campaign, f"{status}_count", counts[status])
        campaign.handed_over_count, campaign.refused_count = run.handed_over, run.refused

    def _links_of(self, campaign: Campaign) -> list[int]:
        table = table_of(CampaignLink)
        asked = select(table.c.id).where(table.c.campaign_id == campaign.id).order_by(table.c.position)
        return list(self._session.execute(asked).scalars())

    def _ids_by_contact(self, campaign: Campaign) -> dict[int, int]:
        table = table_of(Recipient)
        rows = self._session.execute(select(table.c.contact_id, table.c.id).where(table.c.campaign_id == campaign.id))
        return {contact_id: recipient_id for contact_id, recipient_id in rows}

    def _write_attempts(self, campaign_id: int, run: Played, ids: Mapping[int, int]) -> None:
        attempts = [
            {**attempt, "recipient_id": recipient_id, "campaign_id": campaign_id}
            for contact_id, recipient_id in ids.items()
            for attempt in run.attempts.get(contact_id, [])
        ]
        if attempts:
            self._session.execute(insert(table_of(Attempt)), attempts)

    def _write_clicks(self, clicks: PlayedClicks, ids: Mapping[int, int]) -> None:
        rows = [{**click, "recipient_id": ids[contact_id]} for contact_id, click in clicks.by_contact.items()]
        if rows:
            self._session.execute(insert(table_of(ClickedLink)), clicks.totals)
            self._session.execute(insert(table_of(LinkClick)), rows)


def _cancel_the_rest(rows: list[dict[str, Any]], at: datetime) -> None:
    for row in rows:
        if row["status"] is RecipientStatus.PENDING:
            row |= {"status": RecipientStatus.CANCELLED, "updated_at": at}
            if row["credit_state"] is CreditState.RESERVED:
                row["credit_state"] = CreditState.RELEASED


def _preview(scenario: Scenario) -> str:
    text = scenario.text or inscriptis.get_text(scenario.html)
    return " ".join(text.split())[:300]
