"""The words of what goes with a message: web links, documents and videos."""

from __future__ import annotations

TITLE = "Additional content"
NONE = "None"
LIST = "Links and files of this campaign"
UPLOADS = "Files being uploaded"
ADD_LINK = "Web link"
ADD_DOCUMENT = "Document"
ADD_VIDEO = "Video"
DROP_HERE = "You can also drop files here."
HELP = "In an email, documents are attached and videos are links. By SMS and WhatsApp each goes as a short link."

LINK_URL = "Web address"
LINK_URL_EXAMPLE = "https://"
LINK_TITLE = "Title (optional)"
LINK_DONE = "Done"
NEW_LINK = "New link"
VIDEO_NOTE = "sent as a link"

UPLOADING = "Uploading {name}"
ADDING = "Adding {name}"
CANCEL = "Cancel {name}"
DISMISS = "Close the message about {name}"
ADDED = "{name} is added."
CANCELLED = "{name} was cancelled."

ERRORS = {
    "too_many_links": "There are too many links: at most {most}.",
    "link_required": "Link {number}: write its web address, or remove it.",
    "link_too_long": "Link {number} is too long.",
    "link_scheme": "Link {number}: only addresses that begin with https:// or http:// can be sent.",
    "link_address": "Link {number}: this is not a web address. It looks like https://example.org/page.",
    "lines_too_long": "With its links the message is too long: at most {longest} characters. Shorten it, or remove "
    "some of them.",
    "too_many_files": "There are too many files: at most {most}.",
    "file_gone": "A file is no longer kept here. Remove it and upload it again.",
    "attachments_too_large": "Together the documents are too large for an email: at most {limit_mb} MB as they travel. "
    "Remove one, or put it on a web page and add a link.",
    "file_empty": "This file is empty.",
    "file_type": "This type of file cannot be sent. Documents: PDF, Word, Excel, PowerPoint, OpenDocument, text, CSV "
    "and pictures. Videos: MP4, MOV, WebM, MKV, AVI, MPEG, WMV and OGV.",
    "file_macros": "This document has macros, which mail programs refuse. Save it without them.",
    "file_damaged": "This file cannot be read. It may be incomplete.",
    "document_too_large": "A document can have {limit_mb} MB at most.",
    "video_too_large": "A video can have {limit_mb} MB at most.",
    "too_many_uploads": "Too many files wait for their campaign. Save your campaigns, or try again tomorrow.",
}
UPLOAD_ERRORS = {
    **ERRORS,
    "upload_interrupted": "The upload was interrupted. Try again.",
    "upload_failed": "The file could not be stored. Try again in a moment.",
    "unreachable": "The server could not be reached. Check your connection and try again.",
    "too_large": "This file is too large.",
    "forbidden": "You do not have the right to do this. Ask an administrator.",
    "session_ended": "Your session has ended. Sign in again in another tab, then try again.",
}


def size(size_bytes: int) -> str:
    """As "240 kB" or "8.2 MB"."""
    if size_bytes < 1_000_000:
        return f"{max(round(size_bytes / 1_000), 1)} kB"
    return f"{size_bytes / 1_000_000:.1f} MB"


def edit_link(name: str) -> str:
    return f"Edit {name}"


def remove(name: str) -> str:
    return f"Remove {name}"


def summary(links: int, files: int) -> str:
    """As "1 web link, 2 documents and videos"."""
    parts = [f"{links} web link{'s' * (links != 1)}"] if links else []
    parts += [f"{files} {'documents and videos' if files != 1 else 'document or video'}"] if files else []
    return ", ".join(parts) or NONE
