import json
from email.message import Message
from urllib.error import URLError

import pytest
from python_http_client.exceptions import HTTPError

from backend import clock
from backend.providers.base import Verdict
from backend.providers.sendgrid.answers import answer_of, answer_of_error
from backend.providers.sendgrid.client import NotConnectedError


def headers(**values: str) -> Message:
    message = Message()
    for name, value in values.items():
        message[name.replace("_", "-")] = value
    return message


def refusal(*fields: str | None) -> bytes:
    return json.dumps({"errors": [{"message": "said so", "field": field, "help": None} for field in fields]}).encode()


def error(status: int, body: bytes = b"", **values: str) -> HTTPError:
    return HTTPError(status, "reason", body, headers(**values))


@pytest.mark.parametrize(
    ("status", "given", "expected"),
    [
        (202, headers(X_Message_Id="abc"), Verdict.ACCEPTED),
        (202, headers(), Verdict.UNKNOWN),
        (200, headers(X_Message_Id="abc"), Verdict.UNKNOWN),
    ],
)
def test_success(status, given, expected):
    assert answer_of(status, given).verdict is expected


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (error(429), Verdict.DEFERRED),
        (error(401, refusal(None)), Verdict.MISCONFIGURED),
        (error(403, refusal(None)), Verdict.MISCONFIGURED),
        (error(413, b"<html>413</html>"), Verdict.MISCONFIGURED),
        (error(301), Verdict.MISCONFIGURED),
        (error(400, refusal("from.email")), Verdict.MISCONFIGURED),
        (error(400, refusal(None)), Verdict.MISCONFIGURED),
        (error(400, b"<html>"), Verdict.MISCONFIGURED),
        (error(400, refusal("personalizations.1.to", "subject")), Verdict.MISCONFIGURED),
        (error(400, refusal("personalizations.1.to")), Verdict.REFUSED),
        (error(500), Verdict.UNKNOWN),
        (error(503, b"<html>"), Verdict.UNKNOWN),
        (error(408), Verdict.UNKNOWN),
        (URLError(NotConnectedError("refused")), Verdict.DEFERRED),
        (URLError(ConnectionResetError()), Verdict.UNKNOWN),
        (URLError(TimeoutError()), Verdict.UNKNOWN),
        (TimeoutError(), Verdict.UNKNOWN),
        (ConnectionResetError(), Verdict.UNKNOWN),
        (RuntimeError(), Verdict.UNKNOWN),
    ],
)
def test_errors(raised, expected):
    assert answer_of_error(raised).verdict is expected


def test_the_recipients_a_refusal_names():
    body = refusal("personalizations.17.to.0.email", "personalizations.3", "personalizations.5.substitutions")
    refused = answer_of_error(error(400, body)).refused
    assert {position: code for position, (code, _) in refused.items()} == {17: "invalid", 3: "rejected", 5: "rejected"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [({"Retry_After": "7"}, 7), ({"Retry_After": "99999999"}, 3_600), ({}, None), ({"Retry_After": "soon"}, None)],
)
def test_the_wait_of_a_429(values, expected):
    assert answer_of_error(error(429, **values)).retry_after_s == expected


def test_the_wait_until_the_limit_is_renewed():
    reset = str(int(clock.now().timestamp()) + 30)
    assert 25 < (answer_of_error(error(429, X_RateLimit_Reset=reset)).retry_after_s or 0) <= 30
    assert answer_of_error(error(429, X_RateLimit_Reset="5")).retry_after_s == 0
