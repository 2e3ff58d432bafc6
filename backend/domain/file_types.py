"""What an uploaded file is, judged by its content. Its name is never believed.

Sources: the signatures that each format's specification begins with; ISO 14496-12 for brands (`ftyp`), ECMA-376 and
ODF 1.3 part 2 for what is inside the ZIP of an office document, [MS-CFB] for the older ones.
"""

from __future__ import annotations

import codecs
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

import puremagic

_HEAD_BYTES = 4096
_CHUNK_BYTES = 1 << 20
_MOST_PARTS = 5_000
_TAIL = 64


class FileKind(StrEnum):
    """What an attached file is, judged by its content."""

    DOCUMENT = "document"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class FileType:
    """`extensions`: those a name may end with, the usual one first."""

    kind: FileKind
    content_type: str
    extensions: tuple[str, ...]


class UnknownTypeError(Exception):
    """The content is none of what we take; `code` says what is wrong with it."""

    def __init__(self, code: str = "file_type") -> None:
        super().__init__(code)
        self.code = code


def _document(content_type: str, *extensions: str) -> FileType:
    return FileType(FileKind.DOCUMENT, content_type, extensions)


def _video(content_type: str, *extensions: str) -> FileType:
    return FileType(FileKind.VIDEO, content_type, extensions)


_OOXML = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"
TEXT = _document("text/plain", "txt", "csv")
PDF = _document("application/pdf", "pdf")
_SIGNATURES: tuple[tuple[int, bytes, FileType], ...] = (
    (0, b"%PDF-", PDF),
    (0, b"\x89PNG\r\n\x1a\n", _document("image/png", "png")),
    (0, b"\xff\xd8\xff", _document("image/jpeg", "jpg", "jpeg")),
    (0, b"GIF87a", _document("image/gif", "gif")),
    (0, b"GIF89a", _document("image/gif", "gif")),
    (8, b"WEBP", _document("image/webp", "webp")),
    (8, b"AVI LIST", _video("video/x-msvideo", "avi")),
    (0, b"\x00\x00\x01\xba", _video("video/mpeg", "mpg", "mpeg")),
    (0, bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"), _video("video/x-ms-wmv", "wmv", "asf")),
    (28, b"\x80theora", _video("video/ogg", "ogv", "ogg")),
)
_BEGINS = {8: b"RIFF", 28: b"OggS"}
"""What has to stand at the start when a signature stands further on."""

_MP4, _MOV = _video("video/mp4", "mp4", "m4v"), _video("video/quicktime", "mov")
_OTHER_BRANDS = (b"M4A", b"M4B", b"M4P", b"hei", b"hev", b"mif", b"msf", b"avi", b"cr", b"jp", b"F4A")
"""Sound, pictures and books share the container of MP4."""

_OFFICE = {
    "word/": _document(f"{_OOXML}.wordprocessingml.document", "docx"),
    "xl/": _document(f"{_OOXML}.spreadsheetml.sheet", "xlsx"),
    "ppt/": _document(f"{_OOXML}.presentationml.presentation", "pptx"),
}
_OPEN = {
    f"{_ODF}.{word}".encode(): _document(f"{_ODF}.{word}", extension)
    for word, extension in (("text", "odt"), ("spreadsheet", "ods"), ("presentation", "odp"))
}
_OLD_OFFICE = {
    "WordDocument": _document("application/msword", "doc"),
    "Workbook": _document("application/vnd.ms-excel", "xls"),
    "PowerPoint Document": _document("application/vnd.ms-powerpoint", "ppt"),
}
ALL_TYPES = tuple(
    dict.fromkeys([
        TEXT, *(found for _, _, found in _SIGNATURES), _MP4, _MOV,
        *_OFFICE.values(), *_OPEN.values(), *_OLD_OFFICE.values(),
        _video("video/webm", "webm"), _video("video/x-matroska", "mkv"),
    ])
)  # fmt: skip
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PAGE_MARKS = (b"<!doctype", b"<html", b"<svg", b"<script", b"<?xml", b"<?php", b"<iframe")
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\r\f\x1a")


def looks_like_video(head: bytes) -> bool:
    """Whether the first bytes promise a video: decides which limit of size holds while the rest arrives."""
    found = _by_signature(head) or _by_box(head) or _by_ebml(head)
    return found is not None and found.kind is FileKind.VIDEO


def recognise(content: BinaryIO) -> FileType:
    """The type of a whole file, which can be sought in; read in pieces.

    Raises:
        UnknownTypeError: `file_empty`, `file_type`, `file_macros` or `file_damaged`.
    """
    content.seek(0)
    head = content.read(_HEAD_BYTES)
    if not head:
        raise UnknownTypeError("file_empty")
    found = _by_signature(head) or _by_box(head) or _by_ebml(head)
    if found:
        return found
    if head.startswith(b"PK\x03\x04"):
        return _in_zip(content)
    if head.startswith(_OLE):
        return _in_old_office(content)
    return _as_text(content, head)


def _by_signature(head: bytes) -> FileType | None:
    for offset, signature, found in _SIGNATURES:
        if head.startswith(signature, offset) and head.startswith(_BEGINS.get(offset, b"")):
            return found
    return None


def _by_box(head: bytes) -> FileType | None:
    """MP4 and QuickTime begin with a box: four bytes of length, four letters."""
    name, brand = head[4:8], head[8:12]
    if name in {b"moov", b"mdat", b"wide"} and head[0] == 0:
        return _MOV
    if name != b"ftyp" or brand.startswith(_OTHER_BRANDS):
        return None
    return _MOV if brand == b"qt  " else _MP4


def _by_ebml(head: bytes) -> FileType | None:
    if not head.startswith(b"\x1a\x45\xdf\xa3"):
        return None
    if b"webm" in head[:64]:
        return _video("video/webm", "webm")
    return _video("video/x-matroska", "mkv") if b"matroska" in head[:64] else None


def _in_zip(content: BinaryIO) -> FileType:
    """Office documents are ZIP archives; any other archive is refused. Nothing is unpacked but a short name."""
    try:
        with zipfile.ZipFile(content) as archive:
            names = [part.filename for part in archive.infolist()]
            if len(names) > _MOST_PARTS:
                raise UnknownTypeError
            if any(name.lower().endswith(("vbaproject.bin", ".exe", ".dll")) or "Basic/" in name for name in names):
                raise UnknownTypeError("file_macros")
            return _office_type(archive, names)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError):
        raise UnknownTypeError("file_damaged") from None


