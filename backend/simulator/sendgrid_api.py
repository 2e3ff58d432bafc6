"""The part of SendGrid's API that we use: mail/send.

Source: SendGrid's "Mail Send" reference and its page of errors.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from backend.simulator import answers
from backend.simulator.answers import Receive, Send
from backend.simulator.config import SimulatorConfig
from backend.simulator.faults import fault_of, outlasts_slowness
from backend.simulator.judge import SHOWN, Judge, ShownAttachment, ShownMessage
from backend.simulator.magic import email_behaviour
from backend.simulator.reports import EmailReport, Reports
from backend.simulator.script import Script

_MOST_PERSONALIZATIONS = 1_000
_LARGEST_BYTES = 30 * 1024 * 1024
_ADDRESS = re.compile(r"[^@\s,<>]+@[^@\s,<>]+\.[^@\s,<>.]+")
_HELP = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html#message."
_STEPS: dict[str, tuple[str, ...]] = {
    "bounce": ("processed", "bounce"),
    "blocked": ("processed", "blocked"),
    "drop_bounced": ("drop_bounced",),
    "drop_unsubscribed": ("drop_unsubscribed",),
    "spam": ("processed", "delivered", "spamreport"),
    "open": ("processed", "delivered", "open"),
    "machine_open": ("processed", "delivered", "machine_open"),
}
Errors = list[dict[str, str | None]]


class SendGridApi:
    """Takes requests whole or not at all, notes every recipient, and has events reported."""

    def __init__(self, config: SimulatorConfig, judge: Judge, reports: Reports) -> None:
        self._authorization = f"Bearer {config.sendgrid_api_key}".encode()
        self._judge = judge
        self._reports = reports

    async def create(self, headers: list[tuple[bytes, bytes]], receive: Receive, send: Send) -> None:
        """`POST /v3/mail/send`."""
        raw_body = await answers.read_body(receive)
        self._judge.note_request("email")
        authorized = any(name == b"authorization" and value == self._authorization for name, value in headers)
        if self._reports.script.unauthorized or not authorized:
            sentence = "The provided authorization grant is invalid, expired, or revoked"
            return await _refuse(send, 401, [{"message": sentence, "field": None, "help": None}])
        if len(raw_body) > _LARGEST_BYTES:
            return await answers.answer(send, 413, b"<html>413 Request Entity Too Large</html>", None, b"text/html")
        try:
            mail = json.loads(raw_body)
            del raw_body
            errors = _errors(mail) or _attachment_errors(mail)
        except (ValueError, AttributeError, TypeError, KeyError, IndexError):
            mail, errors = {}, [_error("", "Bad Request")]
        if errors:
            return await _refuse(send, 400, errors)
        return await self._take(mail, receive, send)

    async def _take(self, mail: dict[str, Any], receive: Receive, send: Send) -> None:
        script = self._reports.script
        first = mail["personalizations"][0]["to"][0]["email"]
        fault = fault_of(script, self._judge, first, None)
        if not await outlasts_slowness(script, self._judge, first):
            return await answers.cut(send, receive)
        if script.throttled or fault == "throttle":
            values = {"errors": [{"message": "too many requests", "field": None, "help": None}]}
            return await answers.answer_json(send, 429, values, answers.retry_after(script.retry_after_s))
        if fault == "reject":
            return await _refuse(send, 400, [_error("content", "The content value must be a string.")])
        if fault == "error_before":
            return await answers.answer_json(send, 503, {"errors": []})
        if fault == "reset_before":
            return await answers.cut(send, receive)
        return await _answer(fault, self._accept(mail), receive, send)

    def _accept(self, mail: dict[str, Any]) -> str:
        script = self._reports.script
        people = mail["personalizations"]
        request_id = ""
        for number, personalization in enumerate(people):
            to = personalization["to"][0]["email"]
            index = self._judge.accept("email", to, "processed")
            request_id = request_id or f"{self._judge.run}{index & 0xFFFFFFFF:08x}"
            if number >= len(people) - SHOWN:
                self._judge.show(_shown(index, to, mail, personalization))
            custom_args = {**mail.get("custom_args", {}), **personalization.get("custom_args", {})}
            self._reports.add(EmailReport(self._judge.run, index, to, request_id, custom_args, _steps(script, to)))
        return request_id


async def _answer(fault: str | None, request_id: str, receive: Receive, send: Send) -> None:
    if fault == "accepted_then_500":
        return await answers.answer_json(send, 500, {"errors": [{"message": "internal", "field": None, "help": None}]})
    if fault == "silent":
        return await answers.wait_for_disconnect(receive)
    if fault == "reset_after":
        return await answers.cut(send, receive)
    if fault in {"half_answer", "bad_json"}:
        return await answers.answer_half(send, receive, 202, b"-" * 20)
    if fault == "missing_sid":
        return await answers.answer(send, 202, b"", None, b"text/plain")
    return await answers.answer(send, 202, b"", {"X-Message-Id": request_id}, b"text/plain")


def _errors(mail: dict[str, Any]) -> Errors:
    people = mail.get("personalizations")
    if not people or not isinstance(people, list):
        return [_error("personalizations", "The personalizations field is required and must have at least one.")]
    if len(people) > _MOST_PERSONALIZATIONS:
        return [_error("personalizations", "There are more than 1000 personalizations.")]
    if not mail["from"].get("email"):
        return [_error("from.email", "The from email does not contain a valid address.")]
    if not mail.get("content"):
        return [_error("content", "Unless a valid template_id is provided, the content parameter is required.")]
    if not mail.get("subject") and not all(person.get("subject") for person in people):
        return [_error("subject", "The subject is required.")]
    return _address_errors(people)


def _attachment_errors(mail: dict[str, Any]) -> Errors:
    """Check the attachments and put what is shown of them in the place of their content."""
    kept: list[ShownAttachment] = []
    for number, given in enumerate(mail.get("attachments") or []):
        name, content = given.get("filename"), given.get("content")
        if not isinstance(name, str) or not name:
            return [_error(f"attachments.{number}.filename", "The attachment filename is required.")]
        try:
            size_bytes = len(base64.b64decode(content, validate=True))
        except (TypeError, ValueError):
            size_bytes = 0
        if not size_bytes:
            sentence = "The attachment content must be base64 encoded."
            return [_error(f"attachments.{number}.content", sentence)]
        kept.append(ShownAttachment(name, str(given.get("type", "")), size_bytes))
    mail["attachments"] = tuple(kept)
    return []


def _address_errors(people: list[dict[str, Any]]) -> Errors:
    errors: Errors = []
    seen: set[str] = set()
    for number, person in enumerate(people):
        for position, to in enumerate(person["to"]):
            address = str(to["email"])
            if not _ADDRESS.fullmatch(address) or email_behaviour(address) == "reject":
                where = f"personalizations.{number}.to.{position}.email"
                errors.append(_error(where, "Does not contain a valid address."))
            elif address.casefold() in seen:
                sentence = (
                    "Each email address in the personalization block should be unique between to, cc, and bcc."
                    f" We found the first duplicate instance of [{address}] in the personalizations.{number}.to field."
                )
                errors.append(_error(f"personalizations.{number}", sentence))
            seen.add(address.casefold())
    return errors


def _error(where: str, sentence: str) -> dict[str, str | None]:
    return {"message": sentence, "field": where or None, "help": _HELP + where.partition(".")[0]}


def _steps(script: Script, to: str) -> tuple[str, ...]:
    behaviour = email_behaviour(to)
    if behaviour in _STEPS:
        return _STEPS[behaviour]
    for outcome in ("bounce", "spam", "open"):
        rate = getattr(script, f"{outcome}_rate")
        if rate and script.dice(outcome, to) < rate:
            return _STEPS[outcome]
    return ("processed", "delivered")


def _shown(index: int, to: str, mail: dict[str, Any], personalization: dict[str, Any]) -> ShownMessage:
    contents = {item["type"]: item["value"] for item in mail["content"]}
    written = mail.get("subject", ""), contents.get("text/plain", ""), contents.get("text/html", "")
    sender, substitutions = mail["from"]["email"], personalization.get("substitutions", {})
    return ShownMessage(index, "email", to, sender, *written, mail["attachments"], substitutions)


async def _refuse(send: Send, status: int, errors: Errors) -> None:
    await answers.answer_json(send, status, {"errors": errors})
