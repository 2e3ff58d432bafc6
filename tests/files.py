"""Small files of every kind, for tests: as much of each as tells what it is."""

from __future__ import annotations

import io
import zipfile

from backend.services.demo.files import demo_document

PDF_FILE = demo_document("Service times.pdf")
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 40
GIF = b"GIF89a" + b"\x00" * 40
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 " + b"\x00" * 40
MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + b"\x00" * 40
MOV = b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  " + b"\x00" * 40
OLD_MOV = b"\x00\x00\x00\x6cmoov" + b"\x00" * 100
WEBM = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82\x84webm" + b"\x00" * 40
MKV = b"\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82\x88matroska" + b"\x00" * 40
AVI = b"RIFF\x24\x00\x00\x00AVI LIST" + b"\x00" * 40
MPEG = b"\x00\x00\x01\xba" + b"\x44" * 40
WMV = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + b"\x00" * 40
OGV = b"OggS" + b"\x00" * 24 + b"\x80theora" + b"\x00" * 40


def zipped(parts: dict[str, bytes]) -> bytes:
    """An archive of these parts."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def ole(*streams: str) -> bytes:
    """As much of an older office document as names its streams."""
    entries = b"".join((name + "\0").encode("utf-16-le").ljust(128, b"\0") for name in ("Root Entry", *streams))
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + entries
