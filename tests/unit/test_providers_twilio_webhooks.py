from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from backend.domain.channels import Medium
from backend.domain.keywords import Keyword
from backend.errors import InvalidInputError
from backend.providers.references import sign_reference
from backend.providers.twilio.webhooks import parse_inbound, parse_status, verify
from backend.settings import Settings, load_settings
from backend.simulator.signatures import twilio_signature

KEY = "k" * 40
PATH = "/webhooks/twilio/status?attempt=7-abc"
PARAMS = {
    "AccountSid": "AC1",
    "MessageSid": "SM1",
    "MessageStatus": "delivered",
    "To": "+33612345678",
    "From": "+33757000000",
    "Body": "é & + %",
    "Empty": "",
}


def make_settings(**overrides: object) -> Settings:
    values = {
        "twilio_account_sid": "AC1",
        "twilio_auth_token": "token",
        "twilio_sms_from": "+33757000000",
        "public_url": "https://mail.example.org",
        "secret_key": KEY,
        "data_dir": Path("/nonexistent"),
    }
    return load_settings(_env_file=None, **{**values, **overrides})


def signed(
    params: dict[str, str], path: str = PATH, token: str = "token", origin: str = "https://mail.example.org"
) -> str:
    return twilio_signature(token, origin + path, params)


def test_a_genuine_callback_verifies_and_so_does_its_replay():
    settings = make_settings()
    assert verify(settings, PATH, PARAMS, signed(PARAMS))
    assert verify(settings, PATH, PARAMS, signed(PARAMS))


@pytest.mark.parametrize("origin", ["https://mail.example.org:443", "https://mail.example.org"])
def test_the_port_may_be_named_or_not(origin):
    assert verify(make_settings(), PATH, PARAMS, signed(PARAMS, origin=origin))


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ORIGINS = ["https://mail.example.org", "https://mail.example.org:443", "http://10.0.0.7:8000", "https://x.example:8443"]


@given(st.dictionaries(TEXT, TEXT, max_size=5), st.sampled_from(ORIGINS), st.sampled_from(ORIGINS), TEXT)
def test_what_verifies_is_what_the_vendors_own_validator_takes(params, origin, signed_origin, token):
    token, params = token or "token", {**params, "AccountSid": "AC1"}
    settings = make_settings(public_url=origin, twilio_auth_token=token)
    validator = RequestValidator(token)
    signature = validator.compute_signature(signed_origin + PATH, params)
    for given_signature in (signature, signature[:-2] + "A=", ""):
        expected = validator.validate(settings.origin + PATH, params, given_signature)
        assert verify(settings, PATH, params, given_signature) is expected


@pytest.mark.parametrize(
    "forged",
    [
        {"params": {**PARAMS, "MessageStatus": "failed"}},
        {"params": {**PARAMS, "New": "1"}},
        {"path": PATH.replace("7-abc", "8-abc")},
        {"signature": signed(PARAMS, token="other")},
        {"signature": signed(PARAMS, origin="https://evil.example")},
        {"signature": ""},
        {"signature": None},
        {"signature": "not base64 é"},
    ],
)
def test_a_forged_callback_does_not_verify(forged):
    given = {"params": PARAMS, "path": PATH, "signature": signed(PARAMS), **forged}
    assert not verify(make_settings(), given["path"], given["params"], given["signature"])


def test_a_callback_of_another_account_does_not_verify():
    others = {**PARAMS, "AccountSid": "AC2"}
    assert not verify(make_settings(), PATH, others, signed(others))
    nobodys = {name: value for name, value in PARAMS.items() if name != "AccountSid"}
    assert not verify(make_settings(), PATH, nobodys, signed(nobodys))


def test_nothing_verifies_without_a_token():
    settings = make_settings(twilio_account_sid="", twilio_auth_token="")
    params = {**PARAMS, "AccountSid": ""}
    assert not verify(settings, PATH, params, signed(params, token=""))


def test_a_status_becomes_an_event():
    reference = sign_reference(7, KEY)
    event = parse_status(make_settings(), {**PARAMS, "ErrorCode": "30005"}, reference)
    assert event.event_key == "SM1-delivered"
    assert (event.provider, event.word, event.medium) == ("twilio", "delivered", Medium.SMS)
    assert (event.reference, event.provider_message_id) == (reference, "SM1")
    assert (event.vendor_code, event.address) == ("30005", "+33612345678")


def test_a_replay_has_the_same_key():
    first, second = (parse_status(make_settings(), PARAMS, None) for _ in range(2))
    assert first.event_key == second.event_key


def test_whatsapp_is_known_by_its_prefix():
    event = parse_status(make_settings(), {**PARAMS, "To": "whatsapp:+33612345678"}, None)
    assert (event.medium, event.address) == (Medium.WHATSAPP, "+33612345678")


@pytest.mark.parametrize("reference", [None, "", "7-abc", "x", sign_reference(7, "another key")])
def test_a_reference_that_is_not_ours_is_dropped(reference):
    assert parse_status(make_settings(), PARAMS, reference).reference is None


@pytest.mark.parametrize("missing", ["MessageSid", "MessageStatus"])
def test_a_status_without_sid_or_word_is_refused(missing):
    with pytest.raises(InvalidInputError):
        parse_status(make_settings(), {**PARAMS, missing: ""}, None)


@pytest.mark.parametrize(
    ("sender", "more", "expected"),
    [
        ("+33612345678", {"Body": "STOP"}, ("+33612345678", Medium.SMS, "STOP", None)),
        ("whatsapp:+33612345678", {}, ("+33612345678", Medium.WHATSAPP, "", None)),
        ("+33612345678", {"Body": "Assez", "OptOutType": "STOP"}, ("+33612345678", Medium.SMS, "Assez", Keyword.STOP)),
        ("+33612345678", {"Body": "AIDE", "OptOutType": "HELP"}, ("+33612345678", Medium.SMS, "AIDE", None)),
    ],
)
def test_what_a_person_writes_is_read(sender, more, expected):
    message = parse_inbound({"From": sender, "MessageSid": "SM1", **more})
    assert (message.address, message.medium, message.text, message.keyword) == expected
    assert (message.provider, message.message_id, message.written_at_s) == ("twilio", "SM1", None)
    assert message.text not in repr(message) or not message.text, "it may be logged"


@pytest.mark.parametrize(
    "values", [{"From": ""}, {"From": "x" * 65}, {"From": "+336\0"}, {"MessageSid": ""}, {"MessageSid": "SM\0"}]
)
def test_a_message_without_a_sender_or_a_sid_is_refused(values):
    with pytest.raises(InvalidInputError):
        parse_inbound({"From": "+33612345678", "MessageSid": "SM1", "Body": "STOP", **values})
