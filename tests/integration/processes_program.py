"""A small product for the tests of the supervisor: `python -m tests.integration.processes_program`.

Every process leaves `pids/NAME-PID`, its fork leaves `pids/NAME.fork-PID`, and SIGTERM is written to `stops`.
"""

from __future__ import annotations

import http.server
import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

from backend.processes.plan import Child, Plan, Step
from backend.processes.product import is_healthy
from backend.processes.supervisor import supervise
from backend.settings import Settings, load_settings


def supervisor(mode: str) -> int:
    settings = load_settings()
    return supervise(settings, lambda current: stub_plan(current, mode), grace_s=2)


def stub_plan(settings: Settings, mode: str) -> Plan:
    def command(name: str) -> tuple[str, ...]:
        return (sys.executable, "-m", "tests.integration.processes_program", "child", name)

    print(f"REDIS_URL={settings.redis_url}", flush=True)
    failing = Step("fail", (sys.executable, "-c", "raise SystemExit(3)"))
    greeting = Step("greet", (sys.executable, "-c", "print('hello')"), take_output=lambda text: print(text, end=""))
    return Plan(
        environment=os.environ | {"SECRET_OF_RUN": "s3cret"},
        foundation=(Child("store", command("store"), stop_within_s=5),),
        preparation=((greeting,), (failing,) if mode == "failing_step" else ()),
        services=(
            Child("web", command("web"), ready=partial(is_healthy, settings.host, settings.port), stop_within_s=5),
            Child("worker", command("stubborn" if mode == "stubborn" else "worker"), stop_within_s=60),
        ),
        shared_variables={"REDIS_URL": "redis://:pa'ss${HOME}@127.0.0.1:1/0"},
        on_ready=lambda: print("READY", flush=True),
        on_end=lambda: print("END", flush=True),
    )


def child(name: str) -> None:
    folder = Path(os.environ["DATA_DIR"])

    def stop(_number: int, _frame: object) -> None:
        with (folder / "stops").open("a") as file:
            file.write(f"{name}\n")
        if name != "stubborn":
            os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    (folder / "pids").mkdir(exist_ok=True)
    (folder / "pids" / f"{name}-{os.getpid()}").touch()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what a fork does that nobody told to stop
        (folder / "pids" / f"{name}.fork-{os.getpid()}").touch()
        time.sleep(300)
        os._exit(0)
    if name == "web":
        serve(int(os.environ["PORT"]))
    while True:
        time.sleep(300)


def serve(port: int) -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            """Silent."""

    http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    if sys.argv[1] == "child":
        child(sys.argv[2])
    else:
        sys.exit(supervisor(sys.argv[1]))
