"""The links and files of campaigns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from backend.models import CampaignFile, CampaignLink, table_of

_link = table_of(CampaignLink)
_file = table_of(CampaignFile)


def links_of(session: Session, campaign_id: int) -> Sequence[CampaignLink]:
    """In their order."""
    query = select(CampaignLink).where(col(CampaignLink.campaign_id) == campaign_id)
    return session.execute(query.order_by(col(CampaignLink.position), col(CampaignLink.id))).scalars().all()


def files_of(session: Session, campaign_id: int) -> Sequence[CampaignFile]:
    """In their order."""
    query = select(CampaignFile).where(col(CampaignFile.campaign_id) == campaign_id)
    return session.execute(query.order_by(col(CampaignFile.position), col(CampaignFile.id))).scalars().all()


def replace_links(session: Session, campaign_id: int, links: Sequence[tuple[str, str]]) -> None:
    """Set address and title of every link; nothing is written when they are what they were."""
    if [(link.url, link.title) for link in links_of(session, campaign_id)] == list(links):
        return
    session.execute(delete(_link).where(_link.c.campaign_id == campaign_id))
    session.add_all(
        CampaignLink(campaign_id=campaign_id, url=url, title=title, position=position)
        for position, (url, title) in enumerate(links)
    )
    session.flush()


def place(session: Session, file_id: int, position: int) -> None:
    """Where a file stands in its campaign."""
    session.execute(update(_file).where(_file.c.id == file_id).values(position=position))


def drop_files(session: Session, file_ids: Sequence[int]) -> None:
    """Take files off their campaign; their content stays in the store."""
    session.execute(delete(_file).where(_file.c.id.in_(file_ids)))


class LinkTarget(NamedTuple):
    """Where a short link leads, and whose it is."""

    campaign_id: int
    url: str


def find_link(session: Session, link_id: int) -> LinkTarget | None:
    """The link of a campaign, deleted ones too; None when it was erased."""
    row = session.execute(select(_link.c.campaign_id, _link.c.url).where(_link.c.id == link_id)).first()
    return LinkTarget(*row) if row else None


def find_file(session: Session, file_id: int) -> CampaignFile | None:
    """The file of a campaign, deleted ones too; None when it was erased."""
    return session.get(CampaignFile, file_id)
