from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from backend.errors import ConfigurationError
from backend.settings import Settings, load_settings, running_environment_file

SECRET = "s3cret-value-of-a-test"
TWILIO = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": SECRET, "TWILIO_SMS_FROM": "+33612345678"}
SENDGRID = {
    "SENDGRID_API_KEY": SECRET,
    "SENDGRID_FROM_EMAIL": "office@example.org",
    "SENDGRID_WEBHOOK_PUBLIC_KEY": "MFkw",
}
STRIPE = {"STRIPE_SECRET_KEY": SECRET, "STRIPE_WEBHOOK_SECRET": SECRET}
SECRETS = [name for name, field in Settings.model_fields.items() if not field.repr]


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def set_all(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"PORT": "eighty"}, "PORT"),
        ({"PORT": "0"}, "PORT"),
        ({"PORT": "65536"}, "PORT"),
        ({"PUBLIC_URL": "messages.example.org"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "ftp://example.org"}, "PUBLIC_URL"),
        ({"TWILIO_API_URL": "https://"}, "TWILIO_API_URL"),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT"),
        ({"TRUSTED_PROXY_HOPS": "-1"}, "TRUSTED_PROXY_HOPS"),
        ({"SMS_RATE_PER_S": "0"}, "SMS_RATE_PER_S"),
        ({"PROVIDER_TIMEOUT_S": "soon"}, "PROVIDER_TIMEOUT_S"),
        (TWILIO | {"TWILIO_AUTH_TOKEN": ""}, "TWILIO_AUTH_TOKEN"),
        (TWILIO | {"TWILIO_SMS_FROM": ""}, "TWILIO_SMS_FROM"),
        (SENDGRID | {"SENDGRID_FROM_EMAIL": ""}, "SENDGRID_FROM_EMAIL"),
        (SENDGRID | {"SENDGRID_WEBHOOK_PUBLIC_KEY": ""}, "SENDGRID_WEBHOOK_PUBLIC_KEY"),
        ({"WHATSAPP_GATEWAY_URL": "https://gateway.example.org"}, "WHATSAPP_GATEWAY_KEY"),
        (
            {"WHATSAPP_GATEWAY_URL": "https://gateway.example.org", "WHATSAPP_GATEWAY_KEY": "k"},
            "WHATSAPP_GATEWAY_HMAC_KEY",
        ),
        ({"WHATSAPP_GATEWAY_PAUSE_S": "-1"}, "WHATSAPP_GATEWAY_PAUSE_S"),
        ({"WHATSAPP_GATEWAY_PAUSE_S": "1", "WHATSAPP_GATEWAY_JITTER_S": "2"}, "WHATSAPP_GATEWAY_JITTER_S"),
        ({"WHATSAPP_GATEWAY_DAILY_CAP": "-1"}, "WHATSAPP_GATEWAY_DAILY_CAP"),
        (STRIPE | {"STRIPE_WEBHOOK_SECRET": ""}, "STRIPE_WEBHOOK_SECRET"),
        ({"CREDIT_PACKS": "1000"}, "CREDIT_PACKS"),
        ({"CREDIT_PACKS": "1000:62.00"}, "CREDIT_PACKS"),
        ({"CREDIT_PACKS": "1000:6200,1000:5000"}, "CREDIT_PACKS"),
        ({"CREDIT_PACKS": "500:3500*,1000:6200*"}, "CREDIT_PACKS"),
        ({"CREDIT_PACKS": "0:3500"}, "CREDIT_PACKS"),
        ({"CREDIT_CURRENCY": "XYZ"}, "CREDIT_CURRENCY"),
        ({"CREDIT_VAT_PERCENT": "5.555"}, "CREDIT_VAT_PERCENT"),
        ({"CREDIT_VAT_PERCENT": "-1"}, "CREDIT_VAT_PERCENT"),
        ({"LOW_CREDIT_THRESHOLD": "-1"}, "LOW_CREDIT_THRESHOLD"),
        ({"SMS_UNBILLED_OUTCOMES": "delivered"}, "SMS_UNBILLED_OUTCOMES"),
        ({"SMS_UNBILLED_OUTCOMES": "failed,"}, "SMS_UNBILLED_OUTCOMES"),
        ({"SMS_UNBILLED_OUTCOMES": "none,failed"}, "SMS_UNBILLED_OUTCOMES"),
        ({"SMS_REFUND_AFTER_S": "-1"}, "SMS_REFUND_AFTER_S"),
        ({"SMS_REFUND_AFTER_S": "604801"}, "SMS_REFUND_AFTER_S"),
        ({"CREDIT_REQUEST_EMAIL": "credits"}, "CREDIT_REQUEST_EMAIL"),
        ({"TWILIO_WHATSAPP_CONTENT_SID": "HX123"}, "TWILIO_WHATSAPP_CONTENT_SID"),
        ({"SELLER_NAME": "Unisoft\nSAS"}, "SELLER_NAME"),
        ({"SELLER_NAME": "Unisoft", "SELLER_VAT_NUMBER": "12345"}, "SELLER_VAT_NUMBER"),
        ({"SELLER_ADDRESS": "1 rue de la Paix, Paris"}, "SELLER_NAME"),
    ],
)
def test_an_error_names_the_variable(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], named: str) -> None:
    set_all(monkeypatch, variables)

    with pytest.raises(ConfigurationError, match=rf"\b{named}\b"):
        load_settings()


