"""What may be believed about a request: who sent it, from which page, and its header values."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from backend.settings import Settings, get_settings

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_OWN_PAGES = {"same-origin", "none"}  # none: typed into the address bar


def client_ip(scope: Scope) -> str:
    """The address of whoever asks; `X-Forwarded-For` counts only behind `TRUSTED_PROXY_HOPS` proxies."""
    hops = get_settings().trusted_proxy_hops
    if hops:
        forwarded = Headers(scope=scope).get("x-forwarded-for", "")
        addresses = [part.strip() for part in forwarded.split(",") if part.strip()]
        if len(addresses) >= hops:
            return addresses[-hops]
    return (scope.get("client") or ("unknown", 0))[0]


def is_loopback(scope: Scope) -> bool:
    """Whether the request comes from this machine and through no proxy."""
    return client_ip(scope) in {"127.0.0.1", "::1"} and "x-forwarded-for" not in Headers(scope=scope)


@lru_cache(maxsize=1)
def _allowed() -> frozenset[str]:
    return frozenset(allowed_origins(get_settings()))


def allowed_origins(settings: Settings) -> tuple[str, ...]:
    """The origins whose pages may talk to us: `PUBLIC_URL`, or this machine by any of its names."""
    own = urlsplit(settings.origin)
    host = f"[{own.hostname}]" if ":" in (own.hostname or "") else own.hostname or ""
    if settings.public_url or host not in _LOOPBACK:
        return (f"{own.scheme}://{own.netloc}",)
    return tuple(f"{own.scheme}://{name}:{own.port or 80}" for name in _LOOPBACK)


def is_foreign_origin(headers: Headers) -> bool:
    """Whether a page of somebody else's sent this. A missing Origin is no page at all."""
    origin = headers.get("origin")
    return origin is not None and origin not in _allowed()


def comes_from_own_page(headers: Headers) -> bool:
    """Whether a form of ours sent this. Browsers always say; whoever says nothing is refused."""
    if is_foreign_origin(headers):
        return False
    site = headers.get("sec-fetch-site")
    return site in _OWN_PAGES if site else "origin" in headers


def is_from_own_page(headers: Headers) -> bool:
    """Whether a link of ours, or the address bar, led here. Who does not say is believed."""
    site = headers.get("sec-fetch-site")
    return not is_foreign_origin(headers) and (site is None or site in _OWN_PAGES)


def without_headers(scope: Scope, *names: bytes) -> list[tuple[bytes, bytes]]:
    """The raw headers but for some. Names are lower case."""
    raw: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return [(name, value) for name, value in raw if name.lower() not in names]
