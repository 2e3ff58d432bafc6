"""Stored files as answers: in pieces, by range, and never as a page of ours.

Source for ranges: RFC 9110, section 14. One range is answered; several at once get the whole file, as it allows.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import BinaryIO
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from backend.domain.additional_content import ContentFile
from backend.file_store import get_file_store

_PIECE_BYTES = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_NOT_ASCII = re.compile(r"[^ !#-\[\]-~]|[%]")


async def answer_file(request: Request, file: ContentFile) -> Response:
    """The whole file, or 206 with the range asked for, or 416 when there is no such part of it.

    Raises:
        OSError: the store does not have it, or is away.
    """
    headers = _headers(file)
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    start, end, status = _wanted(request, file, headers["etag"])
    if status == 416:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{file.size_bytes}"})
    if status == 206:
        headers["content-range"] = f"bytes {start}-{end - 1}/{file.size_bytes}"
    headers["content-length"] = str(end - start)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=file.content_type)
    content = await asyncio.to_thread(_open_at, file.sha256, start)
    return StreamingResponse(_pieces(content, end - start), status, headers, media_type=file.content_type)


def _headers(file: ContentFile) -> dict[str, str]:
    return {
        "content-disposition": disposition(file.name),
        "content-security-policy": "sandbox; default-src 'none'",
        "x-content-type-options": "nosniff",
        "cache-control": "private, max-age=3600",
        "accept-ranges": "bytes",
        "etag": f'"{file.sha256}"',
        "x-robots-tag": "noindex",
    }


def disposition(name: str) -> str:
    """`attachment` with the name in ASCII, and in full as RFC 5987 writes it."""
    return f"attachment; filename=\"{_NOT_ASCII.sub('_', name)}\"; filename*=UTF-8''{quote(name, safe='')}"


def _wanted(request: Request, file: ContentFile, etag: str) -> tuple[int, int, int]:
    """Start, end (not included) and status."""
    whole = 0, file.size_bytes, 200
    asked = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if asked is None or not any(asked.groups()) or request.headers.get("if-range", etag) != etag:
        return whole
    first, last = asked.groups()
    if not first:  # the last so many bytes
        start, end = max(file.size_bytes - int(last), 0), file.size_bytes
    else:
        start, end = int(first), min(int(last) + 1, file.size_bytes) if last else file.size_bytes
        if last and int(last) < start:
            return whole
    return (start, end, 206) if start < end else (0, 0, 416)


def _open_at(sha256: str, start: int) -> BinaryIO:
    content = get_file_store().open(sha256)
    content.seek(start)
    return content


async def _pieces(content: BinaryIO, left: int) -> AsyncIterator[bytes]:
    try:
        while left > 0 and (piece := await asyncio.to_thread(content.read, min(_PIECE_BYTES, left))):
            left -= len(piece)
            yield piece
    finally:
        content.close()
