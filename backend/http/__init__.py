"""Everything that is asked over HTTP and is no page: sign-in, webhooks, health; and the doors in front of the pages."""

from __future__ import annotations

from pathlib import Path

from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.database import read_soon_or_not
from backend.http import auth, credit_files, exports, health, public_links, unsubscribe, uploads, webhooks
from backend.http.access_log import AccessLog
from backend.http.bodies import BodyLimits
from backend.http.pages import PageGuard
from backend.http.security_headers import (
    SecurityHeaders,
    content_security_policy,
    headers_for_machines,
    inline_scripts,
)
from backend.http.sockets import SocketGuard
from backend.services.exporting import Sheet


def build_routes(sheet: Sheet | None = None) -> list[BaseRoute]:
    """Every route of the server itself. `sheet` has the words of exported files, which are those of the pages: without
    them nothing is exported.
    """
    return [
        *auth.routes,
        *credit_files.routes,
        *(exports.routes(sheet) if sheet else ()),
        *health.routes,
        *public_links.routes,
        *unsubscribe.routes,
        *uploads.routes,
    ]


def wrap(pages: ASGIApp, built_pages: Path, sheet: Sheet) -> ASGIApp:
    """Put the server's routes and its doors in front of the pages, which were built into a folder."""
    router = Router(build_routes(sheet), default=SocketGuard(PageGuard(pages)), redirect_slashes=False)
    policy = content_security_policy(inline_scripts(built_pages))
    return AccessLog(SecurityHeaders(BodyLimits(router), policy))


def serve_people() -> None:
    """Somebody waits for what this process reads. Call it before the first use of the database."""
    read_soon_or_not()


def reports_first(app: ASGIApp) -> ASGIApp:
    """Take what providers report before anything else of the application has looked at it."""
    reports = AccessLog(webhooks.Webhooks(headers_for_machines()))

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        await (reports if webhooks.is_report(scope) else app)(scope, receive, send)

    return choose
