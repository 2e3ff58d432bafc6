"""`python -m unisoft_ui.server`: the pages, their events and the server's routes, in one process on one port."""

from __future__ import annotations

import gc
import logging
import os
import sys
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from backend import http
from backend.actors import broker
from backend.errors import ConfigurationError
from backend.http import webhooks
from backend.logs import configure_logging, get_logger
from backend.settings import Settings, get_settings

log = get_logger(__name__)

_ROOT = Path(__file__).resolve().parent.parent
_STOP_WITHIN_S = 3
_LARGEST_MESSAGE_BYTES = 2_000_000
_LONGEST_TURN_S = 0.001
# Phones sleep: 15 s between pings and 20 s to answer one keep a tab without noticing every pause.
_ENVIRONMENT = {
    "REFLEX_ENV_MODE": "prod",
    "REFLEX_SKIP_COMPILE": "true",
    "REFLEX_SOCKET_INTERVAL": "15",
    "REFLEX_SOCKET_TIMEOUT": "20",
    "REFLEX_SOCKET_MAX_HTTP_BUFFER_SIZE": str(_LARGEST_MESSAGE_BYTES),
    "REFLEX_REDIS_MAX_CONNECTIONS": "100",
    "REFLEX_REDIS_POOL_TIMEOUT": "8",  # hundreds of tabs that come back at once take turns
    "REFLEX_TELEMETRY_ENABLED": "false",
}


def build_app(settings: Settings, *, with_pages: bool = True) -> ASGIApp:
    """The whole ASGI application. `with_pages=False` leaves the built pages out.

    Raises:
        ConfigurationError: the pages are not built.
    """
    settings.data_dir = settings.data_dir.resolve()
    os.chdir(_ROOT)  # where Reflex looks for its configuration and for what was built
    os.environ.update(_ENVIRONMENT, __REFLEX_SKIP_COMPILE="true")
    http.serve_people()
    if settings.redis_url:
        broker.connect(settings)
        webhooks.set_event_waker(broker.wake_events)
    if with_pages:
        os.environ["__REFLEX_MOUNT_FRONTEND_COMPILED_APP"] = "true"
        _check_built()
    from unisoft_ui import sent_packets
    from unisoft_ui.unisoft_ui import app

    sent_packets.install()
    return http.reports_first(app())


def uvicorn_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """How the application is served, here and in tests."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=_LARGEST_MESSAGE_BYTES,
        ws_ping_interval=None,  # the protocol above has its own
        ws_per_message_deflate=False,  # its windows would triple what a tab costs; what changes is a few kilobytes
        access_log=False,  # its lines hold query strings
        log_config=None,
        proxy_headers=False,  # `backend.http.requests` decides what to believe
        server_header=False,
        timeout_graceful_shutdown=_STOP_WITHIN_S,
    )


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; open tabs are told to come back."""
    configure_logging(settings, "web")
    run(build_app(settings), settings)


def run(app: ASGIApp, settings: Settings) -> None:
    """Serve what `build_app` gave until SIGTERM or SIGINT."""
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # its lines hold the tokens of tabs
    server = uvicorn.Server(uvicorn_config(app, settings))
    share_interpreter()
    log.info("web_starting", address=settings.origin)
    server.run()


def share_interpreter() -> None:
    """Let no page wait long for a thread that computes, as validating a campaign does for seconds.

    A page that reads ten times from the database waits ten times for its turn: with Python's 5 ms these waits are most
    of what it takes. The collector stops all threads, so what is there for good is not looked at again.
    """
    sys.setswitchinterval(_LONGEST_TURN_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)  # a batch of reports is thousands of objects without a cycle


def _check_built() -> None:
    from unisoft_ui import build

    if not (build.PAGES / "index.html").is_file() and not build.STAMP.is_file():
        raise ConfigurationError("The pages are not built: run `python -m unisoft_ui.build` first")


if __name__ == "__main__":
    serve(get_settings())
