"""The part of Twilio's Messages API that we use.

Source: twilio.com/docs/messaging/api/message-resource and docs/api/errors.
"""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from backend.simulator import answers
from backend.simulator.answers import Receive, Send
from backend.simulator.config import SimulatorConfig
from backend.simulator.faults import fault_of, outlasts_slowness
from backend.simulator.judge import Judge, ShownMessage
from backend.simulator.magic import number_behaviour
from backend.simulator.reports import Reports, StatusReport
from backend.simulator.script import Script
from backend.simulator.twilio_list import TwilioList
from backend.simulator.twilio_messages import refusal, resource, sid_of, steps_of, template_text, wrong_with

_SID_LENGTH = 34


class TwilioApi:
    """Takes messages, notes them with the judge, and has them reported."""

    def __init__(self, config: SimulatorConfig, judge: Judge, reports: Reports) -> None:
        self._account = config.account_sid
        credentials = f"{config.account_sid}:{config.auth_token}".encode()
        self._authorization = b"Basic " + base64.b64encode(credentials)
        self._judge = judge
        self._reports = reports
        self.list = TwilioList(config.account_sid, judge)

    def is_authorized(self, headers: list[tuple[bytes, bytes]], account: str) -> bool:
        """Whether the request carries the account's credentials."""
        if self._reports.script.unauthorized or account != self._account:
            return False
        return any(name == b"authorization" and value == self._authorization for name, value in headers)

    async def create(self, headers: list[tuple[bytes, bytes]], account: str, receive: Receive, send: Send) -> None:
        """`POST /2010-04-01/Accounts/{account}/Messages.json`."""
        body = await answers.read_body(receive)
        if not self.is_authorized(headers, account):
            return await answers.answer_json(send, 401, refusal(401, 20003))
        fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        if code := wrong_with(fields):
            return await answers.answer_json(send, 400, refusal(400, code))
        if "ContentSid" in fields:
            fields["Body"] = template_text(fields)
        medium = "whatsapp" if fields["To"].startswith("whatsapp:") else "sms"
        self._judge.note_request(medium)
        return await self._take(medium, fields["To"].removeprefix("whatsapp:"), fields, receive, send)

    async def _take(self, medium: str, address: str, fields: dict[str, str], receive: Receive, send: Send) -> None:
        script = self._reports.script
        behaviour = number_behaviour(address)
        fault = fault_of(script, self._judge, address, behaviour)
        if not await outlasts_slowness(script, self._judge, address) or fault == "reset_before":
            return await answers.cut(send, receive)
        if refused := _refused(script, fault, behaviour) or self._outside_window(medium, address, fields):
            status, code, headers = refused
            return await answers.answer_json(send, status, refusal(status, code), headers)
        sender = fields.get("From") or fields["MessagingServiceSid"]
        index = self._judge.accept(medium, address, "queued")
        self.list.add(index, fields)
        self._judge.show(ShownMessage(index, medium, address, sender, "", fields["Body"], ""))
        steps = steps_of(script, medium, address, behaviour)
        url = fields.get("StatusCallback", "")
        await self._report(StatusReport(self._judge.run, index, url, fields["To"], sender, steps))
        return await self._answer(fault, index, fields, receive, send)

    def _outside_window(
        self, medium: str, address: str, fields: dict[str, str]
    ) -> tuple[int, int, dict[str, str]] | None:
        """Free text to somebody who did not write by WhatsApp within a day, where the script minds."""
        is_free = self._reports.script.whatsapp_window and medium == "whatsapp" and "ContentSid" not in fields
        return (400, 63016, {}) if is_free and not self._judge.takes_free_text(address) else None

    async def _report(self, report: StatusReport) -> None:
        script = self._reports.script
        if report.url and script.dice("first", report.to) < script.callback_first_rate:
            report = await self._reports.report_now(report)
        self._reports.add(report if report.url else replace(report, steps=report.steps[-1:]))

    async def _answer(
        self, fault: str | None, index: int, fields: dict[str, str], receive: Receive, send: Send
    ) -> None:
        shown = 0 if fault == "duplicate_sid" else index
        body = json.dumps(resource(self._account, sid_of(self._judge.run, shown), fields)).encode()
        nameless = {"status": "queued"}
        await answers.answer_taken(fault, send, receive, body, error=refusal(500, 20500), nameless=nameless)

    def find(self, sid: str) -> dict[str, Any] | None:
        """`GET …/Messages/{sid}.json`: the resource, None for a sid of no message."""
        if len(sid) != _SID_LENGTH or not sid.endswith(self._judge.run):
            return None
        try:
            to, status, code = self._judge.state(int(sid[2:10], 16))
        except (ValueError, IndexError):
            return None
        return resource(self._account, sid, {"To": to}, status, code)


def _refused(script: Script, fault: str | None, behaviour: str | None) -> tuple[int, int, dict[str, str]] | None:
    """Status, code and headers of the refusal that meets this message before it is taken, if one does."""
    if script.throttled or fault == "throttle":
        return 429, 20429, answers.retry_after(script.retry_after_s)
    if behaviour == "opted_out":
        return 400, 21610, {}
    if fault == "reject":
        return 400, 21211 if behaviour == "reject" else script.reject_code, {}
    return (503, 20500, {}) if fault == "error_before" else None
