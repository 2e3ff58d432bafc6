"""The choices of the editor, in words."""

from __future__ import annotations

from dataclasses import dataclass

from backend.domain.channels import Medium, media_of
from backend.domain.editor_options import ChannelOffer
from unisoft_ui.texts import campaigns
from unisoft_ui.texts import editor as texts
from unisoft_ui.view_models.channels import ICONS


@dataclass(frozen=True)
class ChannelCard:
    """A channel to pick; `why` says what is missing when it cannot be. `by_whatsapp`: it needs the connection."""

    code: str
    label: str
    icons: list[str]
    offered: bool
    why: str
    by_whatsapp: bool = False


def channel_card(offer: ChannelOffer) -> ChannelCard:
    """One of the six cards."""
    return ChannelCard(
        code=offer.channel.value,
        label=campaigns.CHANNELS[offer.channel],
        icons=[ICONS[medium] for medium in media_of(offer.channel)],
        offered=not offer.missing,
        why=" ".join(texts.NOT_OFFERED[reason] for reason in offer.missing),
        by_whatsapp=Medium.WHATSAPP in media_of(offer.channel),
    )
