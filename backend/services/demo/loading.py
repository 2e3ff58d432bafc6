"""Load the demonstration into a database, in one transaction."""

from __future__ import annotations

from datetime import datetime
from random import Random

from sqlalchemy import insert, select
from sqlmodel import Session, col

from backend import clock, realtime
from backend.database import after_commit, reading, unit_of_work
from backend.domain.rights import Role
from backend.errors import ConfigurationError, ConflictError
from backend.logs import get_logger
from backend.models import (
    Campaign,
    Category,
    Contact,
    ContactCategory,
    Household,
    LedgerEntry,
    OptOut,
    Template,
    User,
    table_of,
)
from backend.repositories import contact_imports, organisations
from backend.services.demo import community
from backend.services.demo.campaigns import CAMPAIGNS
from backend.services.demo.files import store_documents
from backend.services.demo.ledger import write_ledger
from backend.services.demo.people import SEED
from backend.services.demo.staging import Stage
from backend.services.demo.templates import TEMPLATES
from backend.services.templates import TemplateInput, new_template
from backend.settings import CREDENTIAL_OF, Provider, Settings, get_settings

log = get_logger(__name__)

_WOULD_SEND: tuple[Provider, ...] = ("twilio", "sendgrid", "whatsapp")


def load_demo(*, if_empty: bool = False) -> bool:
    """Fill an empty database with an invented community; whether it was done.

    `if_empty`: quietly do nothing where there is data already, or where messages would really be sent.

    Raises:
        ConflictError: `not_empty`; there are contacts, campaigns or credits already.
        ConfigurationError: a provider is configured for real; scheduled campaigns would reach it.
    """
    reason = _obstacle(get_settings())
    if reason and if_empty:
        log.info("demo_not_loaded", reason=str(reason))
        return False
    if reason:
        raise reason
    store_documents(name for scenario in CAMPAIGNS for name in scenario.files)
    with unit_of_work() as session:
        _fill(session, Random(SEED), clock.now())  # noqa: S311 - an invented community needs no secrets
        after_commit(session, realtime.signal_list)
        after_commit(session, realtime.signal_credit)
    return True


def _obstacle(settings: Settings) -> ConflictError | ConfigurationError | None:
    with reading() as session:
        if not _is_empty(session):
            return ConflictError("There are contacts, campaigns or credits already", code="not_empty")
    for provider in _WOULD_SEND:
        if getattr(settings, CREDENTIAL_OF[provider]) and not settings.is_simulated(provider):
            name = CREDENTIAL_OF[provider].upper()
            return ConfigurationError(f"{name} is set: demonstration campaigns would be sent for real")
    return None


def _is_empty(session: Session) -> bool:
    tables = (table_of(Contact), table_of(Campaign), table_of(LedgerEntry))
    return not any(session.execute(select(table.c.id).limit(1)).first() for table in tables)


def _fill(session: Session, rng: Random, now: datetime) -> None:
    organisation = organisations.get(session)
    organisation.name, organisation.city, organisation.time_zone = "Beth Shalom", "Paris", "Europe/Paris"
    categories = _add_community(session, rng, now)
    templates = _add_templates(session)
    administrators = select(User).where(col(User.role) == Role.ADMINISTRATOR).order_by(col(User.id))
    author = session.execute(administrators.limit(1)).scalars().first()
    stage = Stage(session, rng, now, categories, templates, author)
    for scenario in reversed(CAMPAIGNS):
        stage.put(scenario)
    stage.write_audit()
    write_ledger(session, stage.movements, now)


def _add_community(session: Session, rng: Random, now: datetime) -> dict[str, int]:
    """Write people, households, categories and opt-outs; gives category ids by name."""
    everybody = community.people(rng)
    names, places = community.households(everybody)
    household_ids = contact_imports.insert_returning_ids(session, table_of(Household), [{"name": n} for n in names])
    rows = [
        {**person, "household_id": None if place is None else household_ids[place]}
        for person, place in zip(everybody, places, strict=True)
    ]
    contact_ids = contact_imports.insert_contacts(session, rows)
    colours = [{"name": name, "colour": colour} for name, colour in community.CATEGORIES.items()]
    ids = contact_imports.insert_returning_ids(session, table_of(Category), colours)
    categories = dict(zip(community.CATEGORIES, ids, strict=True))
    members = [
        {"category_id": categories[name], "contact_id": contact_ids[index]}
        for name, indexes in community.members(everybody, rng, now.date()).items()
        for index in indexes
    ]
    session.execute(insert(table_of(ContactCategory)), members)
    session.execute(insert(table_of(OptOut)), community.opt_outs(everybody, rng))
    return categories


def _add_templates(session: Session) -> dict[str, Template]:
    templates = [new_template(TemplateInput(t.name, t.subject, t.format, t.source)) for t in TEMPLATES]
    session.add_all(templates)
    session.flush()
    return {template.name: template for template in templates}
