"""The simulator on a free loopback port, in a thread of this process: for tests and benchmarks."""

from __future__ import annotations

import json
import socket
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from backend.settings import Settings, load_settings
from backend.simulator.app import create_app
from backend.simulator.credentials import simulator_config, simulator_environment
from backend.simulator.script import CLEAN, Script

_STOP_WITHIN_S = 10


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve an application until the block ends; gives the origin, such as `http://127.0.0.1:41234`."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, access_log=False, log_level="critical", timeout_graceful_shutdown=1)
    server = _Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        if not server.ready.wait(_STOP_WITHIN_S):
            raise TimeoutError("the server did not start")
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_STOP_WITHIN_S)
        listener.close()


@dataclass(frozen=True, slots=True)
class RunningSimulator:
    """A simulator that answers at `origin`. `environment` makes the product use it for every provider."""

    origin: str
    environment: dict[str, str]

    def control(self, method: str, path: str, values: dict[str, Any] | None = None) -> Any:
        """Call its own API, such as `control("PUT", "script", {"throttle_rate": 1})`; returns the JSON answer."""
        body = None if values is None else json.dumps(values).encode()
        request = urllib.request.Request(f"{self.origin}/simulator/{path}", body, method=method)  # noqa: S310 - our own
        with urllib.request.urlopen(request, timeout=_STOP_WITHIN_S) as response:  # noqa: S310
            return json.loads(response.read() or b"null")

    def settings(self, **overrides: object) -> Settings:
        """The product's settings with this simulator in them."""
        return load_settings(_env_file=None, **{**{k.lower(): v for k, v in self.environment.items()}, **overrides})


@contextmanager
def running_simulator(
    data_dir: Path, web_origin: str = "http://127.0.0.1:9", script: Script = CLEAN, signing_key: str = "k" * 40
) -> Iterator[RunningSimulator]:
    """A simulator in a thread, clean unless told otherwise; it reports to `web_origin` (nobody listens at port 9)."""
    with serving(create_app(simulator_config(data_dir, signing_key, web_origin, script))) as origin:
        by_provider = simulator_environment(data_dir, signing_key, origin, web_origin)
        environment = {name: value for variables in by_provider.values() for name, value in variables.items()}
        environment |= {"SECRET_KEY": signing_key, "PUBLIC_URL": web_origin, "DATA_DIR": str(data_dir)}
        yield RunningSimulator(origin, environment)