def _office_type(archive: zipfile.ZipFile, names: list[str]) -> FileType:
    if "[Content_Types].xml" in names:
        for folder, found in _OFFICE.items():
            if any(name.startswith(folder) for name in names):
                return found
    if "mimetype" in names:
        with archive.open("mimetype") as part:
            found = _OPEN.get(part.read(128).strip())
        if found:
            return found
    raise UnknownTypeError


def _in_old_office(content: BinaryIO) -> FileType:
    """The names of the streams, in UTF-16, say whose file it is."""
    seen: set[str] = set()
    names = (*_OLD_OFFICE, "_VBA_PROJECT", "Macros")
    for piece in _pieces(content):
        seen.update(name for name in names if (name + "\0").encode("utf-16-le") in piece)
    if seen & {"_VBA_PROJECT", "Macros"}:
        raise UnknownTypeError("file_macros")
    for name, found in _OLD_OFFICE.items():
        if name in seen:
            return found
    raise UnknownTypeError


def _pieces(content: BinaryIO) -> Iterator[bytes]:
    """The content, each piece with the end of the one before."""
    content.seek(0)
    tail = b""
    while chunk := content.read(_CHUNK_BYTES):
        yield tail + chunk
        tail = chunk[-_TAIL:]


def _as_text(content: BinaryIO, head: bytes) -> FileType:
    """Plain text in UTF-8, and no page, drawing or script that a program would run by its beginning."""
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if start.startswith((b"#!", b"<", b"%!", b"{\\rtf", b"MZ")) or _is_known_format(head):
        raise UnknownTypeError
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in _pieces(content):
            lowered = piece.lower()
            if not _CONTROLS.isdisjoint(piece) or any(mark in lowered for mark in _PAGE_MARKS):
                raise UnknownTypeError
        content.seek(0)
        while chunk := content.read(_CHUNK_BYTES):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise UnknownTypeError from None
    return TEXT


def _is_known_format(head: bytes) -> bool:
    """Whether a library of signatures is sure that this is something else."""
    try:
        return any(found.confidence >= 0.8 for found in puremagic.magic_string(head))
    except (puremagic.PureError, ValueError):
        return False
