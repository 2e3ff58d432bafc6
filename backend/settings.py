"""Settings, read once per process from the environment.

Sources, first wins: environment, `.env` in the working directory, then the file that
`unisoft run` leaves in `DATA_DIR/run/environment` while it is up, so that a command typed in
another terminal meets the same Redis and the same providers.
"""

from __future__ import annotations

import os
import re
import secrets
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from backend.errors import ConfigurationError
from backend.price_list import MINOR_DIGITS, Pack, parse_packs


def _http_origin(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
        msg = "must be an http:// or https:// address"
        raise ValueError(msg)
    return value.rstrip("/")


_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - to recognise, not to bind


def _redis_address(value: str) -> str:
    if value and not value.startswith(("redis://", "rediss://", "unix://")):
        msg = "must be a redis://, rediss:// or unix:// address"
        raise ValueError(msg)
    return value


def _price_list(value: str) -> str:
    parse_packs(value)
    return value


def _currency(value: str) -> str:
    if value.upper() not in MINOR_DIGITS:
        msg = f"must be one of {', '.join(MINOR_DIGITS)}"
        raise ValueError(msg)
    return value.upper()


def _address(value: str) -> str:
    name, _, domain = value.partition("@")
    if value and (not name or "." not in domain or any(letter.isspace() or letter in '?&"<>' for letter in value)):
        msg = "must be an email address"
        raise ValueError(msg)
    return value


def _content_sid(value: str) -> str:
    if value and not re.fullmatch(r"HX[0-9a-fA-F]{32}", value):
        msg = "must be HX and 32 hexadecimal digits"
        raise ValueError(msg)
    return value


def _one_line(value: str) -> str:
    if any(unicodedata.category(letter) in {"Cc", "Zl", "Zp"} for letter in value):
        msg = "must be one line"
        raise ValueError(msg)
    return " ".join(value.split())


_NO_OUTCOME = "none"
_OUTCOMES = ("failed", "undelivered")


def _outcomes(value: str) -> str:
    names = [name.strip().lower() for name in value.split(",")]
    if names != [_NO_OUTCOME] and not set(names) <= set(_OUTCOMES):
        msg = f"must be {_NO_OUTCOME}, or one or more of {', '.join(_OUTCOMES)}, separated by commas"
        raise ValueError(msg)
    return ",".join(names)


def _vat_number(value: str) -> str:
    number = value.replace(" ", "").upper()
    if number and not re.fullmatch(r"[A-Z]{2}[0-9A-Z+*]{2,13}", number):
        msg = "must be a country's two letters and up to 13 letters and digits, such as FR12345678901"
        raise ValueError(msg)
    return number


Provider = Literal["twilio", "sendgrid", "whatsapp", "stripe"]
CREDENTIAL_OF: Mapping[Provider, str] = {
    "twilio": "twilio_account_sid",
    "sendgrid": "sendgrid_api_key",
    "whatsapp": "whatsapp_gateway_url",
    "stripe": "stripe_secret_key",
}
"""The setting whose presence makes a provider real."""
HttpOrigin = Annotated[str, AfterValidator(_http_origin)]


class Settings(BaseSettings):
    """Field names are the variables of `.env.example` in lower case. Empty means not set."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True)

    port: int = Field(8000, ge=1, le=65535)
    host: str = "127.0.0.1"
    public_url: HttpOrigin = ""
    data_dir: Path = Path("data")
    secret_key: str = Field("", repr=False)
    database_url: str = Field("", repr=False)
    file_store_url: str = Field("", repr=False)
    redis_url: Annotated[str, AfterValidator(_redis_address)] = Field("", repr=False)
    admin_email: str = "admin@example.org"
    admin_password: str = Field("", repr=False)
    trusted_proxy_hops: int = Field(0, ge=0, le=5)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] = "console"

    twilio_account_sid: str = ""
    twilio_auth_token: str = Field("", repr=False)
    twilio_sms_from: str = ""
    twilio_messaging_service_sid: str = ""
    twilio_whatsapp_from: str = ""
    twilio_whatsapp_content_sid: Annotated[str, AfterValidator(_content_sid)] = ""
    twilio_api_url: HttpOrigin = "https://api.twilio.com"

    sendgrid_api_key: str = Field("", repr=False)
    sendgrid_from_email: str = ""
    sendgrid_from_name: str = ""
    sendgrid_api_url: HttpOrigin = "https://api.sendgrid.com"
    sendgrid_webhook_public_key: str = ""

    whatsapp_gateway_url: HttpOrigin = ""
    whatsapp_gateway_key: str = Field("", repr=False)
    whatsapp_gateway_hmac_key: str = Field("", repr=False)
    whatsapp_gateway_pause_s: float = Field(3, ge=0, le=60)
    whatsapp_gateway_jitter_s: float = Field(2, ge=0, le=60)
    whatsapp_gateway_daily_cap: int = Field(500, ge=0, le=100_000)

    stripe_secret_key: str = Field("", repr=False)
    stripe_webhook_secret: str = Field("", repr=False)
    stripe_api_url: HttpOrigin = "https://api.stripe.com"

    credit_packs: Annotated[str, AfterValidator(_price_list)] = (
        "500:3500,1000:6200*,5000:27000,10000:50000,50000:225000"
    )
    credit_currency: Annotated[str, AfterValidator(_currency)] = "EUR"
    credit_vat_percent: Decimal = Field(Decimal(20), ge=0, le=100, decimal_places=2)
    sms_unbilled_outcomes: Annotated[str, AfterValidator(_outcomes)] = "failed"
    sms_refund_after_s: int = Field(3_600, ge=0, le=604_800)
    low_credit_threshold: int = Field(0, ge=0, le=10_000_000)
    seller_name: Annotated[str, AfterValidator(_one_line)] = Field("", max_length=120)
    seller_address: Annotated[str, AfterValidator(_one_line)] = Field("", max_length=200)
    seller_vat_number: Annotated[str, AfterValidator(_vat_number)] = ""
    credit_request_email: Annotated[str, AfterValidator(_address)] = ""

    sms_rate_per_s: float = Field(100, gt=0, le=100_000)
    whatsapp_rate_per_s: float = Field(80, gt=0, le=100_000)
    email_rate_per_s: float = Field(2_000, gt=0, le=1_000_000)
    confirm_typed_above: int = Field(1_000, ge=0)
    provider_timeout_s: float = Field(15, gt=0, le=120)
    claim_lease_s: float = Field(90, ge=2, le=600)
    worker_threads: int = Field(4, ge=1, le=64)
    scheduler_interval_s: float = Field(2, gt=0, le=60)

    document_max_mb: int = Field(10, ge=1, le=1_000)
    video_max_mb: int = Field(100, ge=1, le=10_000)
    email_attachments_max_mb: int = Field(25, ge=1, le=29)

    simulated_providers: str = ""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del file_secret_settings
        data_dir = {**dotenv_settings(), **env_settings(), **init_settings()}.get("data_dir", "data")
        running = DotEnvSettingsSource(settings_cls, env_file=running_environment_file(Path(str(data_dir))))
        return init_settings, env_settings, dotenv_settings, running

    @model_validator(mode="after")
    def _pairs_are_whole(self) -> Self:
        pairs = [
            ("TWILIO_ACCOUNT_SID", self.twilio_account_sid, "TWILIO_AUTH_TOKEN", self.twilio_auth_token),
            ("SENDGRID_API_KEY", self.sendgrid_api_key, "SENDGRID_FROM_EMAIL", self.sendgrid_from_email),
            (
                "SENDGRID_API_KEY",
                self.sendgrid_api_key,
                "SENDGRID_WEBHOOK_PUBLIC_KEY",
                self.sendgrid_webhook_public_key,
            ),
            ("WHATSAPP_GATEWAY_URL", self.whatsapp_gateway_url, "WHATSAPP_GATEWAY_KEY", self.whatsapp_gateway_key),
            (  # without it nobody would hear what became of the messages
                "WHATSAPP_GATEWAY_URL",
                self.whatsapp_gateway_url,
                "WHATSAPP_GATEWAY_HMAC_KEY",
                self.whatsapp_gateway_hmac_key,
            ),
            ("STRIPE_SECRET_KEY", self.stripe_secret_key, "STRIPE_WEBHOOK_SECRET", self.stripe_webhook_secret),
            ("SELLER_ADDRESS", self.seller_address, "SELLER_NAME", self.seller_name),
            ("SELLER_VAT_NUMBER", self.seller_vat_number, "SELLER_NAME", self.seller_name),
        ]
        for name, value, needed, needed_value in pairs:
            if value and not needed_value:
                msg = f"{needed} is needed when {name} is set"
                raise ValueError(msg)
        if self.claim_lease_s <= self.provider_timeout_s:
            msg = "CLAIM_LEASE_S must be longer than PROVIDER_TIMEOUT_S: a message in flight would be taken for lost"
            raise ValueError(msg)
        if self.whatsapp_gateway_jitter_s > self.whatsapp_gateway_pause_s:
            msg = "WHATSAPP_GATEWAY_JITTER_S must not be longer than WHATSAPP_GATEWAY_PAUSE_S, which it shortens too"
            raise ValueError(msg)
        if self.twilio_account_sid and not (
            self.twilio_sms_from or self.twilio_messaging_service_sid or self.twilio_whatsapp_from
        ):
            msg = "TWILIO_ACCOUNT_SID needs TWILIO_SMS_FROM, TWILIO_MESSAGING_SERVICE_SID or TWILIO_WHATSAPP_FROM"
            raise ValueError(msg)
        return self

    @property
    def origin(self) -> str:
        """The address people and providers reach us at, without a trailing slash."""
        return self.public_url or f"http://{'127.0.0.1' if self.host in _EVERYWHERE else self.host}:{self.port}"

    @property
    def sql_url(self) -> str:
        """`DATABASE_URL` with the installed PostgreSQL driver, or the SQLite file in `DATA_DIR`."""
        url = self.database_url or f"sqlite:///{(self.data_dir / 'unisoft.db').resolve()}"
        for prefix in ("postgres://", "postgresql://"):
            if url.startswith(prefix):
                return "postgresql+psycopg://" + url.removeprefix(prefix)
        return url

    @property
    def files_url(self) -> str:
        """`FILE_STORE_URL`, or the folder `files` in `DATA_DIR`."""
        return self.file_store_url or str((self.data_dir / "files").resolve())

    @property
    def signing_key(self) -> str:
        """`SECRET_KEY`, or the one generated on first use and kept in `DATA_DIR/secret_key`."""
        return self.secret_key or _kept_secret(self.data_dir / "secret_key")

    @property
    def packs(self) -> tuple[Pack, ...]:
        """`CREDIT_PACKS`, the smallest first."""
        return parse_packs(self.credit_packs)

    @property
    def unbilled_outcomes(self) -> frozenset[str]:
        """`SMS_UNBILLED_OUTCOMES`: the provider's words for how an SMS ended that is not billed; none for `none`."""
        return frozenset(self.sms_unbilled_outcomes.split(",")) - {_NO_OUTCOME}

    @property
    def vat_basis_points(self) -> int:
        """`CREDIT_VAT_PERCENT` in hundredths of a percent."""
        return int(self.credit_vat_percent * 100)

    @property
    def seller(self) -> tuple[str, ...]:
        """Who sells the credits, in lines: `SELLER_NAME`, the address, the VAT number; those that are set."""
        return tuple(line for line in (self.seller_name, self.seller_address, self.seller_vat_number) if line)

    @property
    def has_whatsapp_gateway(self) -> bool:
        """Whether a gateway with a paired phone carries WhatsApp, and not Twilio."""
        return bool(self.whatsapp_gateway_url)

    def is_simulated(self, provider: Provider) -> bool:
        """Whether messages to this provider stay on this machine, so that pages can say so."""
        return provider in self.simulated_providers.split(",")


def running_environment_file(data_dir: Path) -> Path:
    """Where `unisoft run` writes what it chose (mode 600, removed when it stops)."""
    return data_dir / "run" / "environment"


@lru_cache(maxsize=4)
def _kept_secret(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        secret = secrets.token_urlsafe(48)
        file.write(secret)
    return secret


def load_settings(**overrides: object) -> Settings:
    """Read and check every setting.

    Raises:
        ConfigurationError: one sentence a variable, each naming it.
    """
    try:
        return Settings(**overrides)  # pyright: ignore[reportArgumentType]
    except ValidationError as error:
        problems = [
            f"{'_'.join(map(str, item['loc'])).upper()}: {item['msg']}" if item["loc"] else item["msg"]
            for item in error.errors(include_input=False, include_url=False)
        ]
        raise ConfigurationError("; ".join(p.replace("Value error, ", "") for p in problems)) from None


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process."""
    return load_settings()
