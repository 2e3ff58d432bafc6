import json
from pathlib import Path

import pytest

from backend.domain.channels import ConnectionState, Medium
from backend.errors import InvalidInputError
from backend.providers.whatsapp.webhooks import is_hidden, parse_message, parse_session, read_event, verify
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
    assert parse_session(read_event(BODY)) is ConnectionState.CONNECTED
    assert parse_session(read_event(BODY.replace(b"WORKING", word))) is ConnectionState.DISCONNECTED


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[" * 100_000,
        b"[]",
        b"{}",
        b'{"event": "session.status"}',
        b'{"event": "session.status", "payload": {"status": 5}}',
        b'{"event": "message", "payload": {"status": "WORKING"}}',
    ],
)
def test_anything_else_is_refused(body):
    with pytest.raises(InvalidInputError):
        parse_session(read_event(body))


def event(**payload: object) -> bytes:
    told = {"id": "false_33612345678@c.us_AA", "timestamp": 1767000000, "from": "33612345678@c.us", "fromMe": False}
    return json.dumps(
        {"event": "message", "session": "default", "payload": {**told, "body": "STOP", **payload}}
    ).encode()


@pytest.mark.parametrize("sender", ["33612345678@c.us", "33612345678:12@s.whatsapp.net"])
def test_a_message_is_read(sender):
    message = parse_message(read_event(event(**{"from": sender})))
    assert message is not None
    assert (message.provider, message.message_id) == ("whatsapp", "false_33612345678@c.us_AA")
    assert (message.medium, message.address, message.text) == (Medium.WHATSAPP, "+33612345678", "STOP")
    assert message.written_at_s == 1767000000


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (None, "4639135154355@lid"),
        ({"key": {"remoteJidAlt": "33612345678@s.whatsapp.net"}}, "+33612345678"),
        ({"key": {"remoteJidAlt": None, "senderPn": "33612345678@s.whatsapp.net"}}, "+33612345678"),
        ({"Info": {"SenderAlt": "33612345678:4@s.whatsapp.net"}}, "+33612345678"),
        ({"key": "odd", "Info": {"SenderAlt": "5@lid"}}, "4639135154355@lid"),
    ],
)
def test_a_hidden_number_may_stand_elsewhere(data, expected):
    message = parse_message(read_event(event(**{"from": "4639135154355@lid", "_data": data})))
    assert message is not None
    assert message.address == expected
    assert is_hidden(message.address) is expected.endswith("@lid")


@pytest.mark.parametrize(
    "payload",
    [
        {"fromMe": True},
        {"from": "120363041234567890@g.us", "participant": "33612345678@c.us"},
        {"from": "status@broadcast"},
        {"from": "120363041234567890@newsletter"},
    ],
)
def test_what_answers_nothing_is_left_out(payload):
    assert parse_message(read_event(event(**payload))) is None


@pytest.mark.parametrize("payload", [{"from": None}, {"id": None}, {"id": "x" * 201}, {"id": "a\0"}, {"id": 5}])
def test_a_message_that_cannot_be_one_is_refused(payload):
    with pytest.raises(InvalidInputError):
        parse_message(read_event(event(**payload)))


def test_odd_parts_of_a_message_say_nothing():
    message = parse_message(read_event(event(body=None, timestamp="yesterday")))
    assert message is not None
    assert (message.text, message.written_at_s) == ("", None)
