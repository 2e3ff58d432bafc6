"""`python -m benchmarks.page_weight`: what the browser downloads for each page on a first visit.

The page itself, its styles, and every script it names or preloads, over the wire: in Brotli, as browsers take it from
HTTPS and from this machine, and in gzip, as over plain HTTP. A kB is 1,000 bytes.
"""

from __future__ import annotations

import http.client
import re
import sys

from benchmarks.reports import Figure, show
from benchmarks.stages import pages_are_built, sign_in, stage
from unisoft_ui import routes

_PAGES = {
    "list of campaigns": routes.CAMPAIGNS,
    "details": routes.CAMPAIGN_DETAIL,
    "editor": routes.CAMPAIGN_NEW,
    "trash": routes.TRASH,
    "sign-in page": routes.LOGIN,
}
_ENCODINGS = {"Brotli": "gzip, deflate, br, zstd", "gzip": "gzip, deflate"}
_ASSET = re.compile(rb"""["'](/[^"'\s]+\.(?:js|css|woff2))["']""")
_KB = 1000


def main() -> int:
    if not pages_are_built():
        print("The pages are not built: run `python -m unisoft_ui.build` first", file=sys.stderr)
        return 1
    figures: list[Figure] = []
    with stage() as running:
        running.start_web()
        cookie = sign_in(running.web_port)
        for name, path in _PAGES.items():
            for encoding, accepted in _ENCODINGS.items():
                sizes = _weigh(running.web_port, path, "" if path == routes.LOGIN else cookie, accepted)
                figures += [
                    Figure(f"{name}, {encoding}: {kind}", "kB", [size / _KB], digits=1) for kind, size in sizes.items()
                ]
    show("Page weight, first visit, over the wire", figures)
    return 0


def _weigh(port: int, path: str, cookie: str, accepted: str) -> dict[str, int]:
    """Bytes of each kind: the page and what it names."""
    body = _get(port, path, cookie, "identity")
    sizes = {"page": len(_get(port, path, cookie, accepted)), "css": 0, "js": 0}
    for name in sorted(set(_ASSET.findall(body))):
        kind = name.rpartition(b".")[2].decode()
        sizes[kind] = sizes.get(kind, 0) + len(_get(port, name.decode(), cookie, accepted))
    return {**sizes, "all": sum(sizes.values())}


def _get(port: int, path: str, cookie: str, accepted: str) -> bytes:
    """A body as it comes over the wire."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Accept-Encoding": accepted, "Cookie": cookie})
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise RuntimeError(f"{path}: {response.status}")
    return body


if __name__ == "__main__":
    sys.exit(main())
