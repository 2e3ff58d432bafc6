"""The addresses by which recipients open files and links; the address is all that is needed."""

from __future__ import annotations

from backend.domain.additional_content import short_url
from backend.domain.short_links import ItemKind, ShortLink, code_of
from backend.settings import Settings
from backend.signing import sign


def file_url(settings: Settings, file_id: int) -> str:
    """Where a campaign's file can be fetched by whoever was given this address."""
    return f"{settings.origin}{file_path(settings, file_id)}"


def recipient_url(settings: Settings, kind: ItemKind, item_id: int, recipient_id: int) -> str:
    """The short link of one recipient to a link or file of a campaign."""
    return short_url(settings.origin, code_of(ShortLink(kind, item_id, recipient_id), settings.signing_key))


def file_path(settings: Settings, file_id: int) -> str:
    """As `file_url`, without the origin."""
    return f"/f/{file_id}-{file_signature(settings, file_id)}"


def file_signature(settings: Settings, file_id: int) -> str:
    """What the address of a file carries beside its number."""
    return sign(settings.signing_key, f"file:{file_id}").hex()[:24]
