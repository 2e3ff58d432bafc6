"""A program of its own: compiles MJML and inlines CSS, with nothing to open and little time.

What authors write reaches parsers that end the process when elements are nested too deep, and that cannot be stopped
from within. So it is compiled in a child that may open no file and no connection, and may be lost.

Reads `{"format", "source"}` as JSON, writes `{"html"}` or `{"error"}`. Imports nothing of the product.
"""

from __future__ import annotations

import json
import resource
import sys

import css_inline
import mjml

_CPU_S = 4
_MEMORY_BYTES = 768 * 1024 * 1024


def main() -> None:
    request = json.load(sys.stdin)
    _confine()
    try:
        answer = {"html": _compiled(request["format"], request["source"])}
    except (ValueError, css_inline.InlineError) as error:
        answer = {"error": str(error)}
    json.dump(answer, sys.stdout)


def _confine() -> None:
    for limit, value in (
        (resource.RLIMIT_CPU, _CPU_S),
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_NOFILE, 0),  # what is open stays so; nothing else can be opened, sockets included
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))


def _compiled(kind: str, source: str) -> str:
    page = mjml.mjml2html(source, disable_comments=True, fonts={}, include_loader=_refuse) if kind == "mjml" else source
    return css_inline.inline(page, load_remote_stylesheets=False, keep_style_tags=False)


def _refuse(path: str) -> str:
    raise ValueError(path)


if __name__ == "__main__":
    main()
