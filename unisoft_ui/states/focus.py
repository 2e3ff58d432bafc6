"""Where the focus goes when what had it is gone."""

from __future__ import annotations

import json

import reflex as rx
from reflex.event import EventSpec

# A closing dialog keeps the focus until it has left the page.
_SCRIPT = """setTimeout(() => {
  for (const id of %s) {
    const place = document.getElementById(id);
    if (place && place.getClientRects().length) {
      place.focus({ preventScroll: id === "content" });
      return;
    }
  }
}, 60)"""


def focus_first(*ids: str) -> EventSpec:
    """Focus the first of these elements that is in the page and shown; the page's content is the last resort."""
    return rx.call_script(_SCRIPT % json.dumps([*ids, "content"]))
