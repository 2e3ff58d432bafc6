"""What the simulated providers report back: status callbacks and email events.

A fixed number of posts is under way at once, each holding its place while it is repeated; what
waits behind them is bounded too. A web process that is down therefore costs time, not memory.
"""

from __future__ import annotations

import asyncio
import base64
import random
import time
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from backend.simulator.answering import Answer
from backend.simulator.config import SimulatorConfig
from backend.simulator.due import DueQueue
from backend.simulator.gateway_texts import acknowledged
from backend.simulator.judge import Judge
from backend.simulator.posting import Poster
from backend.simulator.script import Script
from backend.simulator.twilio_messages import callback_fields, sid_of

_POSTS_AT_ONCE = 32
_EMAIL_POSTS_AT_ONCE = 4
_EVENTS_A_POST = 500
_SHUFFLE_S = 0.2


@dataclass(frozen=True, slots=True)
class StatusReport:
    """The callbacks still to be made for one SMS or WhatsApp message. Hundreds of thousands may wait: keep it small."""

    run: str
    index: int
    url: str
    to: str
    sender: str
    steps: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class AckReport:
    """The acknowledgements still to be told of one message of the WhatsApp gateway; a step is a word, and 0."""

    run: str
    index: int
    to: str
    steps: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class EmailReport:
    """The events still to be reported for one email."""

    run: str
    index: int
    to: str
    message_id: str
    custom_args: dict[str, str]
    steps: tuple[str, ...]


_Told = TypeVar("_Told", StatusReport, AckReport)


