from __future__ import annotations

import json

import pytest

from backend.domain.channels import Medium
from backend.domain.deliverability import status_of_word
from backend.domain.statuses import RecipientStatus as Status
from backend.errors import InvalidInputError
from backend.providers.whatsapp.acknowledgements import parse_acknowledgement
from backend.providers.whatsapp.webhooks import read_event

BODY = b'{"event": "session.status", "session": "default", "payload": {"status": "WORKING"}}'
ACK = {
    "id": "evt_1",
    "event": "message.ack",
    "session": "default",
    "timestamp": 1_741_249_702_485,
    "payload": {"id": "true_33612345678@c.us_3EB0A1", "from": "33612345678@c.us", "fromMe": True, "ack": 2},
}


def acknowledged(**payload: object) -> bytes:
    return json.dumps({**ACK, "payload": {**ACK["payload"], **payload}}).encode()


@pytest.mark.parametrize(
    ("ack", "word", "status"),
    [
        (-1, "ERROR", Status.FAILED),
        (0, "PENDING", Status.ACCEPTED),
        (1, "SERVER", Status.SENT),
        (2, "DEVICE", Status.DELIVERED),
        (3, "READ", Status.READ),
        (4, "PLAYED", Status.READ),
    ],
)
def test_an_acknowledgement_says_how_far_a_message_got(ack, word, status):
    [event] = parse_acknowledgement(read_event(acknowledged(ack=ack)))
    assert (event.provider, event.medium, event.reference) == ("whatsapp", Medium.WHATSAPP, None)
    assert (event.provider_message_id, event.word, event.event_key) == ("3EB0A1", word, f"3EB0A1-{word}")
    assert event.occurred_at_s == 1_741_249_702.485
    assert status_of_word(event.provider, event.word, event.vendor_code) is status
    assert json.loads(event.payload)["payload"]["ack"] == ack


@pytest.mark.parametrize(
    "told",
    ["true_9911223344@lid_3EB0A1", {"_serialized": "true_33612345678@c.us_3EB0A1", "id": "3EB0A1"}, "3EB0A1"],
)
def test_a_message_is_known_by_its_own_id_whatever_its_chat_is_called(told):
    [event] = parse_acknowledgement(read_event(acknowledged(id=told)))
    assert event.provider_message_id == "3EB0A1"


def test_messages_that_were_acknowledged_together_are_told_one_by_one():
    events = parse_acknowledgement(read_event(acknowledged(_data={"MessageIDs": ["3EB0A1", "3EB0B2", 7]})))
    assert [event.provider_message_id for event in events] == ["3EB0A1", "3EB0B2"]


@pytest.mark.parametrize(
    "payload",
    [
        {"fromMe": False},
        {"id": "true_120363402931855007@g.us_3EB0A1_33612345678@c.us"},
        {"id": "true_status@broadcast_3EB0A1"},
    ],
)
def test_what_is_no_message_of_ours_to_one_person_is_nothing(payload):
    assert parse_acknowledgement(read_event(acknowledged(**payload))) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        BODY,
        acknowledged(ack=9),
        acknowledged(ack=True),
        acknowledged(ack="2"),
        acknowledged(id=None),
        acknowledged(id="x" * 300),
        b'{"event": "message.ack", "payload": []}',
    ],
)
def test_an_acknowledgement_that_says_nothing_is_refused(body):
    with pytest.raises(InvalidInputError):
        parse_acknowledgement(read_event(body))
