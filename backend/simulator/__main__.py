"""`python -m backend.simulator --port 8025 --data-dir data --web-origin http://127.0.0.1:8000`."""

from __future__ import annotations

import argparse
from pathlib import Path

import uvicorn

from backend.logs import configure_logging
from backend.settings import load_settings
from backend.simulator.app import create_app
from backend.simulator.credentials import simulator_config
from backend.simulator.script import PRESETS


def main() -> None:
    """Serve the simulator on the loopback address until it is stopped."""
    parser = argparse.ArgumentParser(prog="python -m backend.simulator", description="Simulated message providers.")
    parser.add_argument("--port", type=int, default=8025)
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--web-origin", default="http://127.0.0.1:8000", help="where callbacks go")
    parser.add_argument("--script", choices=sorted(PRESETS), default="demo")
    given = parser.parse_args()
    settings = load_settings(data_dir=given.data_dir)
    configure_logging(settings, "simulator")
    config = simulator_config(given.data_dir, settings.signing_key, given.web_origin.rstrip("/"), PRESETS[given.script])
    uvicorn.run(
        create_app(config), host="127.0.0.1", port=given.port, log_config=None, access_log=False, timeout_keep_alive=75
    )


if __name__ == "__main__":
    main()
