"""Where providers report. Nothing is believed without a signature; nothing is answered before it is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qsl

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from backend.errors import InvalidInputError
from backend.http.collecting import EventCollector, TooManyWaitingError
from backend.logs import get_logger
from backend.providers.base import ProviderEvent
from backend.providers.sendgrid import webhooks as sendgrid
from backend.providers.twilio import webhooks as twilio
from backend.providers.whatsapp import webhooks as whatsapp
from backend.providers.whatsapp.gateway import connection_state
from backend.services import delivery, unsubscribing, upkeep
from backend.settings import get_settings

log = get_logger(__name__)
_EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
_MOST_FIELDS = 100
_LONGEST = {"event_key": 200, "word": 32, "provider_message_id": 200, "vendor_code": 64}  # what the columns hold

_wake_events: Callable[[], None] = lambda: None  # noqa: E731 - replaced by the process that has a broker
_collector: EventCollector | None = None


def set_event_waker(wake: Callable[[], None]) -> None:
    """Install what asks the workers to apply events; without it the scheduler finds them within seconds."""
    global _wake_events  # noqa: PLW0603 - one waker a process
    _wake_events = wake


def _events() -> EventCollector:
    global _collector  # noqa: PLW0603 - one collector a process, made inside its loop
    if _collector is None:
        _collector = EventCollector(delivery.store_events, _wake)
    return _collector


def _wake() -> None:
    _wake_events()


async def twilio_status(request: Request) -> Response:
    """`POST /webhooks/twilio/status?attempt=<reference>`: one status of one message."""
    params = await _twilio_params(request)
    if params is None:
        return Response(status_code=403)
    try:
        event = twilio.parse_status(get_settings(), params, request.query_params.get("attempt"))
    except InvalidInputError as error:
        return _malformed("twilio", error)
    return await _store([event])


async def twilio_inbound(request: Request) -> Response:
    """`POST /webhooks/twilio/inbound`: a person answers; STOP is obeyed."""
    params = await _twilio_params(request)
    if params is None:
        return Response(status_code=403)
    try:
        message = twilio.parse_inbound(params)
    except InvalidInputError as error:
        return _malformed("twilio", error)
    try:
        await asyncio.to_thread(
            unsubscribing.take_inbound,
            "twilio",
            message.medium,
            message.address_e164,
            message.text,
            params.get("MessageSid", ""),
        )
    except SQLAlchemyError as error:
        log.warning("inbound_not_stored", error=type(error).__name__)
        return Response(status_code=503, headers={"Retry-After": "5"})
    return Response(_EMPTY_TWIML, media_type="text/xml")


async def sendgrid_events(request: Request) -> Response:
    """`POST /webhooks/sendgrid/events`: a list of events, signed over timestamp and raw body."""
    settings, body = get_settings(), await request.body()
    signature = request.headers.get("X-Twilio-Email-Event-Webhook-Signature")
    timestamp = request.headers.get("X-Twilio-Email-Event-Webhook-Timestamp")
    if not await asyncio.to_thread(sendgrid.verify, settings, body, signature, timestamp):
        return _forged("sendgrid")
    try:
        events = await asyncio.to_thread(sendgrid.parse_events, body, settings)
    except InvalidInputError as error:
        return _malformed("sendgrid", error)
    return await _store(events)


async def whatsapp_session(request: Request) -> Response:
    """`POST /webhooks/whatsapp`: the gateway says that the account was connected or disconnected."""
    settings, body = get_settings(), await request.body()
    if not whatsapp.verify(settings, body, request.headers.get("X-Webhook-Hmac")):
        return _forged("whatsapp")
    try:
        whatsapp.parse_session(body)
    except InvalidInputError as error:
        return _malformed("whatsapp", error)
    # The callback may be old: it only says that it is time to ask.
    await asyncio.to_thread(upkeep.note_whatsapp_state, await connection_state(settings))
    return Response(status_code=204)


async def _twilio_params(request: Request) -> dict[str, str] | None:
    """The form's fields when Twilio signed them; None otherwise."""
    try:
        text = (await request.body()).decode()
        params = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        params = {}
    query = f"?{request.url.query}" if request.url.query else ""
    if twilio.verify(get_settings(), request.url.path + query, params, request.headers.get("X-Twilio-Signature")):
        return params
    _forged("twilio")
    return None


async def _store(events: list[ProviderEvent]) -> Response:
    try:
        await _events().add([_storable(event) for event in events])
    except TooManyWaitingError:
        return Response(status_code=503, headers={"Retry-After": "5"})
    except SQLAlchemyError as error:
        log.warning("events_not_stored", events=len(events), error=type(error).__name__)
        return Response(status_code=503, headers={"Retry-After": "5"})
    return Response(status_code=204)


def _storable(event: ProviderEvent) -> ProviderEvent:
    """The event as every database takes it: one odd text would make its whole batch come back for a day."""
    cut = {name: value[:longest] for name, longest in _LONGEST.items() if (value := getattr(event, name))}
    texts = {**cut, "payload": event.payload}
    # Half an emoji has no UTF-8, and PostgreSQL keeps no NUL.
    return replace(event, **{n: t.encode(errors="replace").decode().replace("\0", "") for n, t in texts.items()})


def _forged(provider: str) -> Response:
    log.warning("webhook_signature_refused", provider=provider)
    return Response(status_code=403)


def _malformed(provider: str, error: InvalidInputError) -> Response:
    log.warning("webhook_malformed", provider=provider, error=str(error))
    return Response(status_code=400)


routes: list[BaseRoute] = [
    Route("/webhooks/twilio/status", twilio_status, methods=["POST"]),
    Route("/webhooks/twilio/inbound", twilio_inbound, methods=["POST"]),
    Route("/webhooks/sendgrid/events", sendgrid_events, methods=["POST"]),
    Route("/webhooks/whatsapp", whatsapp_session, methods=["POST"]),
]
