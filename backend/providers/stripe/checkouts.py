"""Stripe Checkout through Stripe's own library.

Its retries are off: whoever asks again does so with the order as the key, and Stripe answers with the same checkout.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from typing import Any

import stripe

from backend.errors import AppError
from backend.providers.payments import Checkout, CheckoutRequest, PaymentRefusedError, PaymentUnavailableError
from backend.settings import Settings

# Stripe reports these with 4xx too, and they pass: another request with the key is under way, or too many came.
_PASSING = {"lock_timeout", "rate_limit"}
_IN_USE = {409, 429}


def open_checkout(settings: Settings, request: CheckoutRequest) -> Checkout:
    """The checkout of an order: made the first time, the same one whenever it is asked for again within a day.

    Raises:
        PaymentUnavailableError: the checkout may exist; ask again.
        PaymentRefusedError: it will never exist.
    """
    params: Any = {
        "mode": "payment",
        "client_reference_id": request.reference,
        "metadata": {"order": request.reference},
        # A refund names the payment, not the checkout.
        "payment_intent_data": {"metadata": {"order": request.reference}},
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": request.currency.lower(),
                    "unit_amount": request.total_minor,
                    "product_data": {"name": request.product},
                },
            }
        ],
        "expires_at": int(request.expires_at.timestamp()),
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
        **({"customer_email": request.email} if request.email else {}),
    }
    options: Any = {"idempotency_key": f"order-{request.reference}"}
    return _asked(settings, lambda client: client.v1.checkout.sessions.create(params, options))


def find_checkout(settings: Settings, checkout_id: str) -> Checkout:
    """The checkout as it is now. Raises as `open_checkout`."""
    return _asked(settings, lambda client: client.v1.checkout.sessions.retrieve(checkout_id))


def _asked(settings: Settings, ask: Callable[[stripe.StripeClient], Any]) -> Checkout:
    # At INFO the library logs every request, at DEBUG what is in it.
    logging.getLogger("stripe").setLevel(logging.WARNING)
    with closing(stripe.RequestsClient(timeout=settings.provider_timeout_s)) as http:
        client = stripe.StripeClient(
            settings.stripe_secret_key,
            base_addresses={"api": settings.stripe_api_url},
            max_network_retries=0,
            http_client=http,
        )
        try:
            return _checkout(ask(client))
        except stripe.StripeError as error:
            raise _meaning(error) from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:  # an answer of another shape
            raise PaymentUnavailableError("Stripe's answer was not understood") from error


def _checkout(session: Any) -> Checkout:
    url = session["url"] or ""
    if url and not url.startswith(("https://", "http://127.0.0.1:")):
        raise ValueError("a checkout lives at an https address")
    return Checkout(
        id=str(session["id"]),
        url=url,
        is_paid=session["payment_status"] == "paid",
        is_expired=session["status"] == "expired",
        reference=session["client_reference_id"] or "",
        total_minor=int(session["amount_total"]),
        currency=str(session["currency"]).upper(),
        payment_id=session["payment_intent"],
    )


def _meaning(error: stripe.StripeError) -> AppError:
    status, code = error.http_status, error.code or type(error).__name__
    if status is None or status >= 500 or status in _IN_USE or code in _PASSING:
        return PaymentUnavailableError(type(error).__name__)
    return PaymentRefusedError(str(status), vendor_code=code)
