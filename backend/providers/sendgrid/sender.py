"""Email through SendGrid's mail/send: up to 1,000 recipients in one request."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from backend.domain.channels import Medium
from backend.errors import ConfigurationError
from backend.logs import get_logger
from backend.providers.base import Attachment, Batch, EmailContent, MessageState, OutboundMessage, SendResult, Verdict
from backend.providers.sendgrid.answers import EXPECTED, Answer, answer_of, answer_of_error
from backend.providers.sendgrid.client import open_mail_send
from backend.settings import Settings

_BATCH_SIZE = 1_000  # personalisations a request, SendGrid's limit
_THREADS = 8  # requests under way at once; their own, so that a slow vendor cannot hold up other work
_ROUNDS = 20
_SLOW_LINE_BYTES_S = 1_000_000
log = get_logger(__name__)


class SendGridSender:
    """Hands emails to SendGrid. Never repeats a request that may have been taken."""

    provider = "sendgrid"
    medium = Medium.EMAIL
    batch_size = _BATCH_SIZE

    def __init__(self, settings: Settings) -> None:
        if not settings.sendgrid_api_key:
            raise ConfigurationError("SENDGRID_API_KEY is needed to send email")
        self._mail_send = open_mail_send(settings)
        self._timeout_s = settings.provider_timeout_s
        self._from = {"email": settings.sendgrid_from_email}
        if settings.sendgrid_from_name:
            self._from["name"] = settings.sendgrid_from_name
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="sendgrid")

    async def send(self, batch: Batch) -> list[SendResult]:
        """Post the batch. One result a message, same order.

        Usually one request. A 400 that names recipients means that nobody was sent anything: those
        are refused and the rest is posted again. An address that comes twice waits for a later
        request, because SendGrid takes it once per request. What is left after 20 rounds is deferred.
        """
        if batch.email is None:
            raise ValueError("an email batch needs its content")
        results: dict[int, SendResult] = {}
        waiting = list(range(len(batch.messages)))
        for _ in range(_ROUNDS):
            if not waiting:
                break
            now, later = _once_per_address(batch.messages, waiting)
            answer = await self._post([batch.messages[index] for index in now], batch.email)
            waiting = _settle(batch.messages, answer, now, later, results)
        for index in waiting:
            results[index] = SendResult(batch.messages[index].reference, Verdict.DEFERRED, None, "too_many_refusals")
        return [results[index] for index in range(len(batch.messages))]

    async def _post(self, messages: Sequence[OutboundMessage], email: EmailContent) -> Answer:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout_s + _travel_s(email)):
                return await loop.run_in_executor(self._threads, self._post_blocking, messages, email)
        except TimeoutError as error:  # the thread may still get its answer; nobody will read it
            return answer_of_error(error)

    def _post_blocking(self, messages: Sequence[OutboundMessage], email: EmailContent) -> Answer:
        try:
            response: Any = self._mail_send.post(request_body=self._body(messages, email))  # pyright: ignore[reportCallIssue]
        except EXPECTED as error:
            return answer_of_error(error)
        except Exception as error:  # noqa: BLE001 - whatever it was, the request may have left: say so
            log.warning("sendgrid.send_failed", error=repr(error))
            return answer_of_error(error)
        return answer_of(response.status_code, response.headers)

    def _body(self, messages: Sequence[OutboundMessage], email: EmailContent) -> dict[str, Any]:
        attached = {"attachments": [_attachment(one) for one in email.attachments]} if email.attachments else {}
        return {
            **attached,
            "from": self._from,
            "subject": email.subject,
            "content": [
                {"type": "text/plain", "value": email.text},
                {"type": "text/html", "value": email.html},
            ],
            "personalizations": [_personalization(message) for message in messages],
        }

    async def find(self, provider_message_id: str) -> MessageState | None:
        """SendGrid cannot be asked without a paid add-on: its events have to tell."""
        del provider_message_id

    async def aclose(self) -> None:
        """Let the threads go; one that still waits for an answer ends by its own time-out."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _travel_s(email: EmailContent) -> float:
    """What documents take on a slow line, so that their way is not mistaken for the vendor's silence."""
    return sum(len(attachment.content) for attachment in email.attachments) / _SLOW_LINE_BYTES_S


def message_id(request_id: str, reference: str) -> str:
    """Our id for one recipient: SendGrid's `X-Message-Id`, shared by the request, and the attempt."""
    return f"{request_id}.{reference}"


def _attachment(attachment: Attachment) -> dict[str, str]:
    return {
        "filename": attachment.name,
        "type": attachment.content_type,
        "disposition": "attachment",
        "content": attachment.content,
    }


def _personalization(message: OutboundMessage) -> dict[str, Any]:
    fields: dict[str, Any] = {"to": [{"email": message.to}], "custom_args": {"attempt": message.reference}}
    if message.substitutions:
        fields["substitutions"] = dict(message.substitutions)
    if message.headers:
        fields["headers"] = dict(message.headers)
    return fields


def _once_per_address(messages: Sequence[OutboundMessage], waiting: list[int]) -> tuple[list[int], list[int]]:
    """Split into those for this request and those whose address (in any case) is already in it."""
    seen: set[str] = set()
    now: list[int] = []
    later: list[int] = []
    for index in waiting:
        address = messages[index].to.casefold()
        (later if address in seen else now).append(index)
        seen.add(address)
    return now, later


def _settle(
    messages: Sequence[OutboundMessage],
    answer: Answer,
    now: list[int],
    later: list[int],
    results: dict[int, SendResult],
) -> list[int]:
    """Note what the answer decides, and return who is still to be posted."""
    if answer.refused:
        for position, (code, sentence) in answer.refused.items():
            if position < len(now):
                index = now[position]
                results[index] = SendResult(messages[index].reference, Verdict.REFUSED, None, code, sentence)
        return sorted(index for index in (*now, *later) if index not in results)
    for index in now:
        results[index] = _result(messages[index].reference, answer)
    if answer.verdict is Verdict.ACCEPTED:
        return later
    # Not posted at all: nothing is known against them, and the provider is not asked again now.
    verdict = Verdict.DEFERRED if answer.verdict is Verdict.UNKNOWN else answer.verdict
    for index in later:
        results[index] = SendResult(messages[index].reference, verdict, None, answer.code, answer.message)
    return []


def _result(reference: str, answer: Answer) -> SendResult:
    own_id = message_id(answer.message_id, reference) if answer.message_id else None
    return SendResult(reference, answer.verdict, own_id, answer.code, answer.message, answer.retry_after_s)
