from pathlib import Path

import pytest

from backend.errors import InvalidInputError
from backend.providers.base import ConnectionState
from backend.providers.whatsapp.webhooks import parse_session, verify
from backend.settings import Settings, load_settings
from backend.simulator.signatures import gateway_signature

BODY = b'{"event": "session.status", "status": "connected"}'


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


def test_the_state_is_read():
    assert parse_session(BODY) is ConnectionState.CONNECTED
    assert parse_session(BODY.replace(b"connected", b"disconnected")) is ConnectionState.DISCONNECTED


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"event": "session.status"}', b'{"event": "x", "status": "y"}'])
def test_anything_else_is_refused(body):
    with pytest.raises(InvalidInputError):
        parse_session(body)
