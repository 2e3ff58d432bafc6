import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend import clock
from backend.domain.channels import Medium
from backend.errors import ConfigurationError, InvalidInputError
from backend.providers.references import sign_reference
from backend.providers.sendgrid import webhooks
from backend.providers.sendgrid.webhooks import parse_events, verify
from backend.settings import Settings, load_settings
from backend.simulator.credentials import new_private_key_pem, public_key_base64
from backend.simulator.signatures import SendGridSigner

KEY = "k" * 40
REFERENCE = sign_reference(7, KEY)
PRIVATE_KEY = new_private_key_pem()
BODY = '[{"event":"delivered","email":"zoé@example.org"}]'.encode()


def make_settings(**overrides: object) -> Settings:
    values = {
        "sendgrid_api_key": "SG.x",
        "sendgrid_from_email": "news@example.org",
        "sendgrid_webhook_public_key": public_key_base64(PRIVATE_KEY),
        "secret_key": KEY,
        "data_dir": Path("/nonexistent"),
    }
    return load_settings(_env_file=None, **{**values, **overrides})


def moment(late_s: float = 0) -> str:
    return str(int(clock.now().timestamp() - late_s))


def sign(body: bytes, timestamp: str, private_key: bytes = PRIVATE_KEY) -> str:
    return SendGridSigner(private_key).sign(timestamp, body)


@pytest.mark.parametrize("late_s", [0, 3_600, 24 * 3_600, -300])
def test_a_genuine_batch_verifies_also_a_day_late(late_s):
    timestamp = moment(late_s)
    assert verify(make_settings(), BODY, sign(BODY, timestamp), timestamp)


@pytest.mark.parametrize("late_s", [26 * 3_600, -3_600])
def test_an_old_batch_or_one_from_the_future_does_not(late_s):
    timestamp = moment(late_s)
    assert not verify(make_settings(), BODY, sign(BODY, timestamp), timestamp)


@pytest.mark.parametrize(
    "forged",
    [
        {"body": BODY + b" "},
        {"body": b"\xff\xfe"},
        {"timestamp": moment(100)},
        {"timestamp": ""},
        {"timestamp": None},
        {"timestamp": "yesterday"},
        {"timestamp": "9" * 40},
        {"signature": ""},
        {"signature": None},
        {"signature": "not base64!"},
        {"signature": "AAAA"},
        {"signature": sign(BODY, moment(), new_private_key_pem())},
    ],
)
def test_a_forged_batch_does_not_verify(forged):
    timestamp = moment()
    given = {"body": BODY, "timestamp": timestamp, "signature": sign(BODY, timestamp), **forged}
    assert not verify(make_settings(), given["body"], given["signature"], given["timestamp"])


def test_nothing_verifies_without_a_key():
    settings = make_settings(sendgrid_api_key="", sendgrid_webhook_public_key="")
    timestamp = moment()
    assert not verify(settings, BODY, sign(BODY, timestamp), timestamp)


def test_a_key_that_is_none_is_a_configuration_error():
    with pytest.raises(ConfigurationError, match="SENDGRID_WEBHOOK_PUBLIC_KEY"):
        verify(make_settings(sendgrid_webhook_public_key="nonsense"), BODY, "AAAA", moment())


def make_item(**overrides: object) -> dict[str, object]:
    return {
        "email": "ruth@example.org",
        "timestamp": 1_700_000_000,
        "event": "delivered",
        "sg_event_id": "ZXZlbnQ",
        "sg_message_id": "14c5d75ce93.recvd-5b8-1.0",
        "attempt": REFERENCE,
        **overrides,
    }


def parse_one(**overrides: object):
    [event] = parse_events(json.dumps([make_item(**overrides)]).encode(), make_settings())
    return event