class Reports:
    """Sends them out. Build and start inside the running loop."""

    def __init__(self, config: SimulatorConfig, judge: Judge) -> None:
        self._config = config
        self._judge = judge
        self._statuses: DueQueue[StatusReport | AckReport] = DueQueue(config.most_waiting_callbacks)
        self._emails: DueQueue[EmailReport] = DueQueue(config.most_waiting_callbacks)
        self._held: list[StatusReport | AckReport | EmailReport] = []
        self._poster = Poster(config)
        self._random = random.Random(config.script.seed)  # noqa: S311 - a script, not a secret
        self._tasks: list[asyncio.Task[Any]] = []
        self._event_number = 0
        self.script = config.script

    async def start(self) -> None:
        """Open connections and begin."""
        await self._poster.open()
        self._tasks = [asyncio.create_task(self._report_statuses()) for _ in range(_POSTS_AT_ONCE)]
        self._tasks += [asyncio.create_task(self._report_emails()) for _ in range(_EMAIL_POSTS_AT_ONCE)]

    async def stop(self) -> None:
        """Stop at once; what waits is forgotten."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._poster.close()

    def follow(self, script: Script) -> None:
        """Behave by another script from now on."""
        self.script = script
        self._random.seed(script.seed)

    def add(self, report: StatusReport | AckReport | EmailReport) -> None:
        """Report all steps of one message, when the script says."""
        if self.script.callbacks == "off" or not report.steps:
            self._note_last(report)
        elif self.script.callbacks == "hold" and len(self._held) < self._config.most_waiting_callbacks:
            self._held.append(report)
        elif self.script.callback_shuffle:
            self._note_last(report)
            for step in report.steps:
                self._push(replace(report, steps=(step,)), self._delay_s() + self._random.random() * _SHUFFLE_S)
        else:
            self._push(report, self._delay_s())

    def release(self) -> int:
        """Let go of everything that was held; returns how many messages that is."""
        held, self._held = self._held, []
        for report in held:
            self._push(report, self._delay_s())
        return len(held)

    def forget(self) -> None:
        """Drop everything that waits."""
        self._held.clear()
        self._statuses.clear()
        self._emails.clear()

    def counts(self) -> dict[str, int]:
        """How the reports are getting on."""
        return {
            "waiting": len(self._statuses) + len(self._emails),
            "held": len(self._held),
            "posting": self._poster.posting,
            "posted": self._poster.posted,
            "failed": self._poster.failed,
            "dropped": self._statuses.dropped + self._emails.dropped,
        }

    async def report_now(self, report: _Told) -> _Told:
        """Post the first step before anything else happens; returns what is left to report."""
        await self._post(report)
        return replace(report, steps=report.steps[1:])

    async def inbound(self, answer: Answer) -> int | None:
        """Deliver a message from a person; returns the HTTP status it met, None when nobody was there."""
        if answer.through == "gateway":
            return await self._poster.gateway("message", answer.gateway_payload())
        if answer.medium == "whatsapp":
            self._judge.hear(answer.sender)
        fields = answer.twilio_fields(self._config.account_sid)
        return await self._poster.form(f"{self._config.web_origin}/webhooks/twilio/inbound", fields)

    async def payment(self, event: dict[str, Any]) -> int | None:
        """Report a payment now; returns the HTTP status it met, None when nobody was there."""
        return await self._poster.payment(event)

    def session_changed(self, status: str) -> None:
        """Tell the product what the WhatsApp session came to, unless no reports travel."""
        if self._config.web_origin and self.script.callbacks != "off":
            self._tasks = [task for task in self._tasks if not task.done()]
            self._tasks.append(asyncio.create_task(self._poster.gateway("session.status", {"status": status})))

    def _delay_s(self) -> float:
        shortest, longest = self.script.callback_delay_s
        return shortest + self._random.random() * (longest - shortest)

    def _note_last(self, report: StatusReport | AckReport | EmailReport) -> None:
        if report.steps:
            last = report.steps[-1]
            status, code = (last, 0) if isinstance(last, str) else last
            self._judge.report(report.index, status, code)

    def _push(self, report: StatusReport | AckReport | EmailReport, delay_s: float) -> None:
        if isinstance(report, EmailReport):
            self._emails.push(report, delay_s)
        else:
            self._statuses.push(report, delay_s)

    async def _report_statuses(self) -> None:
        while True:
            report = await self._statuses.pop()
            if report.run != self._judge.run:
                continue
            if not self.script.callback_shuffle:
                self._judge.report(report.index, *report.steps[0])
            await self._post(report)
            if len(report.steps) > 1:
                self._push(replace(report, steps=report.steps[1:]), self._delay_s())

    async def _post(self, report: StatusReport | AckReport) -> None:
        times = 2 if self._random.random() < self.script.callback_duplicate_rate else 1
        for _ in range(times):
            if isinstance(report, StatusReport):
                await self._post_status(report)
            elif self._config.web_origin:
                await self._poster.gateway(
                    "message.ack", acknowledged(report.run, report.index, report.to, report.steps[0][0])
                )

    async def _post_status(self, report: StatusReport) -> None:
        status, code = report.steps[0]
        fields = callback_fields(self._config.account_sid, sid_of(report.run, report.index), report.to, report.sender)
        fields |= {"MessageStatus": status, "SmsStatus": status}
        if code:
            fields["ErrorCode"] = str(code)
        await self._poster.form(report.url, fields)

    async def _report_emails(self) -> None:
        while True:
            batch = [await self._emails.pop()]
            while len(batch) < _EVENTS_A_POST and (report := self._emails.pop_due()):
                batch.append(report)
            batch = [report for report in batch if report.run == self._judge.run]
            events = [self._event(report) for report in batch]
            if events and self._config.sendgrid_webhook_url:
                times = 2 if self._random.random() < self.script.callback_duplicate_rate else 1
                await self._poster.events(events * times)
            for report in batch:
                if len(report.steps) > 1:
                    self._push(replace(report, steps=report.steps[1:]), self._delay_s())

    def _event(self, report: EmailReport) -> dict[str, Any]:
        self._event_number += 1
        word = report.steps[0]
        if not self.script.callback_shuffle:
            self._judge.report(report.index, word)
        identity = f"{report.run}-{self._event_number}".encode()
        return {
            **report.custom_args,
            "email": report.to,
            "timestamp": int(time.time()),
            "sg_event_id": base64.urlsafe_b64encode(identity).decode().rstrip("="),
            "sg_message_id": f"{report.message_id}.recvd-simulator-1-{report.index:X}.0",
            **EVENTS[word],
        }


EVENTS: dict[str, dict[str, Any]] = {
    "processed": {"event": "processed"},
    "delivered": {"event": "delivered", "response": "250 OK"},
    "open": {"event": "open", "useragent": "Mozilla/5.0", "sg_machine_open": False},
    "machine_open": {"event": "open", "useragent": "Mozilla/5.0", "sg_machine_open": True},
    "bounce": {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 no such user"},
    "blocked": {"event": "bounce", "type": "blocked", "status": "5.7.1", "reason": "550 5.7.1 refused"},
    "drop_bounced": {"event": "dropped", "reason": "Bounced Address"},
    "drop_unsubscribed": {"event": "dropped", "reason": "Unsubscribed Address"},
    "spamreport": {"event": "spamreport"},
}
"""Our name of an email step → the fields with which SendGrid tells it."""
