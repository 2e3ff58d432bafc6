"""Configuration of the interface, from the product's settings. Opens no connection."""

from __future__ import annotations

import reflex as rx
from reflex.constants import StateManagerMode

from backend.http.requests import allowed_origins
from backend.settings import get_settings
from unisoft_ui.radix_themes import SmallRadixThemesPlugin
from unisoft_ui.same_origin import SameOriginPlugin
from unisoft_ui.theme import radix_theme

_settings = get_settings()

config = rx.Config(
    app_name="unisoft_ui",
    backend_host="127.0.0.1",
    backend_port=_settings.port,
    api_url=_settings.origin,
    deploy_url=_settings.origin,
    cors_allowed_origins=allowed_origins(_settings),
    trusted_proxy_hops=_settings.trusted_proxy_hops,
    redis_url=_settings.redis_url or None,
    # Parts of a tab's state expire one by one: within a working day none may.
    redis_token_expiration=24 * 3600,
    state_manager_mode=StateManagerMode.REDIS if _settings.redis_url else StateManagerMode.MEMORY,
    # The first that a browser takes is sent; over plain HTTP most take only the second.
    frontend_compression_formats=["brotli", "gzip"],
    plugins=[SmallRadixThemesPlugin(theme=radix_theme()), SameOriginPlugin()],
    disable_plugins=[rx.plugins.SitemapPlugin],
    telemetry_enabled=False,
    show_built_with_reflex=False,
    default_color_mode="system",
)
