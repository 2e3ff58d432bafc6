"""Which pages need a session. Their data is guarded again, event by event; this spares a flash of an empty page."""

from __future__ import annotations

from starlette.datastructures import URL
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.http import cookies, paths

# Reflex's own: a health check without Redis, uploads, the list of its pages.
_CLOSED = ("/ping", "/_health", "/_upload", "/_all_routes", "/auth-codespace")


class PageGuard:
    """303 to the sign-in page without a session, and away from it with one; 404 for what the framework leaves open."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and paths.normalised(scope["path"]).startswith(_CLOSED):
            await PlainTextResponse("Not found", 404)(scope, receive, send)
            return
        target = await _elsewhere(scope) if scope["type"] == "http" else None
        if target is None:
            await self._app(_as_document(scope), receive, send)
        else:
            await RedirectResponse(target, 303, {"cache-control": "no-store"})(scope, receive, send)


def _as_document(scope: Scope) -> Scope:
    # A page is built as a folder with an index; the file server would redirect to it with a slash at the end.
    path = scope["path"]
    if scope["type"] != "http" or path.endswith("/") or "." in path.rpartition("/")[2]:
        return scope
    return {**scope, "path": path + "/", "raw_path": scope.get("raw_path", b"") + b"/"}


async def _elsewhere(scope: Scope) -> str | None:
    path = scope["path"]
    if path == "/":
        return paths.HOME
    if paths.needs_session(path):
        if await cookies.live_session_hash(scope):
            return None
        url = URL(scope=scope)
        wanted = f"{path}?{url.query}" if url.query else path
        return paths.login_url(wanted="" if paths.after_sign_in(wanted) == paths.HOME else wanted)
    if paths.normalised(path).rstrip("/") == paths.LOGIN and await cookies.live_session_hash(scope):
        return paths.HOME
    return None
