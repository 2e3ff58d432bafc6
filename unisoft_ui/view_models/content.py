"""Links and files of a campaign as the editor's rows."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from backend.domain.additional_content import ContentFile, ContentLink, host_of
from backend.domain.file_types import FileKind
from unisoft_ui.texts import content as texts


@dataclass(frozen=True)
class LinkLine:
    """`key` is this row's own as long as the page is open. `editing`: its fields are shown."""

    key: str
    url: str = ""
    title: str = ""
    name: str = texts.NEW_LINK
    address: str = ""
    edit_label: str = ""
    remove_label: str = texts.remove(texts.NEW_LINK)
    editing: bool = False
    error: str = ""


@dataclass(frozen=True)
class FileLine:
    """`ref` names the file in the form."""

    ref: str
    name: str
    size: str
    note: str
    icon: str
    remove_label: str


def link_line(key: str, url: str, title: str) -> LinkLine:
    """A link as it is read: its title, and where it leads."""
    name = title or host_of(url)
    return LinkLine(
        key=key,
        url=url,
        title=title,
        name=name,
        address=_address(url) if title else _address(url).removeprefix(name),
        edit_label=texts.edit_link(name),
        remove_label=texts.remove(name),
    )


def stored_link_line(key: str, link: ContentLink) -> LinkLine:
    return link_line(key, link.url, link.title)


def _address(url: str) -> str:
    """Without what says nothing to people: scheme, "www." and a slash at the end."""
    parts = urlsplit(url)
    return f"{host_of(url)}{parts.path}{'?' if parts.query else ''}{parts.query}".rstrip("/")


def file_line(file: ContentFile) -> FileLine:
    is_video = file.kind is FileKind.VIDEO
    return FileLine(
        ref=file.ref,
        name=file.name,
        size=texts.size(file.size_bytes),
        note=texts.VIDEO_NOTE if is_video else "",
        icon="video" if is_video else "image" if file.content_type.startswith("image/") else "document",
        remove_label=texts.remove(file.name),
    )
