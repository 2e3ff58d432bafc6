"""`python -m benchmarks.counted_web`: the real web process, which also tells how many tasks and threads it has."""

from __future__ import annotations

from backend.logs import configure_logging
from backend.settings import get_settings
from tests.integration.counting import counted
from unisoft_ui.server import build_app, run


def main() -> None:
    settings = get_settings()
    configure_logging(settings, "web")
    run(counted(build_app(settings)), settings)


if __name__ == "__main__":
    main()
