"""What a message of the simulated WhatsApp gateway looks like, and what becomes of it, as WAHA shows it."""

from __future__ import annotations

from typing import Any

from backend.simulator.script import Script

Steps = tuple[tuple[str, int], ...]
"""The word of each acknowledgement, in order; the 0 is where Twilio has an error code."""

ACKS = {"ERROR": -1, "PENDING": 0, "SERVER": 1, "DEVICE": 2, "READ": 3, "PLAYED": 4}
_ARRIVED: Steps = (("SERVER", 0), ("DEVICE", 0))
_READ: Steps = (*_ARRIVED, ("READ", 0))
_FAILED: Steps = (("ERROR", 0),)
_FAIL_LATER = {"fail_30005", "fail_30003"}


def chat_of(address_e164: str) -> str:
    """The chat with a number."""
    return f"{address_e164.removeprefix('+')}@c.us"


def message_id_of(run: str, index: int, address_e164: str) -> str:
    """The whole id of a message; its last part is WhatsApp's own."""
    return f"true_{chat_of(address_e164)}_3EB0{index & 0xFFFFFFFF:08X}{run[:10].upper()}"


def index_in(run: str, message_id: str) -> int | None:
    """Which message of this run that is; None when it is none."""
    own = message_id.rpartition("_")[2]
    if not own.startswith("3EB0") or not own.endswith(run[:10].upper()):
        return None
    try:
        return int(own[4:12], 16)
    except ValueError:
        return None


def shown(run: str, index: int, address_e164: str, text: str, word: str, created_s: float) -> dict[str, Any]:
    """A message in a list of messages, and in the answer that it was taken."""
    return {
        "id": message_id_of(run, index, address_e164),
        "timestamp": int(created_s),
        "from": chat_of(address_e164),
        "to": chat_of(address_e164),
        "fromMe": True,
        "source": "api",
        "body": text,
        "hasMedia": False,
        "ack": ACKS.get(word, 0),
        "ackName": word,
    }


def acknowledged(run: str, index: int, address_e164: str, word: str) -> dict[str, Any]:
    """The payload of a `message.ack`."""
    chat = chat_of(address_e164)
    return {
        "id": message_id_of(run, index, address_e164),
        "from": chat,
        "to": chat,
        "fromMe": True,
        "ack": ACKS[word],
        "ackName": word,
    }


def is_on_whatsapp(script: Script, address_e164: str, behaviour: str | None) -> bool:
    """Whether WhatsApp knows a number."""
    return behaviour != "not_on_whatsapp" and script.dice("whatsapp", address_e164) >= script.not_on_whatsapp_rate


def steps_of(script: Script, address_e164: str, behaviour: str | None) -> Steps:
    """What will be told about a message that was taken."""
    if behaviour in _FAIL_LATER or script.dice("later", address_e164) < script.fail_later_rate:
        return _FAILED
    return _READ if script.dice("read", address_e164) < script.read_rate else _ARRIVED
