from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import structlog

from backend.logs import configure_logging, get_logger, masked
from backend.settings import load_settings

EMAIL, PHONE, URL = "ruth@example.org", "+33612345678", "postgresql://unisoft:s3cret@db:5432/unisoft"
SHOWN = {EMAIL: "r…@example.org", PHONE: "+…78", URL: "postgresql://…@db:5432/unisoft"}
HIDDEN = {EMAIL: "ruth@", PHONE: "33612345678", URL: "s3cret"}


@pytest.fixture(params=["json", "console"])
def written(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_logging: None
) -> Callable[[], str]:
    """What was logged so far, in each of the two formats."""
    out = io.StringIO()
    monkeypatch.setattr("sys.stderr", out)
    configure_logging(load_settings(_env_file=None, data_dir=tmp_path, log_format=request.param), "web")
    return out.getvalue


def fresh_logger() -> structlog.stdlib.BoundLogger:
    # Bound now: the loggers of modules keep what was configured when they first wrote.
    return get_logger("backend.tests").new()


def refuse(address: str) -> None:
    raise LookupError(f"no such address: {address}")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sent to ruth@example.org", "sent to r…@example.org"),
        ("Ruth.Azoulay+kol-nidre@mail.example.co.il!", "R…@mail.example.co.il!"),
        ("<a@example.org>, <b@example.org>", "<a…@example.org>, <b…@example.org>"),
        ("whatsapp:+33612345678", "whatsapp:+…78"),
        ("+33612345678,+972541234567", "+…78,+…67"),
        ("redis://:p4ss@127.0.0.1:6379/0", "redis://…@127.0.0.1:6379/0"),
        ("postgresql+psycopg://u:p@ss/w0rd", "postgresql+psycopg://…@ss/w0rd"),
        ("https://example.org/u/7-abc", "https://example.org/u/7-abc"),
        ("3 of 1250 recipients at 19:15", "3 of 1250 recipients at 19:15"),
        ("2026-09-01T08:00:00+02:00", "2026-09-01T08:00:00+02:00"),
        ("SM0123456789abcdef", "SM0123456789abcdef"),
    ],
)
def test_what_identifies_a_person_is_masked_and_nothing_else(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize("personal", SHOWN, ids=["email", "phone", "url"])
@pytest.mark.parametrize("where", ["message", "keyword", "exception", "context", "stdlib", "stdlib argument"])
def test_personal_data_is_masked_wherever_it_stands(written: Callable[[], str], personal: str, where: str) -> None:
    log, stdlib = fresh_logger(), logging.getLogger("somebody.else")
    if where == "message":
        log.warning(f"refused {personal}")  # noqa: G004 - on purpose
    elif where == "keyword":
        log.warning("refused", field_nobody_thought_of=f"for {personal} today")
    elif where == "context":
        with structlog.contextvars.bound_contextvars(asked=personal):
            log.warning("refused")
    elif where == "stdlib":
        stdlib.warning(f"refused {personal}")
    elif where == "stdlib argument":
        stdlib.warning("refused %s", personal)
    else:
        try:
            refuse(personal)
        except LookupError:
            log.exception("refused")
    assert HIDDEN[personal] not in written()
    assert SHOWN[personal] in written()
    assert "refused" in written()


@pytest.mark.parametrize(
    "name", ["password", "token", "secret", "authorization", "Authorization", "cookie", "api_key", "AUTH_TOKEN"]
)
@pytest.mark.parametrize("value", ["hunter2", 47110815, ["hunter2"], b"hunter2"], ids=str)
def test_a_secret_is_hidden_by_its_name(written: Callable[[], str], name: str, value: Any) -> None:
    fresh_logger().warning("signed_in", **{name: value})
    assert "hunter2" not in written()
    assert "47110815" not in written()
    assert "…" in written()


def test_a_line_says_which_process_and_which_request(written: Callable[[], str]) -> None:
    with structlog.contextvars.bound_contextvars(request_id="4f2c9a"):
        fresh_logger().info("inside")
        logging.getLogger("somebody.else").warning("a library inside")
    fresh_logger().info("outside")
    inside, library, outside = written().splitlines()
    assert "4f2c9a" in inside
    assert "4f2c9a" in library
    assert "4f2c9a" not in outside
    assert all("web" in line for line in (inside, library, outside))


@pytest.mark.parametrize("written", ["json"], indirect=True)
def test_json_lines_can_be_read_by_a_program(written: Callable[[], str]) -> None:
    fresh_logger().warning("event_left_out", left_out=3, title="Kol Nidre à 19h15\nsecond line")
    [line] = written().splitlines()
    facts = json.loads(line)
    assert (facts["event"], facts["level"], facts["left_out"]) == ("event_left_out", "warning", 3)
    assert facts["timestamp"].endswith("Z")
    assert facts["title"] == "Kol Nidre à 19h15\nsecond line"


@pytest.mark.parametrize("noisy", ["httpx", "asyncio", "twilio", "engineio"])
def test_libraries_that_log_what_they_send_are_quiet(written: Callable[[], str], noisy: str) -> None:
    logging.getLogger(noisy).info("POST https://api.example.org/?to=0612345678")
    assert written() == ""


def test_a_traceback_keeps_its_frames_but_no_address(written: Callable[[], str]) -> None:
    try:
        refuse(EMAIL)
    except LookupError:
        fresh_logger().exception("failed")
    text = written()
    assert "LookupError" in text
    assert "test_logs.py" in text
    assert HIDDEN[EMAIL] not in text
