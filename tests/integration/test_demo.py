from __future__ import annotations

import itertools
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from backend import clock
from backend.database import dispose_engine, reading
from backend.domain.addresses import normalise_email, normalise_mobile
from backend.domain.channels import Channel
from backend.domain.personal_fields import unknown_fields
from backend.domain.statuses import CampaignStatus, LedgerKind, RecipientStatus, RunState
from backend.errors import ConfigurationError, ConflictError
from backend.models import (
    Attempt,
    Campaign,
    CampaignCategory,
    CampaignFile,
    CampaignLink,
    Category,
    Contact,
    ContactCategory,
    Household,
    LedgerEntry,
    OptOut,
    Organisation,
    Recipient,
    Template,
)
from backend.repositories import claims, credits
from backend.services.demo import demo_contacts, load_demo
from backend.services.demo.files import demo_document
from backend.services.email_cleaning import clean_layout
from backend.services.installing import migrate
from backend.services.proofs import audit_credits, recount
from backend.services.upkeep import run_upkeep
from backend.settings import get_settings

_CREDITS = {LedgerKind.PURCHASE: 1, LedgerKind.ADJUST: 1, LedgerKind.RESERVE: -1, LedgerKind.RELEASE: 1}


@pytest.fixture
def empty(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty database, and providers that are simulated."""
    del database
    monkeypatch.setenv("SIMULATED_PROVIDERS", "twilio,sendgrid,whatsapp")
    get_settings.cache_clear()


@contextmanager
def sqlite_in(folder: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATA_DIR", str(folder))
        environment.setenv("DATABASE_URL", "")
        environment.setenv("REDIS_URL", "")
        dispose_engine()
        get_settings.cache_clear()
        yield
        dispose_engine()
        get_settings.cache_clear()


@pytest.fixture(scope="module")
def loaded_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    with sqlite_in(folder):
        migrate()
        load_demo()
    return folder


@pytest.fixture
def loaded(loaded_folder: Path, tmp_path: Path) -> Iterator[None]:
    """A copy of a database with the demonstration in it."""
    shutil.copytree(loaded_folder, tmp_path / "data")
    with sqlite_in(tmp_path / "data"):
        yield


def every_campaign() -> list[Campaign]:
    with reading() as session:
        return list(session.execute(select(Campaign).order_by(col(Campaign.id))).scalars())


def count(table: type) -> int:
    with reading() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.mark.usefixtures("empty")
def test_everything_adds_up_on_every_database() -> None:
    assert load_demo()

    assert recount(repair=False) == []
    assert audit_credits() == []
    with reading() as session:
        assert credits.get_balance(session).available == 1_250


@pytest.mark.usefixtures("loaded")
def test_the_community_is_whole() -> None:
    assert count(Contact) == 2_000
    assert 600 <= count(Household) <= 700
    assert count(Category) == 12
    assert count(Template) == 5
    assert count(OptOut) == 56
    with reading() as session:
        organisation = session.get_one(Organisation, 1)
        languages = dict(
            session.execute(select(col(Contact.language), func.count()).group_by(col(Contact.language))).all()
        )
        problems = set(session.execute(select(col(Contact.mobile_problem)).distinct()).scalars())
        smallest = session.execute(
            select(func.count()).select_from(ContactCategory).group_by(col(ContactCategory.category_id))
        ).scalars()
        assert min(smallest) >= 9
    assert (organisation.name, organisation.city, organisation.time_zone) == ("Beth Shalom", "Paris", "Europe/Paris")
    assert min(languages.values()) > 200
    assert problems == {None, "landline", "invalid"}


@pytest.mark.usefixtures("loaded")
def test_campaigns_come_in_every_shape() -> None:
    found = every_campaign()

    assert len(found) >= 40
    assert {campaign.channel for campaign in found} == set(Channel)
    # Nothing that the workers would send by themselves: the simulated WhatsApp account is connected.
    going_on = {RunState.SENDING, RunState.HELD, RunState.WAITING_CONNECTION}
    assert {campaign.run_state for campaign in found} == set(RunState) - going_on
    assert 6 <= sum(campaign.status is CampaignStatus.INIT for campaign in found) <= 15
    categories = Counter(link.campaign_id for link in _rows(CampaignCategory))
    assert set(categories.values()) == {1, 2, 3, 4, 5, 6}
    assert count(CampaignLink) > 10
    assert count(CampaignFile) > 10


def _rows(table: type) -> list:
    with reading() as session:
        return list(session.execute(select(table)).scalars())


@pytest.mark.usefixtures("loaded")
def test_what_was_handed_over_has_its_attempts() -> None:
    with reading() as session:
        without = session.execute(
            select(func.count())
            .select_from(Recipient)
            .where(
                col(Recipient.attempt_count) == 0, col(Recipient.status).in_(["sent", "delivered", "read", "unknown"])
            )
        ).scalar_one()
        told = session.execute(select(func.sum(col(Recipient.attempt_count)))).scalar_one()
    assert without == 0
    assert told == count(Attempt)
    assert sum(campaign.handed_over_count for campaign in every_campaign()) == count(Attempt)


@pytest.mark.usefixtures("loaded")
def test_some_of_those_who_were_reached_followed_a_link() -> None:
    clicked = [campaign for campaign in every_campaign() if campaign.clicked_count]
    assert len(clicked) >= 5
    for campaign in clicked:
        assert campaign.clicked_count < campaign.sent_count + campaign.delivered_count + campaign.read_count


@pytest.mark.usefixtures("loaded")
def test_nothing_lies_in_the_future_but_schedules() -> None:
    now = clock.now()

    for campaign in every_campaign():
        assert now - timedelta(days=61) < campaign.created_at <= (campaign.validated_at or now) <= now
        assert campaign.validated_at is None or campaign.validated_at <= (campaign.finished_at or now) <= now
        if campaign.run_state is RunState.SCHEDULED:
            assert campaign.scheduled_at
            assert campaign.scheduled_at > now + timedelta(hours=20)


@pytest.mark.usefixtures("loaded")
def test_credits_were_never_overdrawn() -> None:
    with reading() as session:
        entries = session.execute(
            select(col(LedgerEntry.kind), col(LedgerEntry.amount)).order_by(col(LedgerEntry.id))
        ).all()
    running = list(itertools.accumulate(_CREDITS.get(LedgerKind(kind), 0) * amount for kind, amount in entries))

    assert min(running) >= 0
    assert running[-1] == 1_250


@pytest.mark.usefixtures("loaded")
def test_nothing_is_sent_when_the_workers_start() -> None:
    before = {campaign.id: campaign.run_state for campaign in every_campaign()}
    run_upkeep()

    assert {campaign.id: campaign.run_state for campaign in every_campaign()} == before
    with reading() as session:
        assert claims.list_stale_claims(session, clock.now() + timedelta(days=1), 10) == []


@pytest.mark.usefixtures("loaded")
def test_every_address_belongs_to_nobody() -> None:
    for contact in _rows(Contact):
        domain = (contact.email or "").rpartition("@")[2]
        assert domain in {"", "example.org", "example.com", "example.net", "example"}
        assert (contact.mobile_e164 or "+3363998").startswith(("+3363998", "+3319900"))


@pytest.mark.usefixtures("loaded")
def test_texts_use_known_fields_and_clean_html() -> None:
    for campaign in every_campaign():
        assert unknown_fields(campaign.sms_text + campaign.whatsapp_text, email=False) == []
        assert unknown_fields(campaign.email_html, email=True) == []
    for template in _rows(Template):
        assert unknown_fields(template.subject + template.html, email=True) == []
        assert clean_layout(template.html) == template.html
        assert len(template.html) > 300


@pytest.mark.usefixtures("empty")
def test_it_fills_only_an_empty_database() -> None:
    assert load_demo(if_empty=True)
    assert not load_demo(if_empty=True)
    with pytest.raises(ConflictError):
        load_demo()
    assert count(Contact) == 2_000


@pytest.mark.usefixtures("empty")
def test_it_is_not_loaded_where_messages_would_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMULATED_PROVIDERS", "sendgrid")
    get_settings.cache_clear()

    with pytest.raises(ConfigurationError, match="TWILIO_ACCOUNT_SID"):
        load_demo()
    assert not load_demo(if_empty=True)
    assert count(Contact) == 0


def test_the_same_people_every_time_each_with_addresses_of_their_own() -> None:
    people = list(demo_contacts(12_000))

    assert people[:50] == list(demo_contacts(50))
    assert len({person["email"] for person in people}) == len({person["mobile_e164"] for person in people}) == 12_000
    for person in people[:500]:
        assert normalise_email(person["email"]) == (person["email"], None)
        assert normalise_mobile(person["mobile_e164"]) == (person["mobile_e164"], None)


@pytest.mark.usefixtures("empty")
def test_an_interrupted_load_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise IntegrityError("the disk is full", None, Exception())

    monkeypatch.setattr("backend.services.demo.loading.write_ledger", fail)
    with pytest.raises(IntegrityError):
        load_demo()
    assert count(Contact) == 0


def test_documents_are_small_and_always_the_same() -> None:
    document = demo_document("Ordre du jour (été).pdf")

    assert document == demo_document("Ordre du jour (été).pdf")
    assert document.startswith(b"%PDF-1.4")
    assert document.endswith(b"%%EOF\n")


@pytest.mark.usefixtures("loaded")
def test_messages_that_got_no_answer_need_attention() -> None:
    with reading() as session:
        unknown = session.execute(
            select(func.count()).select_from(Recipient).where(col(Recipient.status) == RecipientStatus.UNKNOWN)
        ).scalar_one()
    assert unknown > 0
