"""`unisoft campaign …`: the main job without a browser."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from backend.actors import broker
from backend.database import reading
from backend.domain.channels import Medium, media_of
from backend.domain.email_body import text_to_html
from backend.errors import InvalidInputError
from backend.repositories import contacts
from backend.services import campaign_status, drafts, runs, validation
from backend.services.acting import OPERATOR
from backend.services.draft_input import DraftInput, channel_named
from backend.settings import get_settings

app = typer.Typer(help="Create, send and follow campaigns.", no_args_is_help=True)


@app.callback()
def _connect() -> None:
    settings = get_settings()
    if settings.redis_url:
        broker.connect(settings)


@app.command()
def create(
    channel: Annotated[str, typer.Option(help="Email, SMS, WhatsApp, 'SMS / Email', 'WhatsApp / SMS', …")],
    title: Annotated[str, typer.Option()],
    text: Annotated[str, typer.Option()],
    subject: Annotated[str, typer.Option(help="For emails; the title if left out.")] = "",
    all_contacts: Annotated[bool, typer.Option("--all-contacts")] = False,
    category: Annotated[list[str] | None, typer.Option(help="May be given several times.")] = None,
    at: Annotated[str | None, typer.Option(help="ISO date; without an offset in the organisation's zone.")] = None,
) -> None:
    """Create a draft and print its id."""
    code = _channel_code(channel)
    media = media_of(channel_named(code))
    draft = DraftInput(
        title=title,
        channel=code,
        subject=(subject or title) if Medium.EMAIL in media else "",
        sms_text=text,
        whatsapp_text=text,
        email_html=text_to_html(text),
        everyone=all_contacts,
        category_ids=_category_ids(category or []),
        scheduled_local=at,
    )
    typer.echo(drafts.create_campaign(OPERATOR, draft))


@app.command()
def validate(
    campaign_id: Annotated[int, typer.Argument()],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Validate a draft and send it, or let it wait for its date."""
    summary = validation.summarise(OPERATOR, campaign_id)
    typer.echo(f"{summary.total} recipients, {summary.credits_needed} of {summary.credits_available} credits")
    if not yes:
        typer.confirm("Validate and send this campaign?", abort=True)
    validation.validate_campaign(OPERATOR, campaign_id)
    typer.echo(f"Campaign {campaign_id} is validated.")


@app.command()
def pause(campaign_id: Annotated[int, typer.Argument()]) -> None:
    """Stop handing over after the messages in flight."""
    runs.pause_campaign(OPERATOR, campaign_id)


@app.command()
def resume(campaign_id: Annotated[int, typer.Argument()]) -> None:
    """Go on."""
    runs.resume_campaign(OPERATOR, campaign_id)


@app.command()
def cancel(campaign_id: Annotated[int, typer.Argument()]) -> None:
    """End the run for good; what left cannot be recalled."""
    typer.echo(f"{runs.cancel_campaign(OPERATOR, campaign_id)} recipients were stopped.")


@app.command()
def status(
    campaign_id: Annotated[int, typer.Argument()], as_json: Annotated[bool, typer.Option("--json")] = False
) -> None:
    """How far a campaign got."""
    facts = campaign_status.status_of(OPERATOR, campaign_id)
    typer.echo(json.dumps(facts) if as_json else "\n".join(f"{name}: {value}" for name, value in facts.items()))


def _channel_code(name: str) -> str:
    return "_".join(part.strip().lower() for part in name.replace("_", "/").split("/"))


def _category_ids(names: list[str]) -> tuple[int, ...]:
    with reading() as session:
        known = contacts.find_category_ids(session, names)
    missing = [name for name in names if name not in known]
    if missing:
        raise InvalidInputError(f"There is no category {', '.join(missing)}", field="category")
    return tuple(known[name] for name in names)
