"""Where providers report. Nothing is believed without a signature; nothing is answered before it is stored.

Thousands of reports come in a second, so what takes them stands in front of everything else, and does itself what the
doors of the pages do: it limits bodies and sets the headers of its answers.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import parse_qs, unquote_plus

from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Receive, Scope, Send

from backend.errors import InvalidInputError
from backend.http import payments
from backend.http.bodies import TOO_MUCH, BodyTooLargeError, read_body
from backend.http.collecting import EventCollector, TooManyWaitingError
from backend.logs import get_logger
from backend.providers.base import InboundMessage, ProviderEvent
from backend.providers.sendgrid import webhooks as sendgrid
from backend.providers.twilio import webhooks as twilio
from backend.providers.whatsapp import acknowledgements
from backend.providers.whatsapp import webhooks as whatsapp
from backend.providers.whatsapp.gateway import connection_state, number_behind
from backend.providers.whatsapp.sessions import GatewayUnreachableError
from backend.providers.whatsapp.webhooks import GatewayEvent
from backend.services import delivery, inbound, upkeep
from backend.settings import Settings, get_settings

log = get_logger(__name__)
_EMPTY_TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
_MOST_FIELDS = 100
_ONLY_A_REFERENCE = re.compile(rb"attempt=([\w-]+)")
_SIGNATURE = b"x-twilio-signature"
_EVENTS_SIGNATURE = b"x-twilio-email-event-webhook-signature"
_EVENTS_TIMESTAMP = b"x-twilio-email-event-webhook-timestamp"

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


Header = tuple[bytes, bytes]


class Posted(NamedTuple):
    """What was posted. Names of headers are lower case."""

    path: str
    query: bytes
    headers: Mapping[bytes, bytes]
    body: bytes

    def header(self, name: bytes) -> str | None:
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")


class Answer(NamedTuple):
    """What is answered, besides the headers that every answer has."""

    status: int
    body: bytes = b""
    headers: tuple[Header, ...] = ()


_STORED = Answer(204)
_FORGED = Answer(403)
_MALFORMED = Answer(400)
_AGAIN_LATER = Answer(503, headers=((b"retry-after", b"5"),))
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_NOT_ALLOWED = Answer(405, b"Method Not Allowed", ((b"allow", b"POST"), _TEXT))
_TOO_MUCH = Answer(413, TOO_MUCH, (_TEXT,))
_TOO_MUCH_ALREADY = Answer(413, TOO_MUCH, (_TEXT, (b"connection", b"close")))


async def _twilio_status(posted: Posted) -> Answer:
    """`?attempt=<reference>`: one status of one message."""
    settings, params = get_settings(), _fields(posted.body)
    if not _is_twilios(settings, posted, params):
        return _forged("twilio")
    try:
        event = twilio.parse_status(settings, params, _reference(posted.query))
    except InvalidInputError as error:
        return _malformed("twilio", error)
    return await _store([event])


async def _twilio_inbound(posted: Posted) -> Answer:
    """A person answers; STOP is obeyed."""
    params = _fields(posted.body)
    if not _is_twilios(get_settings(), posted, params):
        return _forged("twilio")
    try:
        message = twilio.parse_inbound(params)
    except InvalidInputError as error:
        return _malformed("twilio", error)
    if not await _keep(message):
        return _AGAIN_LATER
    return Answer(200, _EMPTY_TWIML, ((b"content-type", b"text/xml; charset=utf-8"),))


async def _keep(message: InboundMessage) -> bool:
    """Whether it is stored now."""
    try:
        await asyncio.to_thread(inbound.take_inbound, message)
    except SQLAlchemyError as error:
        log.warning("inbound_not_stored", error=type(error).__name__)
        return False
    return True


async def _sendgrid_events(posted: Posted) -> Answer:
    """A list of events, signed over timestamp and raw body."""
    try:
        # Checked and read in one thread: a batch is long work for the loop that all tabs share.
        events = await asyncio.to_thread(_read_batch, get_settings(), posted)
    except InvalidInputError as error:
        return _malformed("sendgrid", error)
    return _forged("sendgrid") if events is None else await _store(events)


def _read_batch(settings: Settings, posted: Posted) -> list[ProviderEvent] | None:
    signature, timestamp = posted.header(_EVENTS_SIGNATURE), posted.header(_EVENTS_TIMESTAMP)
    if not sendgrid.verify(settings, posted.body, signature, timestamp):
        return None
    return sendgrid.parse_events(posted.body, settings)


async def _whatsapp(posted: Posted) -> Answer:
    """The gateway says that a message got further, that somebody wrote, or how the account's session stands."""
    settings = get_settings()
    if not whatsapp.verify(settings, posted.body, posted.header(b"x-webhook-hmac")):
        return _forged("whatsapp")
    try:
        event = whatsapp.read_event(posted.body)
        if event.name == acknowledgements.ACKNOWLEDGEMENT:
            return await _whatsapp_acknowledgement(event)
        if event.name == whatsapp.MESSAGE:
            return await _whatsapp_message(settings, event)
        return await _whatsapp_session(settings, event)
    except InvalidInputError as error:
        return _malformed("whatsapp", error)


