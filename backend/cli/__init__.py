"""`unisoft …`: the product from a terminal. Commands translate; services decide."""

from __future__ import annotations

import sys

import typer
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, ProgrammingError

from backend.cli import campaigns, data, restoring, roles
from backend.errors import AppError

app = typer.Typer(
    name="unisoft",
    help="Message campaigns for community associations.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
roles.register(app)
data.register(app)
restoring.register(app)
app.add_typer(campaigns.app, name="campaign")


def main() -> None:
    """Run a command; an expected error is one sentence and exit code 1."""
    try:
        app()
    except AppError as error:
        _fail(_sentence(error))
    except (OperationalError, ProgrammingError, ArgumentError) as error:
        reason = str(error.orig if isinstance(error, DBAPIError) else error).splitlines()[0]
        _fail(f"The database cannot be used: {reason}. Is DATABASE_URL right, and has `unisoft migrate` been run?")


def _sentence(error: AppError) -> str:
    facts = ", ".join(f"{name}: {value}" for name, value in error.details.items() if name not in {"what", "id"})
    text = str(error)
    if text == error.code:
        text = text.replace("_", " ").capitalize()
    return f"{text} ({facts})" if facts and facts not in text else text


def _fail(sentence: str) -> None:
    typer.echo(sentence, err=True)
    sys.exit(1)
