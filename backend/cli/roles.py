"""Commands that run a process: everything at once, or one role of it."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from backend.logs import configure_logging
from backend.settings import Settings, get_settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("run")(run)
    app.command("web")(web)
    app.command("worker")(worker)
    app.command("scheduler")(scheduler)
    app.command("doctor")(doctor)


def run(
    no_demo: Annotated[bool, typer.Option("--no-demo", help="Start without demonstration data.")] = False,
) -> None:
    """Start everything on this machine; Ctrl-C stops it."""
    from backend.processes import supervisor

    settings = _prepared("run")
    raise typer.Exit(supervisor.run(settings, demo=not no_demo))


def web() -> None:
    """Serve the pages and the webhooks."""
    os.execv(sys.executable, [sys.executable, "-m", "unisoft_ui.server"])  # noqa: S606 - our own module


def worker() -> None:
    """Send campaigns and apply delivery reports."""
    settings = _with_redis(_prepared("worker"))
    from backend.actors import worker as process

    raise typer.Exit(process.run(settings))


def scheduler() -> None:
    """Start due campaigns and find lost work; a second one stands by."""
    settings = _with_redis(_prepared("scheduler"))
    from backend.actors import scheduler as process

    raise typer.Exit(process.run(settings))


def doctor() -> None:
    """Check the settings, the database and Redis; exit code 1 if anything is wrong."""
    from backend.services import checkup

    findings = checkup.examine(get_settings())
    for finding in findings:
        typer.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.subject}: {finding.sentence}")
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


def _prepared(process: str) -> Settings:
    settings = get_settings()
    configure_logging(settings, process)
    return settings


def _with_redis(settings: Settings) -> Settings:
    if not settings.redis_url:
        typer.echo("REDIS_URL is needed: set it, or start everything with `unisoft run`.", err=True)
        raise typer.Exit(1)
    return settings
