"""Asks before a page is left whose form holds something that is not saved."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import reflex as rx
from reflex_base.utils.imports import ImportVar
from reflex_base.vars.base import Var


class LeavingGuard(rx.Fragment):
    """Stands in for links and the browser's arrows; closing the tab asks in the browser's own words.

    A page has a guard of its own: `UNSAVED`, a JavaScript function that says whether something is, and the question.
    """

    UNSAVED: ClassVar[str]
    QUESTION: ClassVar[str]

    def add_imports(self) -> dict[str, Any]:
        """What the hooks need."""
        return {
            "react-router": [ImportVar("useBlocker"), ImportVar("useBeforeUnload")],
            "react": [ImportVar("useEffect"), ImportVar("useCallback")],
        }

    def add_hooks(self) -> list[str | Var]:
        """React's, in the page."""
        return [
            f"const isUnsaved = useCallback({self.UNSAVED}, []);",
            """const leaving = useBlocker(({ currentLocation, nextLocation }) =>
  currentLocation.pathname !== nextLocation.pathname && isUnsaved());""",
            f"""useEffect(() => {{
  if (leaving.state !== "blocked") return;
  if (window.confirm({json.dumps(self.QUESTION)})) leaving.proceed(); else leaving.reset();
}}, [leaving]);""",
            "useBeforeUnload(useCallback((event) => { if (isUnsaved()) event.preventDefault(); }, [isUnsaved]));",
        ]
