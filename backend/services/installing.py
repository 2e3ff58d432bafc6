"""Bring a database to the present version, and make the rows every installation has."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from backend.database import get_engine, unit_of_work
from backend.models import CreditBalance, Organisation

_ROOT = Path(__file__).resolve().parents[2]


def migrate() -> None:
    """Run every migration that is missing, in one transaction. Safe to call again."""
    config = Config()
    config.set_main_option("script_location", str(_ROOT / "migrations"))
    with get_engine().begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    _lay_foundation()


def _lay_foundation() -> None:
    with unit_of_work() as session:
        if session.get(Organisation, 1) is None:
            session.add(Organisation(id=1, name="My community"))
        if session.get(CreditBalance, 1) is None:
            session.add(CreditBalance(id=1))


def newest_version() -> str | None:
    """The version `migrate` leads to."""
    return ScriptDirectory(str(_ROOT / "migrations")).get_current_head()
