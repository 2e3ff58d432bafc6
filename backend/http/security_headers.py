"""What browsers are told to refuse."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.settings import get_settings

_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
_HSTS = "max-age=31536000; includeSubDomains"
# Nothing of these can be shown as a page: what rules pages would be a tenth of a first visit.
_PARTS_OF_PAGES = ("text/javascript", "application/javascript", "text/css", "font/")
_FOR_PAGES = {"content-security-policy", "x-frame-options", "cross-origin-opener-policy", "permissions-policy"}


def content_security_policy(inline_scripts: Iterable[str] = ()) -> str:
    """Only our own scripts, and the inline ones of the built pages by their hashes.

    `unsafe-eval`: Reflex hands toasts and focus to the page as expressions. Styles may be inline: emotion writes them.
    """
    hashes = " ".join(sorted({f"'sha256-{_sha256(script)}'" for script in inline_scripts}))
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'unsafe-eval' {hashes}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "frame-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def inline_scripts(folder: Path) -> set[str]:
    """The inline scripts of every page below a folder."""
    return {script for page in folder.rglob("*.html") for script in _INLINE_SCRIPT.findall(page.read_text())}


def _sha256(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _caching(path: str) -> str:
    if path.startswith("/assets/"):
        return "public, max-age=31536000, immutable"  # their names hold a hash of their content
    return "public, max-age=604800" if path.startswith("/fonts/") else "no-cache"


def _fixed(policy: str) -> dict[str, str]:
    """What every answer has unless it has its own."""
    headers = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        # not no-referrer: browsers would then send our own forms with the origin "null"
        "referrer-policy": "same-origin",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
    }
    if get_settings().origin.startswith("https://"):
        headers["strict-transport-security"] = _HSTS
    return headers


def headers_for_machines() -> list[tuple[bytes, bytes]]:
    """The same headers, ready for answers that show nothing."""
    headers = {**_fixed(content_security_policy()), "cache-control": _caching("")}
    return [(name.encode(), value.encode()) for name, value in headers.items()]


class SecurityHeaders:
    """Adds the headers to every answer. A route may set a stricter policy of its own."""

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self._app = app
        self._headers = _fixed(policy)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                is_page = not headers.get("content-type", "").startswith(_PARTS_OF_PAGES)
                for name, value in self._headers.items():
                    if is_page or name not in _FOR_PAGES:
                        headers.setdefault(name, value)
                headers.setdefault("cache-control", _caching(scope["path"]))
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)
