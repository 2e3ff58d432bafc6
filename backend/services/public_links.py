"""What recipients open without signing in: short links, which are counted, and files."""

from __future__ import annotations

import hmac

from sqlalchemy.exc import SQLAlchemyError

from backend.database import reading, unit_of_work
from backend.domain.additional_content import ContentFile
from backend.domain.short_links import ItemKind, ShortLink, read_code
from backend.errors import NotFoundError
from backend.logs import get_logger
from backend.repositories import campaign_content
from backend.services.public_addresses import file_path, file_signature
from backend.services.reactions import count_short_link
from backend.services.uploads import id_in
from backend.settings import Settings

log = get_logger(__name__)


def follow(settings: Settings, code: str, *, counted: bool) -> str:
    """Where a short link leads, always to what is stored; `counted`: somebody really opened it.

    Raises:
        NotFoundError: the code is not ours, or its campaign was erased.
    """
    link = read_code(code, settings.signing_key)
    if link is None:
        raise NotFoundError(what="link")
    with reading() as session:
        if link.kind is ItemKind.LINK:
            target = campaign_content.find_link(session, link.item_id)
            found = (target.campaign_id, target.url) if target else None
        else:
            file = campaign_content.find_file(session, link.item_id)
            found = (file.campaign_id, file_path(settings, link.item_id)) if file else None
    if found is None:
        raise NotFoundError(what="link")
    if counted:
        _count(found[0], link)
    return found[1]


def _count(campaign_id: int, link: ShortLink) -> None:
    """A click that cannot be counted is no reason to keep somebody from the page."""
    try:
        with unit_of_work() as session:
            count_short_link(session, campaign_id, link)
    except SQLAlchemyError as error:
        log.warning("click_not_counted", campaign_id=campaign_id, error=type(error).__name__)


def find_file(settings: Settings, token: str) -> ContentFile:
    """The file a token belongs to.

    Raises:
        NotFoundError: the token is not ours, or its campaign was erased.
    """
    number, _, signature = token.partition("-")
    file_id = id_in(f"f{number}", "f")
    if file_id is None or not hmac.compare_digest(file_signature(settings, file_id).encode(), signature.encode()):
        raise NotFoundError(what="file")
    with reading() as session:
        file = campaign_content.find_file(session, file_id)
        if file is None:
            raise NotFoundError(what="file")
        return ContentFile(f"f{file.id}", file.kind, file.name, file.content_type, file.size_bytes, file.sha256)
