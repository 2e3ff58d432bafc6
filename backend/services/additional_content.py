"""The links, documents and videos of a campaign: checked, saved with its draft, read for its sending."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from sqlmodel import Session

from backend.domain.additional_content import AdditionalContent, ContentFile, ContentLink, measured
from backend.domain.channels import Medium
from backend.domain.file_types import FileKind
from backend.errors import InvalidInputError
from backend.file_store import megabytes
from backend.models import Campaign, CampaignFile, Upload
from backend.repositories import campaign_content, campaigns, uploads
from backend.services import file_contents
from backend.services.acting import ActingUser
from backend.services.uploads import id_in
from backend.settings import get_settings

MOST_LINKS = 20
MOST_FILES = 20
LONGEST_URL = 2_000
LONGEST_TITLE = 200
_LONGEST_TEXT = 1_600  # Twilio refuses longer bodies (error 21617)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):(?!\d)", re.IGNORECASE)
_HOST = re.compile(r"(?=.{1,253}$)(?!-)[^\s/@:?#\[\]\\%<>\"'`{}|^]+|[0-9a-f:.]{2,45}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LinkInput:
    """A web link as entered."""

    url: str
    title: str = ""


def check_links(links: Sequence[LinkInput]) -> list[LinkInput]:
    """The links in the form they are kept in; those without an address and a title are left out.

    Raises:
        InvalidInputError: `field="links"`; `code`: `too_many_links`, `link_required`, `link_too_long`, `link_scheme`
            or `link_address`; `details["index"]` is the place of the link among those given, `number` one more.
    """
    checked = [_checked(link, index) for index, link in enumerate(links) if link.url.strip() or link.title.strip()]
    if len(checked) > MOST_LINKS:
        raise InvalidInputError(code="too_many_links", field="links", most=MOST_LINKS)
    return checked


def is_link(link: LinkInput) -> bool:
    """Whether a link can be kept as it is; one that is still being written often cannot."""
    try:
        return bool(check_links([link]))
    except InvalidInputError:
        return False


def _checked(link: LinkInput, index: int) -> LinkInput:
    url, title = link.url.strip(), " ".join(link.title.split())
    problem = ""
    if not url:
        problem = "link_required"
    elif len(url) > LONGEST_URL or len(title) > LONGEST_TITLE:
        problem = "link_too_long"
    elif any(unicodedata.category(character) in {"Cc", "Cf", "Cs"} for character in url + title):
        problem = "link_address"
    if not problem:
        url, problem = _normal(url)
    if problem:
        raise InvalidInputError(code=problem, field="links", index=index, number=index + 1)
    return LinkInput(url, title)


def _normal(url: str) -> tuple[str, str]:
    """The address with scheme and host in lower case, and what is wrong with it."""
    scheme = _SCHEME.match(url)
    if scheme and scheme[1].lower() not in {"http", "https"}:
        return url, "link_scheme"
    if not scheme:
        url = f"https://{url.removeprefix('//')}"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port  # a port that is no number raises
    except ValueError:
        return url, "link_address"
    # A name before the host ("https://bank.example@elsewhere.example") shows another place than it leads to.
    known = host == "localhost" or "." in host or ":" in host
    if not known or "@" in parts.netloc or "\\" in url or any(c.isspace() for c in url) or not _HOST.fullmatch(host):
        return url, "link_address"
    whole = urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path, parts.query, parts.fragment))
    return whole, "link_too_long" if len(whole) > LONGEST_URL else ""


def set_content(
    session: Session,
    actor: ActingUser,
    campaign_id: int,
    links: Sequence[LinkInput],
    file_refs: Sequence[str],
    media: Collection[Medium],
) -> AdditionalContent:
    """Give a campaign exactly these links and files, in this order, inside the caller's transaction.

    "f<id>" is a file that it has already; "u<id>" an upload of this user's, which becomes its file. A ref that was
    saved before is known again, so that a form may be saved twice. What is left out is dropped, and its content leaves
    the store after the commit. The caller checks the right, and has set the campaign's texts.

    Raises:
        InvalidInputError: as `check_links`; or `field="files"` with `file_gone`, `too_many_files` or
            `attachments_too_large` (`limit_mb`); or `field="links"` with `lines_too_long` (`longest`).
    """
    checked = check_links(links)
    refs = list(dict.fromkeys(file_refs))
    if len(refs) > MOST_FILES:
        raise InvalidInputError(code="too_many_files", field="files", most=MOST_FILES)
    session.flush()
    campaigns.lock(session, campaign_id)  # whoever copies its files meanwhile has copied them, or waits
    campaign_content.replace_links(session, campaign_id, [(link.url, link.title) for link in checked])
    _set_files(session, actor, campaign_id, refs)
    content = content_of(session, campaign_id)
    _check_attachments(content, media)
    _check_texts(session.get(Campaign, campaign_id), content, media)
    return content


def _set_files(session: Session, actor: ActingUser, campaign_id: int, refs: Sequence[str]) -> None:
    there = campaign_content.files_of(session, campaign_id)
    by_ref = {f"f{file.id}": file for file in there}
    by_ref |= {f"u{file.upload_id}": file for file in there if file.upload_id is not None}
    missing = [id_in(ref, "u") for ref in refs if ref not in by_ref]
    wanted = [upload_id for upload_id in missing if upload_id is not None]
    taken = uploads.take(session, wanted, actor.id) if actor.id is not None else {}
    if len(taken) < len(missing):
        raise InvalidInputError(code="file_gone", field="files")
    kept: dict[int, None] = {}
    for position, ref in enumerate(refs):
        file = by_ref.get(ref)
        if file is None:
            session.add(_file_of(campaign_id, taken[int(ref[1:])], position))
        elif file.id not in kept:
            kept[file.id or 0] = None
            if file.position != position:
                campaign_content.place(session, file.id or 0, position)
    dropped = [file for file in there if file.id not in kept]
    if dropped:
        campaign_content.drop_files(session, [file.id or 0 for file in dropped])
        file_contents.discard(session, [file.sha256 for file in dropped])
    session.flush()


def _file_of(campaign_id: int, upload: Upload, position: int) -> CampaignFile:
    return CampaignFile(
        campaign_id=campaign_id,
        kind=upload.kind,
        name=upload.name,
        content_type=upload.content_type,
        size_bytes=upload.size_bytes,
        sha256=upload.sha256,
        position=position,
        upload_id=upload.id,
    )


def as_travelling(size_bytes: int) -> int:
    """The bytes of a document inside a request: base64 makes four of three."""
    return -(-size_bytes // 3) * 4


def _check_attachments(content: AdditionalContent, media: Collection[Medium]) -> None:
    limit_mb = get_settings().email_attachments_max_mb
    travelling = sum(as_travelling(file.size_bytes) for file in content.of_kind(FileKind.DOCUMENT))
    if Medium.EMAIL in media and travelling > megabytes(limit_mb):
        raise InvalidInputError(code="attachments_too_large", field="files", limit_mb=limit_mb)


def _check_texts(campaign: Campaign | None, content: AdditionalContent, media: Collection[Medium]) -> None:
    """With its lines a message may not be longer than the provider takes it."""
    if campaign is None or not (content.links or content.files):
        return
    for medium, text in ((Medium.SMS, campaign.sms_text), (Medium.WHATSAPP, campaign.whatsapp_text)):
        if medium in media and len(measured(medium, text, content, get_settings().origin)) > _LONGEST_TEXT:
            raise InvalidInputError(code="lines_too_long", field="links", longest=_LONGEST_TEXT)


def content_of(session: Session, campaign_id: int) -> AdditionalContent:
    """What goes with a campaign, in order; two statements."""
    return AdditionalContent(
        links=tuple(ContentLink(link.id or 0, link.url, link.title)
                    for link in campaign_content.links_of(session, campaign_id)),
        files=tuple(_as_content(file) for file in campaign_content.files_of(session, campaign_id)),
    )  # fmt: skip


def _as_content(file: CampaignFile) -> ContentFile:
    return ContentFile(f"f{file.id}", file.kind, file.name, file.content_type, file.size_bytes, file.sha256)
