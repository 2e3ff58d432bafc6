"""The life of content: it stays in the store while anything refers to it, and leaves it afterwards.

**The race.** Content is stored once, so the removal of the last reference can meet a new upload of the same bytes.
Both take the lock of that content (`repositories.file_contents.lock`) for a short transaction:

- *An upload* inserts its row under the lock and commits; **then** it looks whether the content is in the store, and
  moves its own copy there when it is not.
- *A removal* asks under the lock whether anything refers to the content, and removes it **before** it gives the lock
  back.
- *What takes a reference away* notes so under the lock, until its commit: a removal is over before, and this note is
  new, or it asks after the reference has gone.

So either the upload's row is there first, and the removal sees it and removes nothing; or the removal is over first,
and the upload, which looks afterwards, finds nothing and brings its own copy. No third order exists, because the row
is never inserted while a removal is between its question and its end. An upload that dies between its commit and
its move was never answered, so nobody holds its name; its row goes after a day.

What lost a reference is written down in the transaction that took it (`discarded_content`), so neither a crash nor a
store that is away leaves content behind: the scheduler looks into what was noted.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from backend import clock
from backend.database import after_commit, reading, unit_of_work
from backend.file_store import FileStore, get_file_store
from backend.logs import brief, get_logger
from backend.repositories import file_contents, uploads

log = get_logger(__name__)

_BATCH = 100
_KEPT = timedelta(days=1)
_SWEEP_EVERY_S = 3_600.0
_last_sweep: list[float] = []


def discard(session: Session, hashes: Sequence[str]) -> None:
    """Content lost a reference in this transaction: after its commit it leaves the store, unless another holds it."""
    if hashes:
        file_contents.discard(session, hashes)
        after_commit(session, remove_discarded)


def remove_discarded() -> int:
    """Look into what lost a reference; gives how much left the store. Safe to repeat, and for several at once."""
    with reading() as session:
        hashes = file_contents.list_discarded(session, _BATCH)
    store, removed = get_file_store() if hashes else None, 0
    for sha256 in hashes:
        assert store is not None
        try:
            removed += _remove_unless_held(store, sha256)
        except OSError as error:  # the store is away: it stays noted
            log.warning("content_not_removed", error=brief(error))
            break
    return removed


def _remove_unless_held(store: FileStore, sha256: str) -> bool:
    with unit_of_work() as session:
        file_contents.lock(session, sha256)
        held = file_contents.is_referred_to(session, sha256)
        if not held:
            store.remove(sha256)  # inside the lock: see above
        file_contents.forget_discarded(session, sha256)
    return not held


def sweep() -> int:
    """Forget uploads that no campaign took within a day, and what never arrived whole; gives how many uploads."""
    before = clock.now() - _KEPT
    dropped = _drop_old(before)
    remove_discarded()
    if not _last_sweep or time.monotonic() - _last_sweep[0] >= _SWEEP_EVERY_S:
        _last_sweep[:] = [time.monotonic()]
        get_file_store().sweep_incoming(before)
    return dropped


def _drop_old(before: datetime) -> int:
    with reading() as session:
        if not uploads.has_older(session, before):
            return 0
    with unit_of_work() as session:
        dropped = uploads.drop_old(session, before, _BATCH)
        file_contents.discard(session, dropped)
    return len(dropped)
