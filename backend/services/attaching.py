"""What an email carries besides its text: documents inside it, links and videos in a list below."""

from __future__ import annotations

import base64
import html
from dataclasses import dataclass
from functools import lru_cache

from backend.domain.additional_content import NO_CONTENT, AdditionalContent
from backend.domain.file_types import FileKind
from backend.file_store import get_file_store
from backend.providers.base import Attachment
from backend.services.public_addresses import file_url
from backend.settings import Settings

_PIECE_BYTES = 3 * 256 * 1024  # a multiple of three: base64 of the pieces is that of the whole
_LIST = '<ul style="list-style: none; margin: 24px 0 0; padding: 16px 0 0; border-top: 1px solid #e0e1e6;">{items}</ul>'
_ITEM = '<li style="margin: 0 0 8px;"><a href="{url}" style="color: #3a5bc7; overflow-wrap: anywhere;">{label}</a></li>'


@dataclass(frozen=True, slots=True)
class Extras:
    """Additional content, and the list of it for an email as HTML and as text ("" when there is none)."""

    content: AdditionalContent = NO_CONTENT
    html: str = ""
    text: str = ""


NO_EXTRAS = Extras()


def extras_of(settings: Settings, content: AdditionalContent) -> Extras:
    """Web links and videos as a list; documents are attached and need no line."""
    items = [(link.label, link.url) for link in content.links]
    items += [(video.name, file_url(settings, video.id)) for video in content.of_kind(FileKind.VIDEO)]
    if not items:
        return Extras(content)
    drawn = "".join(_ITEM.format(url=html.escape(url), label=html.escape(label)) for label, url in items)
    return Extras(content, _LIST.format(items=drawn), "\n".join(f"{label}: {url}" for label, url in items))


def attachments_of(content: AdditionalContent) -> tuple[Attachment, ...]:
    """The documents as they travel. Kept for the next slices of a run: a worker holds those of two campaigns.

    Raises:
        OSError: the store is away, or does not have one of them.
    """
    documents = content.of_kind(FileKind.DOCUMENT)
    return _read(tuple((file.name, file.content_type, file.sha256) for file in documents)) if documents else ()


@lru_cache(maxsize=2)
def _read(documents: tuple[tuple[str, str, str], ...]) -> tuple[Attachment, ...]:
    return tuple(Attachment(name, content_type, _encoded(sha256)) for name, content_type, sha256 in documents)


def _encoded(sha256: str) -> str:
    pieces = []
    with get_file_store().open(sha256) as content:
        while piece := content.read(_PIECE_BYTES):
            pieces.append(base64.b64encode(piece).decode())
    return "".join(pieces)
