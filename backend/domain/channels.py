"""Channels (what the user picks), media (what carries a message), and the cascade between them.

Source of the rules: the product description, "Channels".
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Medium(StrEnum):
    """What really carries a message."""

    EMAIL = "email"
    SMS = "sms"
    WHATSAPP = "whatsapp"


class ConnectionState(StrEnum):
    """The WhatsApp account as its gateway sees it."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    UNREACHABLE = "unreachable"


class Channel(StrEnum):
    """What the user picks: a rule over media."""

    EMAIL = "email"
    SMS = "sms"
    WHATSAPP = "whatsapp"
    WHATSAPP_SMS = "whatsapp_sms"
    SMS_EMAIL = "sms_email"
    WHATSAPP_SMS_EMAIL = "whatsapp_sms_email"


class Addresses(NamedTuple):
    """The usable addresses of one contact; None where there is none that may be used."""

    email: str | None
    sms: str | None
    whatsapp: str | None


_PREFERENCE: dict[Channel, tuple[Medium, ...]] = {
    Channel.EMAIL: (Medium.EMAIL,),
    Channel.SMS: (Medium.SMS,),
    Channel.WHATSAPP: (Medium.WHATSAPP,),
    Channel.WHATSAPP_SMS: (Medium.WHATSAPP, Medium.SMS),
    Channel.SMS_EMAIL: (Medium.EMAIL, Medium.SMS),
    Channel.WHATSAPP_SMS_EMAIL: (Medium.WHATSAPP, Medium.SMS, Medium.EMAIL),
}
_CHOSEN_ONCE = {Channel.SMS_EMAIL}


def media_of(channel: Channel) -> tuple[Medium, ...]:
    """Every medium the channel may use, first choice first."""
    return _PREFERENCE[channel]


def falls_back(channel: Channel) -> bool:
    """Whether a definitive refusal moves a recipient to the next medium."""
    return len(_PREFERENCE[channel]) > 1 and channel not in _CHOSEN_ONCE


def sms_follows_whatsapp(channel: Channel) -> bool:
    """Whether the SMS is what a recipient gets next who cannot be reached by WhatsApp."""
    order = _PREFERENCE[channel]
    return order[:2] == (Medium.WHATSAPP, Medium.SMS)


def first_medium(channel: Channel, addresses: Addresses) -> Medium | None:
    """The medium a contact is tried on first; None when no address is usable."""
    return next((medium for medium in _PREFERENCE[channel] if getattr(addresses, medium)), None)


def next_medium(channel: Channel, refused: Medium, addresses: Addresses) -> Medium | None:
    """The medium after a definitive refusal on `refused`; None when the cascade ends there.

    Never both: `SMS / Email` chooses once, at freezing, and does not come here again.
    """
    if not falls_back(channel):
        return None
    order = _PREFERENCE[channel]
    remaining = order[order.index(refused) + 1 :]
    return next((medium for medium in remaining if getattr(addresses, medium)), None)
