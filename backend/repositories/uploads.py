"""Files that users uploaded and that no campaign holds yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlmodel import Session

from backend.models import Upload, table_of

_upload = table_of(Upload)


def find(session: Session, upload_id: int, user_id: int) -> Upload | None:
    """An upload of this user's."""
    found = session.get(Upload, upload_id)
    return found if found is not None and found.created_by_id == user_id else None


def waiting_bytes(session: Session, user_id: int) -> int:
    """How much a user uploaded that no campaign holds yet."""
    total = select(func.coalesce(func.sum(_upload.c.size_bytes), 0)).where(_upload.c.created_by_id == user_id)
    return int(session.execute(total).scalar_one())


def take(session: Session, upload_ids: Collection[int], user_id: int) -> dict[int, Upload]:
    """Take a user's uploads out of the table, by id: whoever comes second gets none of them."""
    if not upload_ids:
        return {}
    taken = delete(Upload).where(_upload.c.id.in_(upload_ids), _upload.c.created_by_id == user_id).returning(Upload)
    rows = session.execute(taken, execution_options={"synchronize_session": False}).scalars().all()
    return {row.id or 0: row for row in rows}


def has_older(session: Session, before: datetime) -> bool:
    """Whether any upload was made before a moment."""
    return session.execute(select(_upload.c.id).where(_upload.c.created_at < before).limit(1)).first() is not None


def drop_old(session: Session, before: datetime, limit: int) -> Sequence[str]:
    """Forget uploads of before a moment; gives the hashes of their content."""
    old = select(_upload.c.id).where(_upload.c.created_at < before).order_by(_upload.c.created_at).limit(limit)
    dropped = delete(_upload).where(_upload.c.id.in_(old), _upload.c.created_at < before).returning(_upload.c.sha256)
    return list(session.execute(dropped).scalars())
