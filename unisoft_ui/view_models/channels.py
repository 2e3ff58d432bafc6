"""How channels and media look: word, Radix colour scale, Lucide icons."""

from __future__ import annotations

from dataclasses import dataclass

from backend.domain.channels import Channel, Medium
from unisoft_ui.texts import campaigns as texts

ICONS = {Medium.EMAIL: "mail", Medium.SMS: "message-square-text", Medium.WHATSAPP: "message-circle"}
_SCHEMES = {
    Channel.EMAIL: "blue",
    Channel.SMS: "violet",
    Channel.WHATSAPP: "green",
    Channel.WHATSAPP_SMS: "teal",
    Channel.SMS_EMAIL: "plum",
    Channel.WHATSAPP_SMS_EMAIL: "teal",
}
_TAG_ICON = {
    Channel.EMAIL: Medium.EMAIL,
    Channel.SMS: Medium.SMS,
    Channel.WHATSAPP: Medium.WHATSAPP,
    Channel.WHATSAPP_SMS: Medium.WHATSAPP,
    Channel.SMS_EMAIL: Medium.SMS,
    Channel.WHATSAPP_SMS_EMAIL: Medium.WHATSAPP,
}


@dataclass(frozen=True)
class ChannelTag:
    """A coloured tag."""

    label: str = ""
    scheme: str = "gray"
    icon: str = ""


def channel_tag(channel: Channel) -> ChannelTag:
    """The tag of a channel, as lists and dialogs show it."""
    return ChannelTag(texts.CHANNELS[channel], _SCHEMES[channel], ICONS[_TAG_ICON[channel]])
