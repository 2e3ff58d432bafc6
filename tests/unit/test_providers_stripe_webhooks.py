from __future__ import annotations

import json
import time
from typing import Any

import pytest

from backend.errors import InvalidInputError
from backend.providers.payments import PaymentEvent, PaymentEventKind
from backend.providers.stripe.webhooks import parse_event, verify
from backend.settings import Settings, load_settings
from backend.simulator.signatures import stripe_signature

SECRET = "whsec_of_a_test"
BODY = '{"id": "evt_1", "é": "א"}'.encode()


@pytest.fixture
def settings() -> Settings:
    return load_settings(_env_file=None, stripe_secret_key="sk_test_1", stripe_webhook_secret=SECRET)


def signed(age_s: int = 0, secret: str = SECRET, body: bytes = BODY) -> str:
    return stripe_signature(secret, int(time.time()) - age_s, body)


def test_what_stripe_signs_is_believed_and_nothing_else(settings: Settings) -> None:
    assert verify(settings, BODY, signed())
    assert verify(settings, BODY, signed() + ",v1=00,v0=00")
    refused = [signed(400), signed(secret="whsec_other"), signed(body=BODY + b" "), "", None, "t=1", "v1=0", "t=x,v1=0"]
    assert [header for header in refused if verify(settings, BODY, header)] == []
    assert not verify(settings, b"\xff", signed(body=b"\xff"))


def test_without_a_secret_nothing_is_believed() -> None:
    unset = load_settings(_env_file=None, stripe_secret_key="", stripe_webhook_secret="")
    assert not verify(unset, BODY, signed(secret=""))


def event(word: str, **thing: Any) -> PaymentEvent | None:
    return parse_event(json.dumps({"id": "evt_1", "type": word, "data": {"object": thing}}).encode())


CHECKOUT = {
    "id": "cs_1",
    "client_reference_id": "UNI-1",
    "payment_intent": "pi_1",
    "payment_status": "paid",
    "amount_total": 7440,
    "currency": "eur",
}


def test_a_payment() -> None:
    assert event("checkout.session.completed", **CHECKOUT) == PaymentEvent(
        "evt_1", "checkout.session.completed", PaymentEventKind.PAID, "UNI-1", "pi_1", 7440, "EUR", "cs_1"
    )
    assert event("checkout.session.completed", **{**CHECKOUT, "payment_status": "unpaid"}) is None


def test_a_refund_and_a_dispute_name_the_payment() -> None:
    refund = event("charge.refunded", payment_intent="pi_1", amount_refunded=100, currency="eur", metadata={})
    assert refund is not None
    assert (refund.kind, refund.payment_id, refund.amount_minor) == (PaymentEventKind.REFUNDED, "pi_1", 100)
    told = {
        status: event("charge.dispute.updated", payment_intent="pi_1", amount=7440, currency="eur", status=status)
        for status in ("needs_response", "under_review", "won", "lost", "warning_closed", "warning_needs_response")
    }
    assert [found.dispute if found else None for found in told.values()] == ["open", "open", "won", "lost", "won", None]


def test_what_tells_nothing_about_a_payment_is_none() -> None:
    assert event("customer.created", id="cus_1") is None


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{}", b'{"id": 1, "type": "charge.refunded"}', b"[" * 9_000])
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInputError):
        parse_event(body)


def test_a_payment_without_its_amount_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        event("checkout.session.completed", **{**CHECKOUT, "amount_total": None})
