"""The product's processes, with a point at which they fail: `python -m tests.faults.failing_program ROLE`.

ROLE is `worker`, `scheduler`, `web`, `validate ID` (confirm a campaign as the web process does) or `run`
(the supervisor with worker, scheduler and a web process without built pages).

FAIL_AT names one of `_POINTS`. The FAIL_NTH time that it is reached the process kills itself with SIGKILL;
with FAIL_WITH=stop it freezes, until somebody lets it go on; with FAIL_WITH=error every time up to that one fails
like a database that is gone, with FAIL_WITH=defect like nothing anybody thought of. The product knows none of this:
its functions are wrapped from outside before the role starts.
"""

from __future__ import annotations

import functools
import inspect
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import dramatiq.brokers.redis
from sqlalchemy.exc import OperationalError

from backend import database, realtime
from backend.actors import broker
from backend.cli import main as unisoft
from backend.logs import configure_logging
from backend.processes.plan import Plan
from backend.processes.product import product_plan
from backend.processes.supervisor import supervise
from backend.providers.sendgrid.sender import SendGridSender
from backend.providers.twilio.sender import TwilioSender
from backend.providers.whatsapp.sender import GatewaySender
from backend.repositories import audit, campaigns, credits, recipients
from backend.services import delivery, recording, sending, settling, validation
from backend.services.acting import OPERATOR
from backend.settings import Settings, get_settings
from tests.integration import web_program

_Function = Callable[..., Any]


class _Point:
    """Counts how often it is reached, by all threads, and fails when its time has come."""

    def __init__(self, nth: int, fail_with: str) -> None:
        self._left, self._fail_with, self._lock = nth, fail_with, threading.Lock()

    def reach(self) -> None:
        with self._lock:
            self._left -= 1
            if error := _ERRORS.get(self._fail_with):
                if self._left >= 0:
                    raise error
            elif self._left == 0:
                _freeze() if self._fail_with == "stop" else os.kill(os.getpid(), signal.SIGKILL)


def _freeze() -> None:
    """Not while another thread has SQLite's turn to write: everybody else would wait for it.

    The signal goes to this very thread: until another one had taken it, this one would go on.
    """
    with database._sqlite_writer:
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


def _before(owner: object, name: str) -> Callable[[_Point], None]:
    def install(point: _Point) -> None:
        function: _Function = getattr(owner, name)

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            point.reach()
            return function(*args, **kwargs)

        setattr(owner, name, wrapper)

    return install


def _after(owner: object, name: str) -> Callable[[_Point], None]:
    def install(point: _Point) -> None:
        function: _Function = getattr(owner, name)
        assert not inspect.iscoroutinefunction(function), "its end is not the end of the call"

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            result = function(*args, **kwargs)
            point.reach()
            return result

        setattr(owner, name, wrapper)

    return install


def _before_each_post(point: _Point) -> None:
    for sender in (TwilioSender, SendGridSender, GatewaySender):
        _before(sender, "send")(point)


def _before_the_commit_of_a_record(point: _Point) -> None:
    """`close_books` is the last step of several transactions: only the one inside `record_results` counts."""
    inside = threading.local()
    record, close = recording.record_results, settling.close_books

    @functools.wraps(record)
    def recorded(*args: Any, **kwargs: Any) -> None:
        inside.record = True
        try:
            record(*args, **kwargs)
        finally:
            inside.record = False

    @functools.wraps(close)
    def closed(*args: Any, **kwargs: Any) -> None:
        close(*args, **kwargs)
        if getattr(inside, "record", False):
            point.reach()

    recording.record_results, settling.close_books = recorded, closed


_ERRORS: dict[str, Exception] = {
    "error": OperationalError("SELECT 1", {}, Exception("the database is away")),
    "defect": RuntimeError("nobody thought of this"),
}
_POINTS: dict[str, Callable[[_Point], None]] = {
    # A send: claim committed, composed and its time looked at, posted, answered, recorded, committed, acknowledged.
    "before_drain": _before(campaigns, "touch_drain"),
    "before_compose": _before(sending, "compose"),
    "after_claim": _before_each_post,
    "before_record": _before(recording, "record_results"),
    "in_record": _before_the_commit_of_a_record,
    "after_record": _after(recording, "record_results"),
    "before_ack": _before(dramatiq.brokers.redis._RedisConsumer, "ack"),
    # A confirmation: one transaction, then the wake-up.
    "before_status": _before(campaigns, "validate_draft"),
    "before_reserve": _before(credits, "reserve"),
    "before_freeze": _before(recipients, "freeze"),
    "after_freeze": _after(recipients, "freeze"),
    "before_commit": _after(audit, "record"),
    "before_signal": _before(realtime, "signal_campaign"),
    "before_wake_up": _before(realtime, "wake_campaign"),
    # A report.
    "before_store": _before(delivery, "store_events"),
    "after_store": _after(delivery, "store_events"),
}


def main() -> None:
    point = _Point(int(os.environ.get("FAIL_NTH", "1")), os.environ.get("FAIL_WITH", "death"))
    if name := os.environ.get("FAIL_AT"):
        _POINTS[name](point)
    role, arguments = sys.argv[1], sys.argv[2:]
    if role == "web":
        web_program.main()
    elif role == "validate":
        broker.connect(get_settings())
        validation.validate_campaign(OPERATOR, int(arguments[0]))
    elif role == "run":
        configure_logging(get_settings(), "run")
        sys.exit(supervise(get_settings(), _plan))
    else:
        unisoft()


def _plan(settings: Settings) -> Plan:
    """The product's own plan with nothing to prepare: the database is migrated, and nobody looks at pages."""
    plan = product_plan(settings, demo=False)
    web, *others = plan.services
    command = (sys.executable, "-m", "tests.integration.web_program", str(settings.data_dir / "handlers.json"))
    return replace(plan, preparation=(), services=(replace(web, command=command), *others))


if __name__ == "__main__":
    main()
