"""What every process of tests needs: logs beside what a test reads, and no test against the clock."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

# A machine that has other things to do is slow, and no test is wrong for that.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
settings.load_profile("tests")


@pytest.fixture(scope="session", autouse=True)
def _logs_beside_the_output() -> None:
    """Log lines go to pytest's own handlers.

    A server in a thread logs when it likes, also while another test compares a command's output word by word.
    """
    structlog.configure(
        processors=[structlog.stdlib.add_log_level, structlog.dev.ConsoleRenderer(colors=False)],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


@pytest.fixture
def own_logging() -> Iterator[None]:
    """A test may configure logging as a process does; afterwards it is what it was."""
    root, handlers, level = logging.getLogger(), logging.getLogger().handlers[:], logging.getLogger().level
    levels = {name: logger.level for name, logger in _loggers().items()}
    configured = structlog.get_config()
    yield
    structlog.contextvars.clear_contextvars()
    structlog.configure(**configured)
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, logger in _loggers().items():
        logger.setLevel(levels.get(name, logging.NOTSET))


def _loggers() -> dict[str, logging.Logger]:
    known = logging.root.manager.loggerDict
    return {name: logger for name, logger in known.items() if isinstance(logger, logging.Logger)}
