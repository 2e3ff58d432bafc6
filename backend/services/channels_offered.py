"""Which channels can be chosen, and why the others cannot."""

from __future__ import annotations

from collections.abc import Collection

from backend.domain.channels import Channel, Medium, media_of
from backend.domain.editor_options import ChannelOffer, NotOffered
from backend.models import Organisation
from backend.providers import configured_media
from backend.settings import Settings

_SENDER_MISSING = {
    Medium.EMAIL: NotOffered.EMAIL_SENDER,
    Medium.SMS: NotOffered.SMS_SENDER,
    Medium.WHATSAPP: NotOffered.WHATSAPP_SENDER,
}


def channels_offered(settings: Settings, organisation: Organisation) -> list[ChannelOffer]:
    """Every channel, in the order they are shown. A channel needs all of its media."""
    configured = configured_media(settings)
    return [ChannelOffer(channel, _missing(channel, configured, organisation)) for channel in Channel]


def _missing(channel: Channel, configured: Collection[Medium], organisation: Organisation) -> list[NotOffered]:
    media = media_of(channel)
    missing = [_SENDER_MISSING[medium] for medium in media if medium not in configured]
    if Medium.SMS in media and not organisation.sms_subscribed:
        missing.append(NotOffered.SMS_SUBSCRIPTION)
    return missing
