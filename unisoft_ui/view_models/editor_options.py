"""The choices of the editor, in words."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from backend.domain.channels import media_of
from backend.domain.editor_options import CategoryChoice, ChannelOffer
from unisoft_ui.texts import campaigns, number
from unisoft_ui.texts import editor as texts
from unisoft_ui.view_models.channels import ICONS


@dataclass(frozen=True)
class ChannelCard:
    """A channel to pick; `why` says what is missing when it cannot be."""

    code: str
    label: str
    icons: list[str]
    offered: bool
    why: str


@dataclass(frozen=True)
class CategoryChip:
    """A category to tick. `id` is text, as a form sends it."""

    id: str
    name: str
    count: str
    chosen: bool


def channel_card(offer: ChannelOffer) -> ChannelCard:
    """One of the six cards."""
    return ChannelCard(
        code=offer.channel.value,
        label=campaigns.CHANNELS[offer.channel],
        icons=[ICONS[medium] for medium in media_of(offer.channel)],
        offered=not offer.missing,
        why=" ".join(texts.NOT_OFFERED[reason] for reason in offer.missing),
    )


def category_chip(choice: CategoryChoice, chosen: Collection[int]) -> CategoryChip:
    """One of the chips; `chosen` are the ids of the ticked ones."""
    return CategoryChip(str(choice.id), choice.name, number(choice.contact_count), choice.id in chosen)
