"""What a simulated Twilio message looks like, what is wrong with a request, and what becomes of a message."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any

from backend.simulator.script import Script

Steps = tuple[tuple[str, int], ...]
"""Status and error code (0: none) of each report, in order."""

_LONGEST_BODY = 1_600
_CONTENT_SID = re.compile(r"HX[0-9a-fA-F]{32}")
_NOT_IN_A_VARIABLE = re.compile(r"[\n\r\t]| {5}")
_SENT: Steps = (("sent", 0), ("delivered", 0))
_READ: Steps = (*_SENT, ("read", 0))
_SENTENCES = {
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too many requests",
    20500: "An internal server error has occurred",
    21211: "The 'To' number is not a valid phone number",
    21602: "Message body is required",
    21603: "A 'From' phone number is required",
    21604: "A 'To' phone number is required",
    21610: "Attempt to send to unsubscribed recipient",
    21617: "The concatenated message body exceeds the 1600 character limit",
    21655: "The ContentSid is invalid",
    21656: "The ContentVariables parameter is invalid",
    21658: "Parameter exceeded character limit",
    63016: "Outside messaging window",
    63003: "Channel could not find To address",
}


def resource(account: str, sid: str, fields: Mapping[str, str], status: str = "", code: int = 0) -> dict[str, Any]:
    """The Message resource as Twilio shows it; `fields` are those of the request."""
    service = fields.get("MessagingServiceSid")
    now = formatdate()
    path = f"/2010-04-01/Accounts/{account}/Messages/{sid}"
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": fields.get("Body", ""),
        "date_created": now,
        "date_sent": None,
        "date_updated": now,
        "direction": "outbound-api",
        "error_code": code or None,
        "error_message": _SENTENCES.get(code),
        "from": fields.get("From"),
        "messaging_service_sid": service,
        "num_media": "0",
        "num_segments": "0" if service else "1",
        "price": None,
        "price_unit": "USD",
        "sid": sid,
        "status": status or ("accepted" if service else "queued"),
        "subresource_uris": {"media": f"{path}/Media.json"},
        "to": fields.get("To"),
        "uri": f"{path}.json",
    }


def refusal(status: int, code: int) -> dict[str, Any]:
    """The body of an error answer."""
    return {
        "code": code,
        "message": _SENTENCES.get(code, "Refused"),
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }


def wrong_with(fields: Mapping[str, str]) -> int | None:
    """Twilio's code for a request that lacks something, or None."""
    if not fields.get("To"):
        return 21604
    if code := _wrong_template(fields) if "ContentSid" in fields else _wrong_body(fields.get("Body", "")):
        return code
    return None if fields.get("From") or fields.get("MessagingServiceSid") else 21603


def _wrong_body(body: str) -> int | None:
    if not body.strip():
        return 21602
    return 21617 if len(body) > _LONGEST_BODY else None


def _wrong_template(fields: Mapping[str, str]) -> int | None:
    if not _CONTENT_SID.fullmatch(fields["ContentSid"]):
        return 21655
    text = template_text(fields)
    if not text or _NOT_IN_A_VARIABLE.search(text):
        return 21656
    return 21658 if len(text) > _LONGEST_BODY else None


def template_text(fields: Mapping[str, str]) -> str:
    """What a template says whose only content is its variable {{1}}; "" without such a variable."""
    try:
        variables = json.loads(fields.get("ContentVariables", ""))
    except ValueError:
        return ""
    text = variables.get("1") if isinstance(variables, dict) else None
    return text if isinstance(text, str) else ""


def sid_of(run: str, index: int) -> str:
    """The sid of a message: its number and what is this run's own, 32 hexadecimal digits."""
    return f"SM{index & 0xFFFFFFFF:08x}{run}"


def callback_fields(account: str, sid: str, to: str, sender: str) -> dict[str, str]:
    """The form fields that every status callback of a message has in common."""
    values = {"ApiVersion": "2010-04-01", "AccountSid": account, "MessageSid": sid, "SmsSid": sid, "To": to}
    if sender.startswith("MG"):  # a Messaging Service picked the number itself
        values |= {"MessagingServiceSid": sender, "From": "+15005550000"}
    else:
        values["From"] = sender
    if to.startswith("whatsapp:"):
        values["ChannelPrefix"] = "whatsapp"
    return values


def steps_of(script: Script, medium: str, address: str, behaviour: str | None) -> Steps:
    """What will be reported about an accepted message."""
    if behaviour == "fail_unsent":
        return (("failed", 30001),)
    if behaviour in {"fail_30005", "fail_30003"}:
        return ("sent", 0), ("undelivered", int(behaviour.removeprefix("fail_")))
    if medium == "whatsapp":
        if behaviour == "not_on_whatsapp" or script.dice("whatsapp", address) < script.not_on_whatsapp_rate:
            return (("undelivered", 63003),)
        return _READ if script.dice("read", address) < script.read_rate else _SENT
    drawn = script.dice("later", address)
    if drawn < script.fail_later_rate:
        codes = script.fail_later_codes
        return ("sent", 0), ("undelivered", codes[int(drawn * 1e6) % len(codes)])
    return _SENT