@pytest.mark.parametrize(
    ("value", "outcomes"),
    [
        ("", {"failed"}),
        ("failed", {"failed"}),
        (" Undelivered , failed", {"failed", "undelivered"}),
        ("none", set[str]()),
    ],
)
def test_what_the_provider_does_not_bill(monkeypatch: pytest.MonkeyPatch, value: str, outcomes: set[str]) -> None:
    set_all(monkeypatch, {"SMS_UNBILLED_OUTCOMES": value})
    assert load_settings().unbilled_outcomes == outcomes


def test_every_wrong_variable_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {"PORT": "x", "LOG_LEVEL": "x"})

    with pytest.raises(ConfigurationError, match=r"PORT: .*; LOG_LEVEL: "):
        load_settings()


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    set_all(
        monkeypatch,
        {**TWILIO, **SENDGRID, **STRIPE, name.upper(): f"redis://:{SECRET}@host" if name == "redis_url" else SECRET},
    )
    assert SECRET not in repr(load_settings())
    assert SECRET not in str(load_settings())

    monkeypatch.setenv("PORT", SECRET)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_the_secrets_are_known() -> None:
    assert {"secret_key", "admin_password", "database_url", "redis_url"} < set(SECRETS)
    assert {"twilio_auth_token", "sendgrid_api_key", "stripe_secret_key", "stripe_webhook_secret"} < set(SECRETS)
    assert {"whatsapp_gateway_key", "whatsapp_gateway_hmac_key"} < set(SECRETS)


def test_the_environment_wins_over_the_file_of_the_running_product(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = running_environment_file(tmp_path / "data")
    path.parent.mkdir(parents=True)
    path.write_text("REDIS_URL='redis://running'\nSIMULATED_PROVIDERS='twilio,sendgrid'\n")
    monkeypatch.setenv("REDIS_URL", "redis://given")

    settings = load_settings()
    assert settings.redis_url == "redis://given"
    assert settings.is_simulated("twilio")
    assert not settings.is_simulated("stripe")


def test_the_seller_is_told_in_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().seller == ()
    set_all(monkeypatch, {"SELLER_NAME": "Unisoft  SAS", "SELLER_VAT_NUMBER": "fr 12 345678901"})
    assert load_settings().seller == ("Unisoft SAS", "FR12345678901")


def test_the_generated_key_is_kept_and_private(tmp_path: Path) -> None:
    first, second = load_settings(), load_settings()
    kept = tmp_path / "data" / "secret_key"

    assert first.signing_key == second.signing_key == kept.read_text()
    assert len(first.signing_key) >= 32
    assert kept.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@h/db", "postgresql+psycopg://u:p@h/db"),
        ("postgresql://u:p@h/db", "postgresql+psycopg://u:p@h/db"),
        ("postgresql+psycopg://u:p@h/db", "postgresql+psycopg://u:p@h/db"),
    ],
)
def test_the_installed_postgresql_driver_is_used(given: str, used: str) -> None:
    assert load_settings(database_url=given).sql_url == used


@pytest.mark.parametrize(
    ("host", "public_url", "origin"),
    [
        ("127.0.0.1", "", "http://127.0.0.1:8000"),
        ("0.0.0.0", "", "http://127.0.0.1:8000"),  # noqa: S104 - nothing is bound
        ("127.0.0.1", "https://messages.example.org/", "https://messages.example.org"),
    ],
)
def test_the_origin_is_an_address_one_can_open(host: str, public_url: str, origin: str) -> None:
    assert load_settings(host=host, public_url=public_url).origin == origin
