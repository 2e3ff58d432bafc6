"""`unisoft run`: the whole product on one machine, in one terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable

from backend.logs import configure_logging, get_logger
from backend.processes.environment_file import write_environment_file
from backend.processes.errors import StartError
from backend.processes.plan import Plan
from backend.processes.ports import require_free_port
from backend.processes.product import product_plan
from backend.processes.signals import Signals
from backend.processes.singleton import only_one
from backend.processes.spawning import Guard
from backend.processes.supervision import StopRequested, Supervision
from backend.settings import Settings, load_settings, running_environment_file

log = get_logger(__name__)


def run(settings: Settings, *, demo: bool = True) -> int:
    """Start everything and stay until Ctrl-C or SIGTERM. Call it from the main thread.

    Returns:
        the exit code: 0 when asked to stop, 1 when it could not start; the reason is on standard error.
    """
    configure_logging(settings, "run")
    return supervise(settings, lambda current: product_plan(current, demo=demo))


def supervise(settings: Settings, make_plan: Callable[[Settings], Plan], grace_s: float = 20) -> int:
    """`run` with any plan; the plan is made when the port and DATA_DIR are known to be ours.

    Args:
        grace_s: how long the children have to stop when this process is killed.
    """
    try:
        require_free_port(settings.host, settings.port)
        with only_one(settings.data_dir) as lock, Signals() as signals:
            plan = make_plan(_without_leftovers(settings))
            _run_plan(plan, settings, signals, Guard(keep_open=lock, grace_s=grace_s))
    except StopRequested:
        return 0
    except StartError as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201 - one sentence for the person at the terminal
        return 1
    return 0


def _run_plan(plan: Plan, settings: Settings, signals: Signals, guard: Guard) -> None:
    shared_file = running_environment_file(settings.data_dir)
    supervision = Supervision(plan, signals, guard)
    try:
        write_environment_file(shared_file, plan.shared_variables)
        supervision.run()
    finally:
        if signals.stop:
            log.info("stopping")
        supervision.stop()
        guard.close()
        shared_file.unlink(missing_ok=True)
        plan.on_end()


def _without_leftovers(settings: Settings) -> Settings:
    """The settings without what a killed run left in its file: its Redis and its simulator are gone."""
    leftover = running_environment_file(settings.data_dir)
    if not leftover.exists():
        return settings
    leftover.unlink()
    given = {name: getattr(settings, name) for name in ("port", "host", "data_dir", "log_level", "log_format")}
    return load_settings(**given)
