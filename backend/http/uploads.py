"""`POST /uploads`: one file as the body of the request, its name in a header. Nothing of it is kept in memory."""

from __future__ import annotations

import asyncio
from urllib.parse import unquote

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from backend.errors import AppError, ForbiddenError, InvalidInputError
from backend.http import cookies
from backend.http.bodies import UPLOADS
from backend.http.requests import comes_from_own_page
from backend.logs import brief, get_logger
from backend.services import sessions
from backend.services.uploads import ReceivingFile, StoredUpload

log = get_logger(__name__)

NAME_HEADER = "x-file-name"
_LONGEST_NAME = 2_000
_PIECE_BYTES = 1024 * 1024
_SILENCE_S = 60.0
_AWAY = 503


async def post_upload(request: Request) -> Response:
    """The name is percent-encoded UTF-8 in `X-File-Name`.

    200 `{ref, name, kind, size}`; otherwise `{error, …}` with the code of a sentence and what it needs: 400 for what
    is refused, 401 without a session, 403 without the right or from elsewhere, 413 for too much.
    """
    if not comes_from_own_page(request.headers):
        log.warning("upload_refused", origin=request.headers.get("origin", "")[:200], hint="PUBLIC_URL")
        return JSONResponse({"error": "forbidden"}, 403)
    actor = await asyncio.to_thread(sessions.authenticate, cookies.session_hash(request.scope))
    if actor is None:
        return JSONResponse({"error": "session_ended"}, 401)
    name = unquote(request.headers.get(NAME_HEADER, "")[:_LONGEST_NAME], errors="replace")
    try:
        stored = await _received(request, await asyncio.to_thread(ReceivingFile, actor, name))
    except AppError as error:
        return _refused(error)
    except (ClientDisconnect, TimeoutError):
        return JSONResponse({"error": "upload_interrupted"}, 400)
    except (OSError, SQLAlchemyError) as error:
        log.warning("upload_not_stored", error=brief(error))
        return JSONResponse({"error": "upload_failed"}, _AWAY)
    return JSONResponse(
        {"ref": stored.ref, "name": stored.name, "kind": stored.kind, "size": stored.size_bytes},
        headers={"cache-control": "no-store"},
    )


async def _received(request: Request, receiving: ReceivingFile) -> StoredUpload:
    """Write what arrives, a megabyte at a time, in threads that nobody waits in meanwhile."""
    stream, waiting = request.stream(), bytearray()
    try:
        while chunk := await asyncio.wait_for(anext(stream, b""), _SILENCE_S):
            waiting += chunk
            if len(waiting) >= _PIECE_BYTES:
                await asyncio.to_thread(receiving.write, bytes(waiting))
                waiting.clear()
        if waiting:
            await asyncio.to_thread(receiving.write, bytes(waiting))
    except BaseException:  # a cancelled request as well: what arrived is of no use to anybody
        await asyncio.shield(asyncio.to_thread(receiving.abandon))
        raise
    return await asyncio.to_thread(receiving.finish)


def _refused(error: AppError) -> Response:
    status = 403 if isinstance(error, ForbiddenError) else 400
    if isinstance(error, InvalidInputError) and error.code.endswith("_too_large"):
        status = 413
    details = {name: value for name, value in error.details.items() if name == "limit_mb"}
    return JSONResponse({"error": error.code, **details}, status, {"cache-control": "no-store"})


routes: list[BaseRoute] = [Route(UPLOADS, post_upload, methods=["POST"])]
