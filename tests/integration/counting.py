"""A way to ask a web process how much it has under way."""

from __future__ import annotations

import asyncio
import gc
import threading

from reflex.state import BaseState
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from unisoft_ui.view_models.campaigns import CampaignLine

PATH = "/under-way"
REACHABLE = "/reachable"


def counted(app: ASGIApp) -> ASGIApp:
    """The same application with two paths more.

    `PATH` tells its tasks, threads and states of tabs; `REACHABLE` the lines of the list that somebody still holds.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == PATH:
            return await JSONResponse(_under_way())(scope, receive, send)
        if scope["type"] == "http" and scope["path"] == REACHABLE:
            gc.collect()
            return await JSONResponse({"lines": _instances(CampaignLine)})(scope, receive, send)
        return await app(scope, receive, send)

    return answer


def _under_way() -> dict[str, int]:
    # The pings of a closed socket sleep out their interval before they notice; they hold nothing.
    tasks = [task for task in asyncio.all_tasks() if "_send_ping" not in str(task.get_coro())]
    return {"tasks": len(tasks), "threads": threading.active_count(), "states": _instances(BaseState)}


def _instances(kind: type) -> int:
    return sum(issubclass(type(found), kind) for found in gc.get_objects())
