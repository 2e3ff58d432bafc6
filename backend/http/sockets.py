"""The door of the pages' websocket.

The cookie stays outside: what goes in is the SHA-256 of its token, which the guard of the events looks up each time.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.http import cookies, paths
from backend.http.flood import Bucket, address_buckets, is_misshapen, socket_bucket, stranger_buckets
from backend.http.leftovers import Leftovers
from backend.http.requests import client_ip, is_foreign_origin, without_headers
from backend.logs import get_logger

log = get_logger(__name__)

# One of the few headers that Reflex keeps from the page; any other would be sent to it with the rest.
SESSION_HEADER = "authorization"
_CLOSE_POLICY = 1008
_BINDING_CHARS = 16
_LONGEST_TOKEN = 64


class SocketGuard:
    """Refuses foreign pages and long polling, hides the cookie, binds a tab to its session, stops floods."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._addresses = address_buckets()
        self._strangers = stranger_buckets()
        self._leftovers = Leftovers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"} or not _is_socket(scope["path"]):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse("Not found", 404)(scope, receive, send)
        elif is_foreign_origin(Headers(scope=scope)):
            log.warning("socket_refused", origin=Headers(scope=scope)["origin"][:200], hint="PUBLIC_URL")
            await send({"type": "websocket.close", "code": _CLOSE_POLICY})
        else:
            await self._open(scope, receive, send)

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        session_hash = await cookies.live_session_hash(scope)
        if not session_hash and not self._strangers.take(client_ip(scope)):
            log.warning("socket_refused", ip=client_ip(scope), reason="too_many")
            await send({"type": "websocket.close", "code": _CLOSE_POLICY})
            return
        try:
            await self._app(_bound(scope, session_hash), self._metered(scope, receive), send)
        finally:
            self._leftovers.note_closed()

    def _metered(self, scope: Scope, receive: Receive) -> Receive:
        address, bucket, refused = client_ip(scope), socket_bucket(), 0

        async def next_message() -> Message:
            nonlocal refused
            while True:
                message = await receive()
                if message["type"] != "websocket.receive":
                    if refused:
                        log.warning("socket_messages_refused", ip=address, count=refused)
                    return message
                if self._is_welcome(message, address, bucket):
                    return message
                refused += 1
                if refused == 1:
                    log.warning("socket_flood", ip=address)

        return next_message

    def _is_welcome(self, message: Message, address: str, bucket: Bucket) -> bool:
        text = message.get("text")
        if text is None:
            return False  # pages of ours send no binary data
        if not text.startswith("4"):
            return len(text) < 100  # pings and pongs of the protocol
        return bucket.take() and self._addresses.take(address) and not is_misshapen(text)


def _is_socket(path: str) -> bool:
    return path == paths.SOCKET or path.startswith(paths.SOCKET + "/")


def _bound(scope: Scope, session_hash: str) -> Scope:
    headers = without_headers(scope, b"cookie", SESSION_HEADER.encode())
    headers.append((SESSION_HEADER.encode(), session_hash.encode()))
    return {**scope, "headers": headers, "query_string": _bound_query(scope["query_string"], session_hash)}


def _bound_query(query: bytes, session_hash: str) -> bytes:
    """Make the name of a tab's state depend on the session.

    The tab's token is chosen by the browser. Bound like this, somebody else who learns it gets a state of their own,
    and what a page held before signing in is not there afterwards.
    """
    suffix = session_hash[:_BINDING_CHARS] or "anonymous"
    fields = dict(parse_qsl(query.decode("latin-1")))
    fields["token"] = f"{fields.get('token', '')[:_LONGEST_TOKEN]}-{suffix}"
    return urlencode(fields).encode()
