"""The recipients as a tutorial's application has them: one row each, through an ORM.

Imported in the peers' environment as well, which knows nothing of the product.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Engine, create_engine, event, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    """What the application maps."""


class Recipient(Base):
    """Somebody to be sent to, and what became of it."""

    __tablename__ = "peer_recipient"

    id: Mapped[int] = mapped_column(primary_key=True)
    mobile: Mapped[str]
    body: Mapped[str]
    status: Mapped[str] = mapped_column(default="pending")
    sid: Mapped[str | None]
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


def build_engine(url: str) -> Engine:
    """An engine with SQLAlchemy's own pool."""
    if not url.startswith("sqlite"):
        return create_engine(url)
    engine = create_engine(url, connect_args={"timeout": 30})
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def fill(engine: Engine, messages: Iterable[tuple[int, str, str]]) -> None:
    """Begin with a new table of `(id, mobile, body)`."""
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.execute(insert(Recipient), [{"id": id_, "mobile": to, "body": body} for id_, to, body in messages])
        session.commit()


def all_sent(engine: Engine) -> bool:
    """Whether every row says so. Begins with the last one: asking often shall not slow those who send."""
    last_unsent = select(Recipient.id).where(Recipient.sent_at.is_(None)).order_by(Recipient.id.desc()).limit(1)
    with Session(engine) as session:
        return session.scalar(last_unsent) is None


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # As the product opens it.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
