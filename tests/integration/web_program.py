"""The real web process without built pages. Writes the event handlers it registered to the file named first."""

from __future__ import annotations

import inspect
import json
import logging
import sys
from pathlib import Path

import uvicorn
from reflex_base.registry import RegistrationContext

from backend.logs import configure_logging
from backend.settings import get_settings
from tests.integration.counting import counted
from unisoft_ui.server import build_app, uvicorn_config


def main() -> None:
    settings = get_settings()
    configure_logging(settings, "web")
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    app = build_app(settings, with_pages=False)
    handlers = RegistrationContext.get().event_handlers
    names = {name: list(inspect.signature(found.handler.fn).parameters)[1:] for name, found in handlers.items()}
    Path(sys.argv[1]).write_text(json.dumps(names))
    uvicorn.Server(uvicorn_config(counted(app), settings)).run()


if __name__ == "__main__":
    main()
