"""What a person answers from the pretend phone, in the words of whoever tells it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_MEDIA = ("sms", "whatsapp")
_THROUGH = ("twilio", "gateway")


@dataclass(frozen=True, slots=True)
class Answer:
    """`sender` begins with a plus. WhatsApp comes through Twilio, or through the gateway, where it may be hidden."""

    sender: str
    text: str
    medium: str = "sms"
    through: str = "twilio"
    to: str = "+15005550006"
    is_hidden: bool = False

    def twilio_fields(self, account_sid: str) -> dict[str, str]:
        """A new message as Twilio posts it."""
        prefix = "whatsapp:" if self.medium == "whatsapp" else ""
        return {
            "MessageSid": f"SM{secrets.token_hex(16)}",
            "AccountSid": account_sid,
            "From": prefix + self.sender,
            "To": prefix + self.to,
            "Body": self.text,
            "NumMedia": "0",
        }

    def gateway_payload(self) -> dict[str, Any]:
        """A new message as WAHA tells it, in its event `message`."""
        number = self.sender.removeprefix("+")
        # What stands for a hidden number is here its digits from behind, which the session API turns round again.
        chat = f"{number[::-1]}@lid" if self.is_hidden else f"{number}@c.us"
        return {
            "id": f"false_{chat}_{secrets.token_hex(10).upper()}",
            "timestamp": int(time.time()),
            "from": chat,
            "fromMe": False,
            "source": "app",
            "to": f"{self.to.removeprefix('+')}@c.us",
            "body": self.text,
            "hasMedia": False,
            "ack": 1,
        }


def read_answer(values: Mapping[str, Any]) -> Answer:
    """`{"from": "+336…", "body": "STOP", "medium": "sms" | "whatsapp", "through": "twilio" | "gateway", "to": "+…"}`.

    `"hidden": true`: the gateway does not tell the number, only what WhatsApp has in its place.

    Raises:
        ValueError: the message names what is wrong.
    """
    sender, body = str(values.get("from") or ""), values.get("body")
    if not sender.startswith("+"):
        raise ValueError("from: a number such as +33612345678")
    medium, through = values.get("medium") or "sms", values.get("through") or "twilio"
    if medium not in _MEDIA or through not in _THROUGH:
        raise ValueError(f"medium: one of {', '.join(_MEDIA)}; through: one of {', '.join(_THROUGH)}")
    if through == "gateway" and medium != "whatsapp":
        raise ValueError("through: the gateway carries WhatsApp only")
    text = "STOP" if body is None else str(body)
    to = str(values.get("to") or "+15005550006")
    return Answer(sender, text, medium, through, to, is_hidden=values.get("hidden") is True)
