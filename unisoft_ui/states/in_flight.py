"""Commands that were under way in a web process which has ended: the tab goes on in another one.

What a tab knows is kept in Redis, also that a command runs, which lets a second click do nothing and keeps its dialog
open. When its process is killed nobody ever takes that back, so the next process does when the tab arrives there.
Should the first still be at it, as when only the connection broke, a second click is refused by the service.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import reflex as rx
from reflex.state import BaseState

_THIS_PROCESS = secrets.token_hex(8)
_SAY_IT_RUNS = frozenset({"running", "saving", "_keeping"})


class InFlightState(rx.State):
    """`_process`: where the tab was at home when its page was last loaded or its connection came back."""

    _process: str = ""

    @rx.event
    async def settle(self):
        """The tab is here now."""
        before, self._process = self._process, _THIS_PROCESS
        if before not in {"", _THIS_PROCESS}:
            for state, names in _states(rx.State):
                found = await self.get_state(state)
                for name in names:
                    if getattr(found, name):
                        setattr(found, name, False)


def _states(parent: type[BaseState]) -> Iterator[tuple[type[BaseState], frozenset[str]]]:
    """The states below one that say of a command that it runs, and the names by which they do."""
    for state in parent.get_substates():
        if names := _SAY_IT_RUNS & state.get_fields().keys():
            yield state, names
        yield from _states(state)
