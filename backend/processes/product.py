"""The processes of the product, for one machine."""

from __future__ import annotations

import http.client
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from backend.processes.announcement import Announcement
from backend.processes.embedded_valkey import prepare_valkey
from backend.processes.plan import Child, Plan, Step
from backend.processes.ports import free_port, reachable_host
from backend.settings import CREDENTIAL_OF, Provider, Settings


@dataclass(frozen=True)
class _Part:
    """Children that belong together and what the others have to know about them."""

    children: tuple[Child, ...]
    variables: Mapping[str, str]


def product_plan(settings: Settings, *, demo: bool) -> Plan:
    """Choose ports and servers and name every process. Writes below DATA_DIR; starts nothing."""
    stores = _stores(settings)
    simulator = _simulator(settings)
    shared = {**stores.variables, **simulator.variables}
    announcement = Announcement(settings.origin)
    return Plan(
        environment=os.environ
        | {"PORT": str(settings.port), "HOST": settings.host, "DATA_DIR": str(settings.data_dir.resolve())}
        | shared,
        foundation=stores.children,
        companions=simulator.children,
        preparation=(_database_steps(announcement, demo=demo), (Step("build the pages", _module("unisoft_ui.build")),)),
        services=_services(settings),
        shared_variables=shared,
        on_ready=announcement.ready,
        on_end=announcement.end,
    )


def _module(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name, *arguments)


def _stores(settings: Settings) -> _Part:
    if settings.redis_url:
        return _Part((), {"REDIS_URL": settings.redis_url})
    server = prepare_valkey(settings.data_dir / "valkey")
    child = Child("valkey", server.command, ready=server.answers, ready_within_s=30, stop_within_s=10)
    return _Part((child,), {"REDIS_URL": server.url})


def _simulator(settings: Settings) -> _Part:
    from backend.simulator.credentials import simulator_environment

    port, data_dir = free_port(preferred=settings.port + 1), settings.data_dir.resolve()
    offered = simulator_environment(data_dir, settings.signing_key, f"http://127.0.0.1:{port}", settings.origin)
    simulated: list[Provider] = [provider for provider in offered if _is_simulated(settings, provider)]
    if not simulated:
        return _Part((), {})
    arguments = ("--port", str(port), "--data-dir", str(data_dir), "--web-origin", settings.origin)
    variables = {key: value for provider in simulated for key, value in offered[provider].items()}
    return _Part(
        (Child("simulator", _module("backend.simulator", *arguments), stop_within_s=3),),
        {**variables, "SIMULATED_PROVIDERS": ",".join(simulated)},
    )


def _is_simulated(settings: Settings, provider: Provider) -> bool:
    # A simulated phone beside real messages would lie: whom it pretends to reach is not sent the real SMS.
    # And what a pretend card buys must not pay for real messages.
    needed: list[Provider] = [provider, "twilio"] if provider in {"whatsapp", "stripe"} else [provider]
    return not any(getattr(settings, CREDENTIAL_OF[name]) for name in needed)


def _database_steps(announcement: Announcement, *, demo: bool) -> tuple[Step, ...]:
    steps = (
        Step("migrate the database", _module("backend.cli", "migrate")),
        Step(
            "make the first administrator",
            _module("backend.cli", "user", "ensure-admin"),
            take_output=announcement.take_administrator,
        ),
    )
    if demo:
        steps += (Step("add demonstration data", _module("backend.cli", "demo", "--if-empty")),)
    return steps


def _services(settings: Settings) -> tuple[Child, ...]:
    return (
        Child("web", _module("unisoft_ui.server"), ready=partial(is_healthy, settings.host, settings.port)),
        Child("worker", _module("backend.cli", "worker")),
        Child("scheduler", _module("backend.cli", "scheduler")),
    )


def is_healthy(host: str, port: int) -> bool:
    """Whether the web process says on `/healthz` that it is up. No proxy is asked, whatever the environment says."""
    connection = http.client.HTTPConnection(reachable_host(host), port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
