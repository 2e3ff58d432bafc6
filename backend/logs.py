"""Structured logs: one line an event, a correlation id, and no personal data.

Addresses are masked by value wherever they stand, so a field nobody thought of is safe too.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import stamina.instrumentation
import structlog

from backend.settings import Settings

_EMAIL = re.compile(r"([^\s@<>()\[\]{}\"',;:=/%])[^\s@<>()\[\]{}\"',;:=/]*@((?:[\w-]+\.)+[\w-]{2,})")
_PHONE = re.compile(r"(?:\+|%2B)\d(?:[ .\-()\u00a0]{0,2}\d){4,12}(\d\d)(?!\d)", re.IGNORECASE)
_SECRET_KEY = re.compile(r"password|token|secret|authorization|cookie|api_?key", re.IGNORECASE)
_CREDENTIALS_IN_URL = re.compile(r"(\w+://)[^/@\s]*@")


def masked(text: str) -> str:
    """Hide what identifies a person: `ruth@example.org` → `r…@example.org`, `+33612345678` → `+…78`."""
    text = _CREDENTIALS_IN_URL.sub(r"\1…@", text)
    return _PHONE.sub(r"+…\1", _EMAIL.sub(r"\1…@\2", text))


def _masked_value(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {name: "…" if _SECRET_KEY.search(str(name)) else _masked_value(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked_value(one) for one in value]
    return masked(str(value))


def _mask(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if not key.startswith("_"):  # structlog's own, taken out before rendering
            event[key] = "…" if _SECRET_KEY.search(key) else _masked_value(value)
    return event


def configure_logging(settings: Settings, process: str) -> None:
    """Send structlog and the standard library's loggers through one pipeline to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _mask,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    for noisy in ("httpx", "asyncio", "aiohttp.access", "engineio", "socketio", "twilio", "twilio.async_http_client"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    stamina.instrumentation.set_on_retry_hooks([])  # they log arguments
    structlog.contextvars.bind_contextvars(process=process)


def brief(error: BaseException) -> str:
    """The kind of an error and its first line: what a database adds below may quote somebody's data."""
    cause = getattr(error, "orig", None) or error
    first_line = str(cause).partition("\n")[0]
    return f"{type(cause).__name__}: {first_line[:200]}"


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose first argument is an event name and whose keywords are its facts."""
    return structlog.stdlib.get_logger(name)
