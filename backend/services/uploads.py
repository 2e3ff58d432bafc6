"""Take files from users: in pieces, judged by their content, held for a day until a campaign is saved with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from backend.database import reading, unit_of_work
from backend.domain.additional_content import ContentFile
from backend.domain.file_names import clean_name
from backend.domain.file_types import FileKind, FileType, UnknownTypeError, looks_like_video, recognise
from backend.domain.rights import Right
from backend.errors import ForbiddenError, InvalidInputError
from backend.file_store import IncomingFile, get_file_store, megabytes
from backend.logs import get_logger
from backend.models import Upload
from backend.repositories import file_contents, uploads
from backend.services.acting import ActingUser
from backend.settings import Settings, get_settings

log = get_logger(__name__)

_HEAD_BYTES = 64
_LONGEST_REF = 12
_MOST_WAITING = 10
"""Videos of the largest size that one user may have uploaded without a campaign that holds them."""


@dataclass(frozen=True, slots=True)
class StoredUpload:
    """`ref` names it in forms ("u12"); it is good for this user only, and for a day."""

    ref: str
    name: str
    kind: FileKind
    size_bytes: int
    content_type: str


class ReceivingFile:
    """One file on its way in: `write` each piece, then `finish`; `abandon` it where that does not come."""

    def __init__(self, actor: ActingUser, name: str) -> None:
        """Raise `ForbiddenError` without the right `campaigns.edit`, `InvalidInputError` when too much waits."""
        actor.require(Right.CAMPAIGNS_EDIT)
        if actor.id is None:
            raise ForbiddenError(right=Right.CAMPAIGNS_EDIT.value)
        self._user_id = actor.id
        self._name = name
        self._settings = get_settings()
        _check_waiting(self._settings, self._user_id)
        self._head = b""
        self._incoming: IncomingFile = get_file_store().receive()

    def write(self, piece: bytes) -> None:
        """Raise `InvalidInputError` as soon as it is larger than its kind may be."""
        if len(self._head) < _HEAD_BYTES:
            self._head += piece[: _HEAD_BYTES - len(self._head)]
        self._incoming.write(piece)
        kind = FileKind.VIDEO if looks_like_video(self._head) else FileKind.DOCUMENT
        _check_size(self._settings, kind, self._incoming.size_bytes)

    def finish(self) -> StoredUpload:
        """Judge what arrived, and keep it.

        Raises:
            InvalidInputError: `field="files"`; nothing of it stays.
        """
        try:
            self._incoming.close()
            found, name = self._judged()
            _check_size(self._settings, found.kind, self._incoming.size_bytes)
            stored = self._stored(found, name)
        except BaseException:
            self.abandon()
            raise
        get_file_store().keep(self._incoming)  # after the commit: `services.file_contents` says why
        log.info("file_uploaded", kind=stored.kind.value, size_bytes=stored.size_bytes)
        return stored

    def abandon(self) -> None:
        """Forget what arrived."""
        self._incoming.discard()

    def _judged(self) -> tuple[FileType, str]:
        try:
            with self._incoming.reopen() as content:
                found = recognise(content)
            return found, clean_name(self._name, found)
        except UnknownTypeError as error:
            raise InvalidInputError(code=error.code, field="files") from None

    def _stored(self, found: FileType, name: str) -> StoredUpload:
        with unit_of_work() as session:
            file_contents.lock(session, self._incoming.sha256)
            row = Upload(
                sha256=self._incoming.sha256,
                size_bytes=self._incoming.size_bytes,
                kind=found.kind,
                name=name,
                content_type=found.content_type,
                created_by_id=self._user_id,
            )
            session.add(row)
            session.flush()
            return _as_stored(row)


def store_upload(actor: ActingUser, name: str, chunks: Iterable[bytes]) -> StoredUpload:
    """Take a whole file.

    Raises:
        ForbiddenError: without the right `campaigns.edit`.
        InvalidInputError: `field="files"`; `code`: `file_empty`, `file_type`, `file_macros`, `file_damaged`,
            `document_too_large`, `video_too_large` (`limit_mb`) or `too_many_uploads`.
    """
    receiving = ReceivingFile(actor, name)
    try:
        for chunk in chunks:
            receiving.write(chunk)
    except BaseException:
        receiving.abandon()
        raise
    return receiving.finish()


def find_upload(actor: ActingUser, ref: str) -> ContentFile | None:
    """An upload of this user's own, by its ref; None for anything else."""
    actor.require(Right.CAMPAIGNS_EDIT)
    upload_id = id_in(ref, "u")
    if upload_id is None or actor.id is None:
        return None
    with reading() as session:
        row = uploads.find(session, upload_id, actor.id)
        return ContentFile(ref, row.kind, row.name, row.content_type, row.size_bytes, row.sha256) if row else None


def id_in(ref: str, letter: str) -> int | None:
    """The number of a ref that begins with a letter; None for anything else. A ref comes from outside."""
    digits = ref[1:]
    is_one = ref[:1] == letter and len(ref) <= _LONGEST_REF and digits.isascii() and digits.isdigit()
    number = int(digits) if is_one else 0
    return number if 0 < number < 1 << 31 else None


def _as_stored(row: Upload) -> StoredUpload:
    return StoredUpload(f"u{row.id}", row.name, row.kind, row.size_bytes, row.content_type)


def _check_size(settings: Settings, kind: FileKind, size_bytes: int) -> None:
    limit_mb = settings.video_max_mb if kind is FileKind.VIDEO else settings.document_max_mb
    if size_bytes > megabytes(limit_mb):
        raise InvalidInputError(code=f"{kind.value}_too_large", field="files", limit_mb=limit_mb)


def _check_waiting(settings: Settings, user_id: int) -> None:
    with reading() as session:
        waiting = uploads.waiting_bytes(session, user_id)
    if waiting > megabytes(max(settings.video_max_mb, settings.document_max_mb)) * _MOST_WAITING:
        raise InvalidInputError(code="too_many_uploads", field="files")
