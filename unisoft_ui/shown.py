"""What a tab shows of a state that changes all the time: sent at once, kept in the state now and then.

Writing a tab's state costs four questions to Redis and several pickles, sending a change a tenth of that. The kept
state is only what a tab that comes back begins with, before its page reads again: half a minute of age does not matter
there. So no handler may decide from such a var, and no var may be computed from it.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Iterable, Mapping
from typing import Any

import reflex as rx
from reflex.istate.manager.redis import StateManagerRedis
from reflex_base.constants.state import FIELD_MARKER
from reflex_base.event.context import EventContext
from reflex_base.utils.format import json_dumps

_KEEP_EVERY_S = 20.0
_AT_ONCE = 8
# The fewer tabs write at once, the shorter each holds its lock.
_keeping = asyncio.Semaphore(_AT_ONCE)


class Values:
    """Vars by name, as they are kept and as they travel; made once for all tabs that show the same."""

    def __init__(self, **kept: Any) -> None:
        texts = {name: json_dumps(value) for name, value in kept.items()}
        self.kept: Mapping[str, Any] = kept
        self.sent: Mapping[str, Any] = {name: json.loads(text) for name, text in texts.items()}
        # What a tab remembers of a value: the value itself, in hundreds of tabs, would be most of their memory.
        self.marks: Mapping[str, int] = {name: hash(text) for name, text in texts.items()}


class Shown:
    """What one tab has been shown, for as long as its watcher runs."""

    def __init__(self, state: rx.State) -> None:
        self._state = state
        self._last: Mapping[str, int] = {}
        self._is_kept = False
        self._keep_at = 0.0  # the first time at once: nobody knows what the tab shows

    async def show(self, values: Values) -> None:
        """Send what differs from what was last shown. Call it outside of `async with self`."""
        changed = {name: values.sent[name] for name, mark in values.marks.items() if self._last.get(name) != mark}
        if changed and self._last:
            await self._send(changed)
        self._is_kept = self._is_kept and not changed
        self._last = values.marks
        if not self._is_kept and time.monotonic() >= self._keep_at:
            await self._keep(values)

    async def _send(self, changed: Mapping[str, Any]) -> None:
        delta = {f"{name}{FIELD_MARKER}": value for name, value in changed.items()}
        await EventContext.get().emit_delta({self._state.get_full_name(): delta})

    async def _keep(self, values: Values) -> None:
        async with _keeping, self._state:
            for name, value in values.kept.items():
                if getattr(self._state, name) != value:
                    setattr(self._state, name, value)
        self._forget(values.kept)
        self._is_kept = True
        self._keep_at = time.monotonic() + _KEEP_EVERY_S * (1 + random.random())  # noqa: S311 - spreads the tabs

    def _forget(self, names: Iterable[str]) -> None:
        """Let go of the vars in this handler's copy of the state: they are written, and the copy stays with the tab.

        Redis makes a copy for each handler. Any other manager gives the state itself, which keeps its vars.
        """
        behind_proxy = getattr(self._state, "__wrapped__", None)
        if behind_proxy is not None and isinstance(EventContext.get().state_manager, StateManagerRedis):
            for name in names:
                vars(behind_proxy).pop(name, None)
