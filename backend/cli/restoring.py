"""The command for a database that was restored from an older copy."""

from __future__ import annotations

from typing import Annotated

import typer

from backend.services import restored_copies
from backend.services.acting import OPERATOR


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("confirm-restore")(confirm_restore)


def confirm_restore(yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Accept a database that was restored from an older copy; its held campaigns are paused."""
    held = restored_copies.find_held(OPERATOR)
    if held is None:
        typer.echo("This database is not an older copy; nothing is held.")
        return
    typer.echo("This database is an older copy: what was sent after it was made is not in it.")
    for run in held:
        typer.echo(f"  campaign {run.id}, {run.title}: {run.pending} recipients pending in the copy")
    if not yes:
        question = "Accept it? Held campaigns are paused; resuming one may send messages a second time."
        typer.confirm(question, abort=True)
    restored_copies.confirm_restore(OPERATOR)
    typer.echo(f"Accepted. {len(held)} campaigns are paused.")
