"""Commands that prepare, fill and prove the data."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from backend.domain.rights import Role
from backend.domain.segments import count_segments
from backend.errors import InvalidInputError
from backend.logs import configure_logging
from backend.services import installing, proofs, users
from backend.services.acting import OPERATOR
from backend.services.proofs import Drift
from backend.settings import get_settings

user_app = typer.Typer(help="Who signs in.", no_args_is_help=True)
contacts_app = typer.Typer(help="Contacts.", no_args_is_help=True)
credits_app = typer.Typer(help="SMS credits.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("migrate")(migrate)
    app.command("demo")(demo)
    app.command("recount")(recount)
    app.command("sms-segments")(sms_segments)
    app.add_typer(user_app, name="user")
    app.add_typer(contacts_app, name="contacts")
    app.add_typer(credits_app, name="credits")


def migrate() -> None:
    """Bring the database to the present version."""
    configure_logging(get_settings(), "migrate")
    installing.migrate()
    typer.echo("The database is up to date.")


def demo(if_empty: Annotated[bool, typer.Option("--if-empty", help="Do nothing if there is data.")] = False) -> None:
    """Load demonstration data: contacts, categories, templates, campaigns in every state."""
    from backend.services.demo import load_demo

    configure_logging(get_settings(), "demo")
    typer.echo("Demonstration data loaded." if load_demo(if_empty=if_empty) else "There is data already.")


def recount(campaign_id: Annotated[int | None, typer.Argument(help="One campaign; all if left out.")] = None) -> None:
    """Count recipients again, set the counters right; exit code 1 if one had drifted."""
    _report(proofs.recount(campaign_id), "Every counter is true.")


@credits_app.command("audit")
def audit() -> None:
    """Prove that the ledger adds up; exit code 1 on drift."""
    _report(proofs.audit_credits(), "The ledger adds up.")


def _report(drifts: list[Drift], all_well: str) -> None:
    for drift in drifts:
        typer.echo(f"{drift.what}: stored {drift.stored}, counted {drift.counted}")
    if drifts:
        raise typer.Exit(1)
    typer.echo(all_well)


def sms_segments(
    as_json: Annotated[bool, typer.Option("--json", help="Texts as JSON strings, answers as JSON objects.")] = False,
) -> None:
    """Count the segments of texts read from standard input, one a line."""
    for number, line in enumerate(sys.stdin, 1):
        text = _json_text(line, number) if as_json else line.rstrip("\n")
        counted = count_segments(text)
        facts = {"encoding": counted.encoding.value, "segments": counted.segments, "units": counted.units}
        typer.echo(json.dumps(facts) if as_json else " ".join(f"{name}={value}" for name, value in facts.items()))


def _json_text(line: str, number: int) -> str:
    try:
        text = json.loads(line)
    except ValueError:
        text = None
    if not isinstance(text, str):
        raise InvalidInputError(f"Line {number} is not a JSON string")
    return text


@contacts_app.command("import")
def import_file(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]) -> None:
    """Import contacts from a CSV file; lines that cannot be used are listed with the reason."""
    from backend.services.contact_import import import_contacts

    report = import_contacts(OPERATOR, file)
    typer.echo(f"{report.created} created, {report.updated} updated, {len(report.skipped)} skipped")
    for line_number, reason in report.skipped:
        typer.echo(f"  line {line_number}: {reason}", err=True)


@user_app.command("create")
def create_user(
    email: Annotated[str, typer.Option(prompt=True)],
    role: Annotated[Role, typer.Option()] = Role.ADMINISTRATOR,
    first_name: Annotated[str, typer.Option()] = "",
    last_name: Annotated[str, typer.Option()] = "",
) -> None:
    """Create a user and print the generated password, once."""
    created = users.create_user(OPERATOR, email=email, role=role, first_name=first_name, last_name=last_name)
    typer.echo(f"{created.email} may sign in with the password {created.password}")


@user_app.command("ensure-admin")
def ensure_admin() -> None:
    """Create the first administrator if there is none; prints email and a generated password as JSON."""
    email, password = users.ensure_admin(get_settings())
    if password:
        typer.echo(json.dumps({"email": email, "password": password}))
