"""What the gateway reports: nothing is believed without its signature, and nothing of it is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from backend.database import reading, unit_of_work
from backend.domain.channels import Channel, ConnectionState, Medium
from backend.domain.statuses import RecipientStatus
from backend.models import Attempt
from backend.repositories import organisations
from backend.services import delivery
from backend.settings import get_settings
from backend.simulator.signatures import gateway_signature
from tests.integration.test_webhooks import Web, attempt_status, client, logged, make_attempt, stored

__all__ = ["client", "logged"]
PATH, KEY = "/webhooks/whatsapp", "the gateway's key"


@pytest.fixture(autouse=True)
def _gateway(monkeypatch: pytest.MonkeyPatch, database: str) -> None:
    del database
    monkeypatch.setenv("WHATSAPP_GATEWAY_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("WHATSAPP_GATEWAY_KEY", "key")
    monkeypatch.setenv("WHATSAPP_GATEWAY_HMAC_KEY", KEY)
    get_settings.cache_clear()


def acknowledged(ack: int = 2, stanza: str = "3EB0A1", **payload: Any) -> bytes:
    told = {"id": f"true_33639800000@c.us_{stanza}", "fromMe": True, "ack": ack, **payload}
    return json.dumps({"event": "message.ack", "session": "default", "payload": told}).encode()


def post(client: Web, body: bytes, key: str = KEY) -> int:
    return client.post(PATH, content=body, headers={"X-Webhook-Hmac": gateway_signature(key, body)}).status_code


def in_the_phones_hands(stanza: str = "3EB0A1") -> int:
    attempt_id = make_attempt(Channel.WHATSAPP)
    with unit_of_work() as session:
        attempt = session.get_one(Attempt, attempt_id)
        attempt.provider, attempt.provider_message_id = "whatsapp", stanza
    return attempt_id


def test_an_acknowledgement_is_stored_raw_and_takes_effect(client: Web) -> None:
    in_the_phones_hands()
    body = acknowledged(3)
    assert [post(client, body) for _ in range(3)] == [204, 204, 204]
    [event] = stored()
    assert (event.provider, event.word, event.medium, event.payload) == (
        "whatsapp", "READ", Medium.WHATSAPP, body.decode(),
    )  # fmt: skip
    assert delivery.apply_events() == 1
    assert attempt_status() == (RecipientStatus.READ, None)


def test_an_error_fails_with_a_code_of_ours(client: Web) -> None:
    in_the_phones_hands()
    assert post(client, acknowledged(-1)) == 204
    delivery.apply_events()
    assert attempt_status() == (RecipientStatus.FAILED, "ack_error")


def test_what_somebody_wrote_on_the_phone_changes_nothing(client: Web) -> None:
    in_the_phones_hands()
    assert post(client, acknowledged(3, "3EB0FFFF")) == 204
    assert post(client, acknowledged(3, id="true_120363@g.us_3EB0A1_33639800000@c.us")) == 204
    delivery.apply_events()
    assert attempt_status() == (RecipientStatus.ACCEPTED, None)
    assert len(stored()) == 1


def test_without_the_right_signature_nothing_is_believed(client: Web, logged: list[str]) -> None:
    assert post(client, acknowledged(), key="another key") == 403
    assert client.post(PATH, content=acknowledged()).status_code == 403
    signature = gateway_signature(KEY, acknowledged(1))
    assert client.post(PATH, content=acknowledged(2), headers={"X-Webhook-Hmac": signature}).status_code == 403
    assert stored() == []
    assert logged == ["webhook_signature_refused"] * 3


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", acknowledged(7), acknowledged(id=None)])
def test_a_signed_event_that_says_nothing_is_refused_and_logged(client: Web, logged: list[str], body: bytes) -> None:
    assert post(client, body) == 400
    assert stored() == []
    assert logged == ["webhook_malformed"]


def test_a_session_that_changed_is_asked_for(client: Web) -> None:
    told = {"event": "session.status", "session": "default", "payload": {"status": "WORKING"}}
    assert post(client, json.dumps(told).encode()) == 204
    with reading() as session:
        assert organisations.get(session).whatsapp_state is ConnectionState.UNREACHABLE, "nobody listens there"
