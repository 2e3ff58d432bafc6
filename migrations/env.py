"""Runs migrations on the connection it is given, or on the database of the settings."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from backend.database import build_engine
from backend.models import Table
from backend.models.campaigns import is_modelled
from backend.settings import get_settings


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        render_as_batch=True,
        compare_type=True,
        include_name=is_modelled,
        user_module_prefix="sqlmodel.",
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with build_engine(get_settings()).begin() as own:
        run(own)
