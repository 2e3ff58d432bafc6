"""Who refers to content in the file store, and what lost a reference. The content itself is not touched here."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, exists, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from backend.database import is_postgresql
from backend.models import CampaignFile, DiscardedContent, Upload, table_of
from backend.repositories import locks

_file = table_of(CampaignFile)
_upload = table_of(Upload)
_discarded = table_of(DiscardedContent)


def lock(session: Session, *hashes: str) -> None:
    """Until the end of the transaction nobody else adds a first reference to this content, takes one away, or removes
    it.
    """
    locks.hold(session, {int(sha256[:15], 16) for sha256 in hashes})


def is_referred_to(session: Session, sha256: str) -> bool:
    """Whether any campaign or upload holds this content; one statement, so that a move between them is not missed."""
    held = select(literal(1)).where(_file.c.sha256 == sha256).union_all(
        select(literal(1)).where(_upload.c.sha256 == sha256)
    )  # fmt: skip
    return bool(session.execute(select(exists(held))).scalar())


def discard(session: Session, hashes: Collection[str]) -> None:
    """Note that content lost a reference, in the transaction that took it.

    Under the lock: whoever looks into the content now still sees the reference, and would forget a note made before.
    """
    if not hashes:
        return
    lock(session, *hashes)
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    rows = [{"sha256": sha256} for sha256 in sorted(set(hashes))]
    session.execute(insert(_discarded).on_conflict_do_nothing(), rows)


def discard_of_campaigns(session: Session, campaign_ids: Sequence[int]) -> None:
    """Note the content of campaigns that are about to be erased."""
    held = select(_file.c.sha256).where(_file.c.campaign_id.in_(campaign_ids)).distinct()
    discard(session, list(session.execute(held).scalars()))


def list_discarded(session: Session, limit: int) -> list[str]:
    """Content to look into."""
    return list(session.execute(select(_discarded.c.sha256).limit(limit)).scalars())


def forget_discarded(session: Session, sha256: str) -> None:
    """It has been looked into."""
    session.execute(delete(_discarded).where(_discarded.c.sha256 == sha256))
