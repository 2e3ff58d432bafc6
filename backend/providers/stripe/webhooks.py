"""Stripe's webhook: whether it is Stripe's, and what it reports about a payment of ours."""

from __future__ import annotations

import json
from typing import Any

import stripe

from backend.errors import InvalidInputError
from backend.providers.payments import PaymentEvent, PaymentEventKind
from backend.settings import Settings

_TOLERANCE_S = 300  # Stripe signs each attempt anew, so a late one is as fresh as the first
_DISPUTES = {"won": "won", "lost": "lost", "warning_closed": "won"}
_INQUIRIES = {"warning_needs_response", "warning_under_review"}  # the bank asks, the money stays
_CHECKOUTS = {
    "checkout.session.completed": PaymentEventKind.PAID,
    "checkout.session.async_payment_succeeded": PaymentEventKind.PAID,
    "checkout.session.async_payment_failed": PaymentEventKind.FAILED,
    "checkout.session.expired": PaymentEventKind.EXPIRED,
}


def verify(settings: Settings, raw_body: bytes, signature: str | None) -> bool:
    """Whether Stripe signed exactly these bytes, within the last five minutes. `signature`: `Stripe-Signature`."""
    if not settings.stripe_webhook_secret:
        return False
    try:
        stripe.WebhookSignature.verify_header(raw_body, signature, settings.stripe_webhook_secret, _TOLERANCE_S)
    except (stripe.SignatureVerificationError, ValueError):  # not UTF-8 is a ValueError
        return False
    return True


def parse_event(raw_body: bytes) -> PaymentEvent | None:
    """The report; None for one that tells nothing about a payment.

    Raises:
        InvalidInputError: no event of Stripe's, though signed.
    """
    try:
        event = json.loads(raw_body)
        event_id, word, thing = str(event["id"]), str(event["type"]), event["data"]["object"]
        return _read(event_id, word, thing)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise InvalidInputError(f"no event of Stripe's: {type(error).__name__}") from error


def _read(event_id: str, word: str, thing: dict[str, Any]) -> PaymentEvent | None:
    if word in _CHECKOUTS:
        if _CHECKOUTS[word] is PaymentEventKind.PAID and thing["payment_status"] != "paid":
            return None  # a bank transfer: the money comes later, or never
        return PaymentEvent(
            event_id,
            word,
            _CHECKOUTS[word],
            reference=thing.get("client_reference_id") or _reference(thing),
            payment_id=thing.get("payment_intent"),
            amount_minor=int(thing["amount_total"]),
            currency=str(thing["currency"]).upper(),
            checkout_id=str(thing["id"]),
        )
    if word == "charge.refunded":
        return _about_payment(event_id, word, PaymentEventKind.REFUNDED, thing, int(thing["amount_refunded"]))
    if word.startswith("charge.dispute.") and thing.get("status") not in _INQUIRIES:
        return _about_payment(event_id, word, PaymentEventKind.DISPUTED, thing, int(thing["amount"]))
    return None


def _about_payment(
    event_id: str, word: str, kind: PaymentEventKind, thing: dict[str, Any], amount_minor: int
) -> PaymentEvent:
    return PaymentEvent(
        event_id,
        word,
        kind,
        reference=_reference(thing),
        payment_id=thing.get("payment_intent"),
        amount_minor=amount_minor,
        currency=str(thing["currency"]).upper(),
        dispute=_DISPUTES.get(str(thing.get("status")), "open") if kind is PaymentEventKind.DISPUTED else "",
    )


def _reference(thing: dict[str, Any]) -> str:
    return str((thing.get("metadata") or {}).get("order") or "")
