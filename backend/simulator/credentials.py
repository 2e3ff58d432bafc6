"""Credentials for the simulated providers: the same on every start, and of no use anywhere else."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from backend.settings import Provider
from backend.signing import sign
from backend.simulator.config import SimulatorConfig
from backend.simulator.script import DEMO, Script

_SMS_FROM = "+33757000000"
_WHATSAPP_FROM = "+33757000001"
_A_PHONE_THAT_NOBODY_BANS = {
    "WHATSAPP_GATEWAY_PAUSE_S": "0.02",
    "WHATSAPP_GATEWAY_JITTER_S": "0.01",
    "WHATSAPP_GATEWAY_DAILY_CAP": "0",
}


def simulator_environment(
    data_dir: Path, signing_key: str, simulator_origin: str, web_origin: str
) -> dict[Provider, dict[str, str]]:
    """Provider (`twilio`, …) → the environment that makes the product use the simulator for it.

    Writes the event-signing key to `DATA_DIR/simulator/` the first time.
    """
    config = simulator_config(data_dir, signing_key, web_origin)
    return {
        "twilio": {
            "TWILIO_ACCOUNT_SID": config.account_sid,
            "TWILIO_AUTH_TOKEN": config.auth_token,
            "TWILIO_SMS_FROM": _SMS_FROM,
            "TWILIO_WHATSAPP_FROM": _WHATSAPP_FROM,
            "TWILIO_API_URL": simulator_origin,
        },
        "sendgrid": {
            "SENDGRID_API_KEY": config.sendgrid_api_key,
            "SENDGRID_FROM_EMAIL": "news@example.org",
            "SENDGRID_FROM_NAME": "Unisoft",
            "SENDGRID_API_URL": simulator_origin,
            "SENDGRID_WEBHOOK_PUBLIC_KEY": public_key_base64(config.sendgrid_private_key_pem),
        },
        "whatsapp": {
            "WHATSAPP_GATEWAY_URL": simulator_origin,
            "WHATSAPP_GATEWAY_KEY": config.gateway_key,
            "WHATSAPP_GATEWAY_HMAC_KEY": config.gateway_hmac_key,
            **_A_PHONE_THAT_NOBODY_BANS,
        },
        "stripe": {
            "STRIPE_SECRET_KEY": config.stripe_secret_key,
            "STRIPE_WEBHOOK_SECRET": config.stripe_webhook_secret,
            "STRIPE_API_URL": simulator_origin,
        },
    }


def simulator_config(data_dir: Path, signing_key: str, web_origin: str, script: Script = DEMO) -> SimulatorConfig:
    """What the simulator itself needs to ask for the same credentials."""
    return SimulatorConfig(
        account_sid="AC" + _derived(signing_key, "account")[:32],
        auth_token=_derived(signing_key, "token")[:32],
        sendgrid_api_key="SG.simulator." + _derived(signing_key, "sendgrid")[:43],
        sendgrid_private_key_pem=_kept_private_key(data_dir / "simulator" / "events.pem"),
        gateway_key=_derived(signing_key, "gateway"),
        gateway_hmac_key=_derived(signing_key, "gateway-events"),
        stripe_secret_key="sk_test_" + _derived(signing_key, "stripe")[:24],
        stripe_webhook_secret="whsec_" + _derived(signing_key, "stripe-events")[:32],
        web_origin=web_origin,
        sendgrid_webhook_url=f"{web_origin}/webhooks/sendgrid/events" if web_origin else "",
        script=script,
    )


def public_key_base64(private_key_pem: bytes) -> str:
    """The verification key as SendGrid shows it: base64 of the DER form, in one line."""
    key = serialization.load_pem_private_key(private_key_pem, password=None)
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def new_private_key_pem() -> bytes:
    """A fresh P-256 key."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _derived(signing_key: str, purpose: str) -> str:
    return sign(signing_key, f"simulator:{purpose}").hex()


def _kept_private_key(path: Path) -> bytes:
    """The key in the file, made with mode 600 when it is not there. Two starts at once agree on one key."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            file.write(new_private_key_pem())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()
