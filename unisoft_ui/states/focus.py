"""Where the focus goes when what had it is gone."""

from __future__ import annotations

import json

import reflex as rx
from reflex.event import EventSpec

# A dialog that closes takes the focus back until it has left the page, which on a slow machine takes a while.
_SCRIPT = """(() => {
  const until = performance.now() + 2000;
  const look = () => {
    const place = %s.map((id) => document.getElementById(id)).find((it) => it?.getClientRects().length);
    const holder = document.activeElement?.closest("[role=dialog], [role=alertdialog], [role=menu]");
    if (holder && !holder.contains(place) && performance.now() < until) setTimeout(look, 60);
    else place?.focus({ preventScroll: place.id === "content" });
  };
  setTimeout(look, 60);
})()"""


def focus_first(*ids: str) -> EventSpec:
    """Focus the first of these elements that is in the page and shown; the page's content is the last resort."""
    return rx.call_script(_SCRIPT % json.dumps([*ids, "content"]))
