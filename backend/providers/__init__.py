"""The vendors, one folder each, behind the protocols of `base`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from backend.domain.channels import Medium

if TYPE_CHECKING:
    from backend.domain.vendors.vocabulary import Vendor
    from backend.providers.base import MessageSender
    from backend.settings import Settings


def vendor_of(settings: Settings, medium: Medium) -> Vendor:
    """Who carries what is sent on a medium now; what was sent before knows its own provider."""
    if medium is Medium.EMAIL:
        return "sendgrid"
    return "whatsapp" if medium is Medium.WHATSAPP and settings.has_whatsapp_gateway else "twilio"


def open_sender(settings: Settings, medium: Medium, vendor: Vendor | None = None) -> MessageSender:
    """The sender of one medium, at whoever carries it now or at `vendor`. Open and close it inside the running loop.

    Raises:
        ConfigurationError: the medium is not configured; the message names the variable.
    """
    return _OPENERS[vendor or vendor_of(settings, medium)](settings, medium)


# Imported when first needed: the vendors' libraries take a second that pages and commands do without.
def _open_sendgrid(settings: Settings, medium: Medium) -> MessageSender:
    from backend.providers.sendgrid.sender import SendGridSender

    return SendGridSender(settings)


def _open_twilio(settings: Settings, medium: Medium) -> MessageSender:
    from backend.providers.twilio.sender import TwilioSender

    assert medium is not Medium.EMAIL
    return TwilioSender(settings, medium)


def _open_whatsapp(settings: Settings, _medium: Medium) -> MessageSender:
    from backend.providers.whatsapp.sender import GatewaySender

    return GatewaySender(settings)


_OPENERS: Mapping[Vendor, Callable[[Settings, Medium], MessageSender]] = {
    "sendgrid": _open_sendgrid,
    "twilio": _open_twilio,
    "whatsapp": _open_whatsapp,
}


def configured_media(settings: Settings) -> set[Medium]:
    """The media whose credentials and sender are set."""
    media: set[Medium] = set()
    if settings.sendgrid_api_key and settings.sendgrid_from_email:
        media.add(Medium.EMAIL)
    if settings.twilio_account_sid and (settings.twilio_sms_from or settings.twilio_messaging_service_sid):
        media.add(Medium.SMS)
    if settings.has_whatsapp_gateway or (settings.twilio_account_sid and settings.twilio_whatsapp_from):
        media.add(Medium.WHATSAPP)
    return media
