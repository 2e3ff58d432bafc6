"""What is known outside the database of how far it got: a file in `DATA_DIR`, and a key in Redis.

The file says when it was written. Restoring a copy of it cannot bring back the moment the file system notes for
its last change, so a file that was restored together with the database is recognised as well.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from backend.logs import get_logger
from backend.repositories.installations import Mark
from backend.settings import Settings

log = get_logger(__name__)

_FILE = "epoch"
_KEY = "unisoft:epoch"
_TIMEOUT_S = 2.0
# Between the moment in the file and its last change lies one fsync.
_COPIED_AFTER_S = 60


class Testimony(NamedTuple):
    """What the witnesses say. `is_copied`: the file was put there by somebody else, so it proves nothing."""

    marks: tuple[Mark, ...]
    is_copied: bool

    def epoch_of(self, lineage: str) -> int | None:
        """The highest epoch that any witness knows of a lineage."""
        return max((mark.epoch for mark in self.marks if mark.lineage == lineage), default=None)


def hear(settings: Settings) -> Testimony:
    """Ask both.

    Raises:
        redis.RedisError: Redis does not answer, and there is no file that could stand for it.
    """
    mark, is_copied = _read_file(settings.data_dir / _FILE)
    try:
        key = _read_key(settings)
    except redis.RedisError:
        if mark is None or is_copied:
            raise
        key = None
    return Testimony(tuple(known for known in (mark, key) if known), is_copied)


def tell(settings: Settings, mark: Mark) -> None:
    """Have both remember a mark that is committed, unless they know a later one. What fails is logged."""
    path = settings.data_dir / _FILE
    try:
        if _is_news(mark, _read_file(path)[0]):
            _write_file(path, mark)
    except OSError as error:
        log.warning("witness_not_written", witness="file", error=type(error).__name__)
    try:
        if settings.redis_url and _is_news(mark, _read_key(settings)):
            _client(settings.redis_url).set(_KEY, f"{mark.lineage}:{mark.epoch}")
    except redis.RedisError as error:
        log.warning("witness_not_written", witness="redis", error=type(error).__name__)


def _is_news(mark: Mark, known: Mark | None) -> bool:
    return known is None or known.lineage != mark.lineage or known.epoch < mark.epoch


def _write_file(path: Path, mark: Mark) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{_FILE}.{os.getpid()}")
    try:
        with draft.open("w") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(f"{mark.lineage}:{mark.epoch}:{os.fstat(file.fileno()).st_ctime:.0f}\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _read_file(path: Path) -> tuple[Mark | None, bool]:
    with suppress(OSError, ValueError), path.open() as file:
        lineage, epoch, written_s = file.read(200).split(":")
        found = os.fstat(file.fileno())
        if not found.st_nlink:  # replaced while it was read, which is a change as well
            return _read_file(path)
        is_copied = abs(found.st_ctime - int(written_s)) > _COPIED_AFTER_S
        return Mark(lineage, int(epoch)), is_copied
    return None, False


def _read_key(settings: Settings) -> Mark | None:
    if settings.redis_url:
        with suppress(ValueError):
            stored = cast("bytes | None", _client(settings.redis_url).get(_KEY))
            lineage, epoch = (stored or b"").decode().split(":")
            return Mark(lineage, int(epoch))
    return None


@lru_cache(maxsize=1)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S, retry=Retry(NoBackoff(), 0)
    )
