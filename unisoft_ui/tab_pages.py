"""A tab whose connection comes back goes on where it was, whatever became of the connection before.

Reflex 0.10.1 takes a second socket of a tab for a copy of it, and gives it an empty state, as long as the first has not
been closed: for two minutes after a line that broke without a word, for an hour after a process that was killed. What
was being written would be gone from the page. A copy is another page, though: `assets/tab.js` names it.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs

from redis import RedisError
from reflex.app import EventNamespace
from reflex.utils.token_manager import RedisTokenManager, SocketRecord

from backend.logs import get_logger

log = get_logger(__name__)

_PAGE = re.compile(r"[0-9a-f]{32}")
_KEPT_S = 24 * 60 * 60
_connect = EventNamespace.on_connect


def install() -> None:
    """Make the websocket of this process tell a page that is back from another one."""
    EventNamespace.on_connect = _on_connect


async def _on_connect(namespace: EventNamespace, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
    manager = namespace._token_manager  # noqa: SLF001 - there is no public way in
    token, page = _named(environ)
    told = isinstance(manager, RedisTokenManager) and bool(token and page)
    try:
        if told and await manager.redis.get(_key(token)) == page.encode():
            await _take_over(manager, token, sid)
    except RedisError as error:  # as without this: the tab may begin anew
        log.warning("page_not_known", error=type(error).__name__)
    await _connect(namespace, sid, environ, auth)
    linked = manager.sid_to_token.get(sid)
    try:
        if told and linked:
            await manager.redis.set(_key(linked), page, ex=_KEPT_S)
    except RedisError as error:
        log.warning("page_not_noted", error=type(error).__name__)


def _named(environ: dict[str, Any]) -> tuple[str, str]:
    """The tab and its page, each "" where the address of the socket does not name it."""
    query = parse_qs(environ.get("QUERY_STRING", ""))
    token, page = (query.get(name, [""])[0] for name in ("token", "page"))
    return token, page if _PAGE.fullmatch(page) else ""


async def _take_over(manager: RedisTokenManager, token: str, sid: str) -> None:
    """The tab is at this socket now. When the one before is closed at last, nothing of the tab's is.

    Not by deleting what Redis has of the one before: its process would put it back.
    """
    before = manager.token_to_socket.get(token)
    if before is not None:
        manager.sid_to_token.pop(before.sid, None)
    manager._ensure_socket_record_task()  # noqa: SLF001 - as above
    record = manager.token_to_socket[token] = SocketRecord(instance_id=manager.instance_id, sid=sid)
    manager.sid_to_token[sid] = token
    await manager._store_socket_record(token, record)  # noqa: SLF001 - as above


def _key(token: str) -> str:
    return f"unisoft:page:{token}"
