"""Where the content of documents and videos lives: a folder, or whatever fsspec reaches (S3-compatible with s3fs).

Addressed by SHA-256 and stored once, as `ab/cdef…`. What arrives is written beside it first, in pieces, and moved
into its place when it is whole: nobody ever reads half a file. The store knows nothing of who refers to content;
`backend/services/file_contents.py` does.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from datetime import datetime
from functools import lru_cache
from typing import Any, BinaryIO, cast

import fsspec

from backend.errors import ConfigurationError
from backend.logs import brief, get_logger
from backend.settings import Settings, get_settings

log = get_logger(__name__)

_INCOMING = "incoming"


class FileStore:
    """Safe for several threads and processes. Every method blocks, and may raise `OSError`."""

    def __init__(self, settings: Settings) -> None:
        try:
            found = fsspec.core.url_to_fs(settings.files_url)
        except (ImportError, ValueError, TypeError) as error:
            raise ConfigurationError(f"FILE_STORE_URL: {brief(error)}") from error
        self._files: Any = found[0]
        self._root = str(found[1]).rstrip("/")

    def receive(self) -> IncomingFile:
        """Begin to write content whose SHA-256 is not known yet."""
        path = f"{self._root}/{_INCOMING}/{secrets.token_hex(16)}"
        self._files.makedirs(f"{self._root}/{_INCOMING}", exist_ok=True)
        return IncomingFile(self._files, path)

    def keep(self, incoming: IncomingFile) -> None:
        """Move what arrived into its place, or drop it where the same content lies there already."""
        path = self._path(incoming.sha256)
        if self._files.exists(path):
            incoming.discard()
            return
        self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
        self._files.mv(incoming.path, path)  # twice at the same moment: the second replaces it with the same

    def open(self, sha256: str) -> BinaryIO:
        """The content, from its start; it can be sought in.

        Raises:
            FileNotFoundError: it is not here.
        """
        return cast("BinaryIO", self._files.open(self._path(sha256), "rb"))

    def exists(self, sha256: str) -> bool:
        return bool(self._files.exists(self._path(sha256)))

    def remove(self, sha256: str) -> None:
        """Remove content for good. Safe to call twice."""
        with contextlib.suppress(FileNotFoundError):
            self._files.rm_file(self._path(sha256))

    def sweep_incoming(self, before: datetime) -> int:
        """Remove what began to arrive before a moment and never became whole; gives how many."""
        folder, removed = f"{self._root}/{_INCOMING}", 0
        if not self._files.exists(folder):
            return 0
        for path in self._files.ls(folder, detail=False):
            with contextlib.suppress(FileNotFoundError):
                if self._files.modified(path).astimezone(before.tzinfo) < before:
                    self._files.rm_file(path)
                    removed += 1
        return removed

    def _path(self, sha256: str) -> str:
        if len(sha256) != 64 or not sha256.isascii() or not sha256.isalnum():
            raise FileNotFoundError(sha256)  # a path from elsewhere never gets this far
        return f"{self._root}/{sha256[:2]}/{sha256[2:]}"


class IncomingFile:
    """Content on its way in: `write` pieces, then `close`; then keep it or discard it. For one thread at a time."""

    def __init__(self, files: Any, path: str) -> None:
        self.path = path
        self.size_bytes = 0
        self._files = files
        self._hash = hashlib.sha256()
        self._file: Any = files.open(path, "wb")

    @property
    def sha256(self) -> str:
        """Of what was written so far, in hexadecimal."""
        return self._hash.hexdigest()

    def write(self, piece: bytes) -> None:
        self._hash.update(piece)
        self.size_bytes += len(piece)
        self._file.write(piece)

    def close(self) -> None:
        """Everything is there: make sure that it is on the disk."""
        if hasattr(self._file, "fileno"):
            self._file.flush()
            with contextlib.suppress(OSError):
                os.fsync(self._file.fileno())
        self._file.close()

    def reopen(self) -> BinaryIO:
        """What arrived, to look into it."""
        return cast("BinaryIO", self._files.open(self.path, "rb"))

    def discard(self) -> None:
        """Forget it. Its failure is logged: the sweep finds what stays."""
        try:
            self._file.close()
            self._files.rm_file(self.path)
        except FileNotFoundError:
            pass
        except OSError as error:
            log.warning("incoming_file_stays", error=brief(error))


@lru_cache(maxsize=1)
def _store_at(settings_url: str) -> FileStore:
    del settings_url  # the key: another address is another store
    return FileStore(get_settings())


def get_file_store() -> FileStore:
    """The store of this process."""
    return _store_at(get_settings().files_url)


def megabytes(number: int) -> int:
    """Bytes of the megabytes that the settings speak of."""
    return number * 1024 * 1024
