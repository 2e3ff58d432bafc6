"""What the simulator is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass, field

from backend.simulator.script import CLEAN, Script


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """Credentials it asks for, keys it signs with, and where it reports.

    `web_origin` is where inbound messages go; status callbacks go where each message says, and
    email events to `sendgrid_webhook_url` (none are sent while it is empty).
    """

    account_sid: str
    auth_token: str
    sendgrid_api_key: str
    sendgrid_private_key_pem: bytes
    gateway_key: str
    gateway_hmac_key: str = ""
    stripe_secret_key: str = ""
    stripe_webhook_secret: str = ""
    web_origin: str = ""
    sendgrid_webhook_url: str = ""
    script: Script = field(default_factory=lambda: CLEAN)
    most_records: int = 1_000_000
    most_waiting_callbacks: int = 400_000