def test_an_item_becomes_an_event():
    event = parse_one()
    assert (event.provider, event.event_key, event.word) == ("sendgrid", "ZXZlbnQ", "delivered")
    assert (event.reference, event.provider_message_id) == (REFERENCE, f"14c5d75ce93.{REFERENCE}")
    assert (event.medium, event.occurred_at_s, event.address) == (Medium.EMAIL, 1_700_000_000, "ruth@example.org")
    assert event == parse_one()


@pytest.mark.parametrize(
    ("overrides", "word", "code"),
    [
        ({"event": "open", "sg_machine_open": True}, "machine_open", None),
        ({"event": "open", "sg_machine_open": False}, "open", None),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, "dropped", "unsubscribed"),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, "dropped", "spam"),
        ({"event": "dropped", "reason": "Bounced Address"}, "dropped", "bounced_address"),
        ({"event": "dropped", "reason": "Invalid"}, "dropped", "invalid"),
        (
            {"event": "dropped", "reason": "Recipient List over Package Quota"},
            "dropped",
            "recipient_list_over_package_quota",
        ),
        ({"event": "dropped"}, "dropped", "dropped"),
        ({"event": "bounce", "type": "bounce", "status": "5.1.1"}, "bounce", "5.1.1"),
        ({"event": "bounce", "type": "blocked", "status": "5.7.1"}, "bounce", "blocked"),
        ({"event": "bounce"}, "bounce", "bounce"),
    ],
)
def test_words_and_codes(overrides, word, code):
    event = parse_one(**overrides)
    assert (event.word, event.vendor_code) == (word, code)


@pytest.mark.parametrize("attempt", [None, 7, "7-forged", sign_reference(7, "another key"), ["a"]])
def test_a_reference_that_is_not_ours_is_dropped(attempt):
    event = parse_one(attempt=attempt)
    assert (event.reference, event.provider_message_id) == (None, None)


@pytest.mark.parametrize("timestamp", [None, "x", True, -5, float("inf"), 10**18])
def test_an_absurd_moment_becomes_now(timestamp):
    assert abs(parse_one(timestamp=timestamp).occurred_at_s - clock.now().timestamp()) < 60


@pytest.mark.parametrize(
    "junk",
    [
        None,
        5,
        "x",
        [],
        {},
        {"event": "open"},
        {"sg_event_id": "x"},
        {"event": 5, "sg_event_id": "x"},
        {"event": "", "sg_event_id": ""},
    ],
)
def test_a_bad_item_does_not_spoil_its_batch(junk):
    body = json.dumps([make_item(), junk, make_item(sg_event_id="b2s")]).encode()
    assert [event.event_key for event in parse_events(body, make_settings())] == ["ZXZlbnQ", "b2s"]


def test_the_very_text_of_an_event_is_kept():
    text = '{ "sg_event_id" :"a\\u00e9", "event":\t"open", "x":1.50, "é":"\\ud83d" }'
    [event] = parse_events(f" [{text} ]\n".encode(), make_settings())
    assert (event.event_key, event.payload) == ("aé", text)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(JSON_VALUES, max_size=4) | JSON_VALUES, st.sampled_from([None, 1]), st.data())
def test_a_batch_is_read_as_json_is(value, indent, data):
    text = json.dumps(value, indent=indent)
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.sampled_from([0, 0, 1, 2]))
    text = text[:at] + data.draw(st.sampled_from(["", "", ",", " ", "]", "[", "\x0b", "1"])) + text[at + cut :]
    try:
        expected = json.loads(text)
    except ValueError:
        expected = None
    try:
        found = [item for item, _ in webhooks._items(text)]
    except (ValueError, IndexError):
        found = None
    assert found == (expected if isinstance(expected, list) else None)


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"5", b"[", b"\xff", b"<html>", b"[" * 100_000])
def test_a_body_that_is_no_list_is_refused(body):
    with pytest.raises(InvalidInputError):
        parse_events(body, make_settings())


def test_an_empty_list_is_fine():
    assert parse_events(b"[]", make_settings()) == []
