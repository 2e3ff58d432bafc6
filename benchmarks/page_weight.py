"""`python -m benchmarks.page_weight`: what the browser downloads for the sign-in page and the list of campaigns.

The page itself, its styles, and every script it names or preloads, over the wire with gzip.
"""

from __future__ import annotations

import http.client
import re
import sys

from benchmarks.reports import Figure, show
from benchmarks.stages import pages_are_built, sign_in, stage

_LIST, _SIGN_IN = "/app/messages/campagnes", "/login"
_ASSET = re.compile(rb"""["'](/[^"'\s]+\.(?:js|css|woff2))["']""")
_KIB = 1024


def main() -> int:
    if not pages_are_built():
        print("The pages are not built: run `python -m unisoft_ui.build` first", file=sys.stderr)
        return 1
    figures: list[Figure] = []
    with stage() as running:
        running.start_web()
        pages = (("list of campaigns", _LIST, sign_in(running.web_port)), ("sign-in page", _SIGN_IN, ""))
        for name, path, cookie in pages:
            sizes = _weigh(running.web_port, path, cookie)
            figures += [Figure(f"{name}: {kind}", "KiB", [size / _KIB], digits=1) for kind, size in sizes.items()]
    show("Page weight, first visit, over the wire", figures)
    return 0


def _weigh(port: int, path: str, cookie: str) -> dict[str, int]:
    """Bytes of each kind: the page and what it names."""
    size, body = _get(port, path, cookie)
    sizes = {"page": size}
    for name in sorted(set(_ASSET.findall(body))):
        size, _ = _get(port, name.decode(), cookie)
        kind = name.rpartition(b".")[2].decode()
        sizes[kind] = sizes.get(kind, 0) + size
    return {**sizes, "all": sum(sizes.values())}


def _get(port: int, path: str, cookie: str) -> tuple[int, bytes]:
    """Bytes over the wire, and the content, which is asked for again without compression."""
    sizes: list[int] = []
    body = b""
    for encoding in ("gzip", "identity"):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", path, headers={"Accept-Encoding": encoding, "Cookie": cookie})
        response = connection.getresponse()
        body = response.read()
        if response.status != http.client.OK:
            raise RuntimeError(f"{path}: {response.status}")
        sizes.append(len(body))
        connection.close()
    return sizes[0], body


if __name__ == "__main__":
    sys.exit(main())
