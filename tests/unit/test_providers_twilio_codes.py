import json
from types import SimpleNamespace

import aiohttp
import pytest

from backend.providers.base import MessageState, Verdict
from backend.providers.twilio.codes import result_of, result_of_failure, retry_after_s, state_of


def refusal(code: object) -> str:
    return json.dumps({"code": code, "message": "said so", "status": 400})


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, 21211, Verdict.REFUSED),
        (400, 21610, Verdict.REFUSED),
        (403, 21408, Verdict.REFUSED),
        (400, 63003, Verdict.REFUSED),
        (400, 21999, Verdict.REFUSED),
        (429, 20429, Verdict.DEFERRED),
        (429, 0, Verdict.DEFERRED),
        (400, 21611, Verdict.DEFERRED),
        (400, 63018, Verdict.DEFERRED),
        (400, 30022, Verdict.DEFERRED),
        (401, 20003, Verdict.MISCONFIGURED),
        (403, 20006, Verdict.MISCONFIGURED),
        (404, 20404, Verdict.MISCONFIGURED),
        (400, 21606, Verdict.MISCONFIGURED),
        (400, 21659, Verdict.MISCONFIGURED),
        (400, 63016, Verdict.MISCONFIGURED),
        (400, 21602, Verdict.MISCONFIGURED),
        (400, 21617, Verdict.MISCONFIGURED),
        (400, 21605, Verdict.MISCONFIGURED),
        (400, 30034, Verdict.MISCONFIGURED),
        (301, 0, Verdict.MISCONFIGURED),
        (500, 20500, Verdict.UNKNOWN),
        (503, 20503, Verdict.UNKNOWN),
        (502, 0, Verdict.UNKNOWN),
        (500, 21211, Verdict.UNKNOWN),
        (408, 0, Verdict.UNKNOWN),
    ],
)
def test_error_answers(status, code, expected):
    result = result_of("7-x", status, refusal(code), {})
    assert result.verdict is expected
    assert result.reference == "7-x"
    assert result.provider_message_id is None
    assert result.vendor_code == str(code or status)


@pytest.mark.parametrize(
    "text", ["<html>413</html>", "", "[]", "null", "{", '"x"', '{"code": {"a": 1}}', "[" * 100_000]
)
@pytest.mark.parametrize(
    ("status", "expected"), [(413, Verdict.REFUSED), (502, Verdict.UNKNOWN), (201, Verdict.UNKNOWN)]
)
def test_bodies_that_are_not_twilios(text, status, expected):
    assert result_of("1-a", status, text, {}).verdict is expected


@pytest.mark.parametrize("sid", [None, "", 5, ["SM1"]])
def test_an_acceptance_without_a_sid_is_unknown(sid):
    assert result_of("1-a", 201, json.dumps({"sid": sid, "status": "queued"}), {}).verdict is Verdict.UNKNOWN


def test_an_acceptance_carries_the_sid():
    result = result_of("1-a", 201, '{"sid": "SM1", "status": "queued"}', {})
    assert (result.verdict, result.provider_message_id, result.vendor_code) == (Verdict.ACCEPTED, "SM1", None)


def test_a_deferral_carries_the_wait():
    assert result_of("1-a", 429, refusal(20429), {"Retry-After": "7"}).retry_after_s == 7
    assert result_of("1-a", 429, refusal(20429), {}).retry_after_s is None


@pytest.mark.parametrize("header", ["", "soon", "-1", "1.5", "٣", "999999999", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_an_unreadable_wait_is_none(header):
    assert retry_after_s(header) is None


def connector_error(error: OSError) -> aiohttp.ClientConnectorError:
    key = SimpleNamespace(host="h", port=443, ssl=True, is_ssl=True)
    return aiohttp.ClientConnectorError(key, error)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (connector_error(ConnectionRefusedError()), Verdict.DEFERRED),
        (aiohttp.ConnectionTimeoutError(), Verdict.DEFERRED),
        (aiohttp.ServerTimeoutError(), Verdict.UNKNOWN),
        (aiohttp.SocketTimeoutError(), Verdict.UNKNOWN),
        (TimeoutError(), Verdict.UNKNOWN),
        (aiohttp.ServerDisconnectedError(), Verdict.UNKNOWN),
        (aiohttp.ClientOSError(), Verdict.UNKNOWN),
        (aiohttp.ClientConnectionResetError(), Verdict.UNKNOWN),
        (aiohttp.ClientPayloadError(), Verdict.UNKNOWN),
        (ConnectionResetError(), Verdict.UNKNOWN),
        (RuntimeError(), Verdict.UNKNOWN),
    ],
)
def test_failures_are_deferred_only_when_nothing_was_written(error, expected):
    assert result_of_failure("1-a", error).verdict is expected


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        (200, '{"status": "delivered", "error_code": null}', MessageState("delivered", None)),
        (200, '{"status": "undelivered", "error_code": 30005}', MessageState("undelivered", "30005")),
        (404, '{"status": 404, "code": 20404}', None),
        (200, "<html>", None),
        (200, '{"status": 404}', None),
    ],
)
def test_the_state_of_a_message(status, text, expected):
    assert state_of(status, text) == expected
