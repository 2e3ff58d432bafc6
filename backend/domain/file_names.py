"""Names of uploaded files: what is shown, and what a recipient saves them as."""

from __future__ import annotations

import re
import unicodedata

from backend.domain.file_types import ALL_TYPES, TEXT, FileType, UnknownTypeError

LONGEST = 255
_UNNAMED = "file"
_RESERVED = re.compile(r'[<>:"|?*]')
_SUFFIX = re.compile(r"\.([A-Za-z0-9]{1,8})$")
_KNOWN = frozenset(extension for found in ALL_TYPES for extension in found.extensions)
# Direction overrides and isolates let "exe.pdf" be read as "fdp.exe"; the others are not to be seen at all.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def clean_name(given: str, found: FileType) -> str:
    """The name without folders and unseen characters, with an ending that the content agrees with.

    Raises:
        UnknownTypeError: `file_type`; a text whose name says that it is a program or a page.
    """
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    name = "".join(character for character in name if unicodedata.category(character) not in _HIDDEN)
    name = " ".join(_RESERVED.sub(" ", name).split()).strip(". ") or _UNNAMED
    return _shortened(*_split(name, found))


def _split(name: str, found: FileType) -> tuple[str, str]:
    suffix = _SUFFIX.search(name)
    extension = suffix[1].lower() if suffix else ""
    stem = name[: suffix.start()] if suffix else name
    if extension in found.extensions:
        return stem or _UNNAMED, extension
    if found is TEXT and extension:
        raise UnknownTypeError
    if extension in _KNOWN:
        return stem or _UNNAMED, found.extensions[0]
    return name, found.extensions[0]


def _shortened(stem: str, extension: str) -> str:
    return f"{stem[: LONGEST - len(extension) - 1].rstrip('. ') or _UNNAMED}.{extension}"
