"""Lets pages built once be served from any address."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from reflex_base.plugins.base import Plugin

_ADDRESS = re.compile(r"`(http|ws)s?://[^/`]+(/[^`]*)`")
_ORIGIN = (
    'const l=globalThis.location??{protocol:"http:",host:"localhost"},'
    'h=l.protocol+"//"+l.host,w=h.replace(/^http/,"ws");'
)


class SameOriginPlugin(Plugin):
    """Reflex writes the server's address into the built pages; this replaces it by the page's own origin."""

    def post_build(self, *, static_dir: Path, **context: Any) -> None:
        (chunk,) = static_dir.glob("assets/reflex-env-*.js")  # fails loudly when Reflex renames the chunk
        source = chunk.read_text()
        head, tail = source.index("{"), source.rindex("};export")
        addresses, count = _ADDRESS.subn(_relative, source[head:tail])
        if not count:
            msg = f"No address to replace in {chunk.name}"
            raise RuntimeError(msg)
        chunk.write_text(f"{_ORIGIN}var e={addresses}{source[tail:]}")


def _relative(found: re.Match[str]) -> str:
    return f'{"h" if found[1] == "http" else "w"}+"{found[2]}"'
