"""How the vendors sign what they post to us, written from their documentation and not from their libraries.

Sources: twilio.com/docs/usage/security, SendGrid's "Event Webhook security features",
docs.stripe.com/webhooks#verify-manually.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def twilio_signature(auth_token: str, url: str, fields: Mapping[str, str]) -> str:
    """HMAC-SHA1 over the address and the sorted form fields, in base64."""
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.digest(auth_token.encode(), signed.encode(), "sha1")).decode()


def gateway_signature(key: str, raw_body: bytes) -> str:
    """HMAC-SHA512 over the body, in hex."""
    return hmac.digest(key.encode(), raw_body, "sha512").hex()


def stripe_signature(secret: str, timestamp: int, raw_body: bytes) -> str:
    """The value of `Stripe-Signature`: HMAC-SHA256 over the moment and the body, in hex."""
    signed = f"{timestamp}.".encode() + raw_body
    return f"t={timestamp},v1={hmac.digest(secret.encode(), signed, 'sha256').hex()}"


class SendGridSigner:
    """ECDSA over P-256 with SHA-256 on the timestamp followed by the body, in base64."""

    def __init__(self, private_key_pem: bytes) -> None:
        key = serialization.load_pem_private_key(private_key_pem, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("a P-256 private key is needed")
        self._key = key

    def sign(self, timestamp: str, raw_body: bytes) -> str:
        """The value of `X-Twilio-Email-Event-Webhook-Signature`."""
        signature = self._key.sign(timestamp.encode() + raw_body, ec.ECDSA(hashes.SHA256()))
        return base64.b64encode(signature).decode()
