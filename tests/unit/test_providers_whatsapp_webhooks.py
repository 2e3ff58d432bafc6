from pathlib import Path

import pytest

from backend.domain.channels import ConnectionState
from backend.errors import InvalidInputError
from backend.providers.whatsapp.webhooks import parse_session, verify
from backend.settings import Settings, load_settings
from backend.simulator.signatures import gateway_signature

BODY = b'{"event": "session.status", "session": "default", "payload": {"status": "WORKING"}}'


def make_settings(key: str = "key") -> Settings:
    return load_settings(_env_file=None, whatsapp_gateway_hmac_key=key, data_dir=Path("/nonexistent"))


def test_a_genuine_event_verifies():
    assert verify(make_settings(), BODY, gateway_signature("key", BODY))


@pytest.mark.parametrize(
    "signature", [None, "", "é", gateway_signature("other", BODY), gateway_signature("key", b"{}")]
)
def test_a_forged_event_does_not(signature):
    assert not verify(make_settings(), BODY, signature)


def test_nothing_verifies_without_a_key():
    assert not verify(make_settings(""), BODY, gateway_signature("", BODY))


@pytest.mark.parametrize("word", [b"STOPPED", b"STARTING", b"SCAN_QR_CODE", b"FAILED", b"LATER_WORD"])
def test_only_a_working_session_is_connected(word):
    assert parse_session(BODY) is ConnectionState.CONNECTED
    assert parse_session(BODY.replace(b"WORKING", word)) is ConnectionState.DISCONNECTED


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"event": "session.status"}',
        b'{"event": "session.status", "payload": {"status": 5}}',
        b'{"event": "message", "payload": {"status": "WORKING"}}',
    ],
)
def test_anything_else_is_refused(body):
    with pytest.raises(InvalidInputError):
        parse_session(body)
