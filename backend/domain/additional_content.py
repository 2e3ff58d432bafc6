"""What goes with a message besides its text, and the lines it becomes where nothing can be attached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from backend.domain.channels import Medium
from backend.domain.file_types import FileKind
from backend.domain.short_links import CODE_LENGTH, ItemKind


@dataclass(frozen=True, slots=True)
class ContentLink:
    """A web link of a campaign."""

    id: int
    url: str
    title: str

    @property
    def label(self) -> str:
        """Its title, or where it leads."""
        return self.title or host_of(self.url)


@dataclass(frozen=True, slots=True)
class ContentFile:
    """A document or video of a campaign, or one that a user uploaded. `ref`: "f<id>" or "u<id>"."""

    ref: str
    kind: FileKind
    name: str
    content_type: str
    size_bytes: int
    sha256: str = ""

    @property
    def id(self) -> int:
        """The number in `ref`."""
        return int(self.ref[1:])


@dataclass(frozen=True, slots=True)
class AdditionalContent:
    """Everything that goes with a campaign, in its order: first the links, then the files."""

    links: Sequence[ContentLink] = ()
    files: Sequence[ContentFile] = ()

    def of_kind(self, kind: FileKind) -> list[ContentFile]:
        """The documents, or the videos."""
        return [file for file in self.files if file.kind is kind]


NO_CONTENT = AdditionalContent()


def host_of(url: str) -> str:
    """Where a link leads, for people: without scheme, port and "www."."""
    return (urlsplit(url).hostname or url).removeprefix("www.")


def short_url(origin: str, code: str) -> str:
    """The address of a code."""
    return f"{origin}/l/{code}"


def with_lines(medium: Medium, text: str, content: AdditionalContent, url_of: Callable[[ItemKind, int], str]) -> str:
    """An SMS or a WhatsApp message with its links and files below, a line each.

    Sending and counting both call it, so that what is reserved is what is sent. `text` has its fields filled in
    already: what stands in a title is no field.
    """
    items = [(ItemKind.LINK, link.id, link.label) for link in content.links]
    items += [(ItemKind.FILE, file.id, file.name) for file in content.files]
    named = medium is Medium.WHATSAPP
    lines = [f"{label}: {url_of(kind, id_)}" if named else url_of(kind, id_) for kind, id_, label in items]
    return "\n".join([text, *lines])


def measured(medium: Medium, text: str, content: AdditionalContent, origin: str) -> str:
    """As `with_lines`, with codes of nobody: as long as any other, in the same alphabet."""
    placeholder = short_url(origin, "0" * CODE_LENGTH)
    return with_lines(medium, text, content, lambda _kind, _id: placeholder)