async def _whatsapp_acknowledgement(event: GatewayEvent) -> Answer:
    events = acknowledgements.parse_acknowledgement(event)
    return await _store(events) if events else _STORED


async def _whatsapp_message(settings: Settings, event: GatewayEvent) -> Answer:
    message = whatsapp.parse_message(event)
    try:
        if message and whatsapp.is_hidden(message.address):
            number = await number_behind(settings, message.address)
            message = replace(message, address=number or message.address)
    except GatewayUnreachableError as error:
        log.warning("inbound_sender_not_known", error=str(error))
        return _AGAIN_LATER
    return _STORED if message is None or await _keep(message) else _AGAIN_LATER


async def _whatsapp_session(settings: Settings, event: GatewayEvent) -> Answer:
    whatsapp.parse_session(event)
    # The callback may be old: it only says that it is time to ask.
    await asyncio.to_thread(upkeep.note_whatsapp_state, await connection_state(settings))
    return _STORED


async def _stripe_events(posted: Posted) -> Answer:
    """One event of a payment."""
    status = await asyncio.to_thread(payments.take_report, posted.body, posted.header(b"stripe-signature"))
    return _AGAIN_LATER if status == _AGAIN_LATER.status else Answer(status)


def _is_twilios(settings: Settings, posted: Posted, params: Mapping[str, str]) -> bool:
    query = f"?{posted.query.decode('latin-1')}" if posted.query else ""
    return twilio.verify(settings, posted.path + query, params, posted.header(_SIGNATURE))


def _fields(body: bytes) -> dict[str, str]:
    """A form's fields, as `parse_qsl` reads them in three times the time; none of what is no form."""
    try:
        parts = body.decode().split("&")
    except UnicodeDecodeError:
        return {}
    if len(parts) > _MOST_FIELDS:
        return {}
    return {_plain(name): _plain(value) for part in parts if part for name, _, value in [part.partition("=")]}


def _plain(text: str) -> str:
    if "+" not in text and "%" not in text:
        return text
    plain = text.replace("+", " ").replace("%2B", "+")  # every number begins with a plus
    return plain if "%" not in plain else unquote_plus(text)


def _reference(query: bytes) -> str | None:
    if found := _ONLY_A_REFERENCE.fullmatch(query):
        return found[1].decode()
    return parse_qs(query.decode("latin-1"), keep_blank_values=True).get("attempt", [None])[-1]


async def _store(events: list[ProviderEvent]) -> Answer:
    try:
        await _events().add(events)
    except TooManyWaitingError:
        return _AGAIN_LATER
    except SQLAlchemyError as error:
        log.warning("events_not_stored", events=len(events), error=type(error).__name__)
        return _AGAIN_LATER
    return _STORED


def _forged(provider: str) -> Answer:
    log.warning("webhook_signature_refused", provider=provider)
    return _FORGED


def _malformed(provider: str, error: InvalidInputError) -> Answer:
    log.warning("webhook_malformed", provider=provider, error=str(error))
    return _MALFORMED


_HANDLERS: Mapping[str, Callable[[Posted], Awaitable[Answer]]] = {
    "/webhooks/twilio/status": _twilio_status,
    "/webhooks/twilio/inbound": _twilio_inbound,
    "/webhooks/sendgrid/events": _sendgrid_events,
    "/webhooks/whatsapp": _whatsapp,
    "/webhooks/stripe": _stripe_events,
}


def is_report(scope: Scope) -> bool:
    """Whether `Webhooks` answers this request."""
    return scope["type"] == "http" and scope["path"] in _HANDLERS


class Webhooks:
    """Answers whatever `is_report`. `headers`: what every answer has."""

    def __init__(self, headers: Iterable[Header] = ()) -> None:
        self._headers = tuple(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await _answer(scope, receive)
        if answer is None:  # whoever posted it has gone
            return
        headers = [*answer.headers, *self._headers]
        if answer.status != 204:
            headers.append((b"content-length", b"%d" % len(answer.body)))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})


async def _answer(scope: Scope, receive: Receive) -> Answer | None:
    if scope["method"] != "POST":
        return _NOT_ALLOWED
    try:
        body = await read_body(scope, receive)
    except BodyTooLargeError as error:
        # Closed, the connection would be reset under a proxy that still sends, which then calls the server dead.
        return _TOO_MUCH if error.announced else _TOO_MUCH_ALREADY
    if body is None:
        return None
    path = scope["path"]
    # Of a header that comes twice the first counts.
    return await _HANDLERS[path](Posted(path, scope["query_string"], dict(reversed(scope["headers"])), body))
