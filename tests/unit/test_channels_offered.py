from __future__ import annotations

import pytest

from backend.domain.channels import Channel
from backend.domain.editor_options import NotOffered
from backend.models import Organisation
from backend.services.channels_offered import channels_offered
from backend.settings import Settings

EMAIL = {"sendgrid_api_key": "key", "sendgrid_from_email": "a@example.org", "sendgrid_webhook_public_key": "key"}
TWILIO = {"twilio_account_sid": "AC1", "twilio_auth_token": "token"}
SMS = {**TWILIO, "twilio_sms_from": "+33600000000"}
SERVICE = {**TWILIO, "twilio_messaging_service_sid": "MG1"}
WHATSAPP = {**TWILIO, "twilio_whatsapp_from": "+33600000001"}


def offered(values: dict[str, str], *, sms_subscribed: bool = True) -> dict[Channel, list[NotOffered]]:
    settings = Settings(_env_file=None, **values)  # pyright: ignore[reportCallIssue]
    offers = channels_offered(settings, Organisation(name="Beth Shalom", sms_subscribed=sms_subscribed))
    return {offer.channel: list(offer.missing) for offer in offers}


@pytest.mark.parametrize(
    ("values", "free"),
    [
        (EMAIL, {Channel.EMAIL}),
        (SMS, {Channel.SMS}),
        (SERVICE, {Channel.SMS}),
        (WHATSAPP, {Channel.WHATSAPP}),
        (EMAIL | SMS, {Channel.EMAIL, Channel.SMS, Channel.SMS_EMAIL}),
        (SMS | WHATSAPP, {Channel.SMS, Channel.WHATSAPP, Channel.WHATSAPP_SMS}),
        (EMAIL | SMS | WHATSAPP, set(Channel)),
    ],
    ids=["email", "sms", "messaging service", "whatsapp", "email and sms", "sms and whatsapp", "all"],
)
def test_a_channel_needs_all_its_media(values: dict[str, str], free: set[Channel]) -> None:
    assert {channel for channel, missing in offered(values).items() if not missing} == free


def test_what_is_missing_is_named() -> None:
    missing = offered({})
    assert missing[Channel.WHATSAPP_SMS_EMAIL] == [
        NotOffered.WHATSAPP_SENDER,
        NotOffered.SMS_SENDER,
        NotOffered.EMAIL_SENDER,
    ]


def test_sms_needs_a_subscription_too() -> None:
    missing = offered(EMAIL | SMS | WHATSAPP, sms_subscribed=False)
    assert {channel for channel, reasons in missing.items() if reasons == [NotOffered.SMS_SUBSCRIPTION]} == {
        Channel.SMS, Channel.WHATSAPP_SMS, Channel.SMS_EMAIL, Channel.WHATSAPP_SMS_EMAIL,
    }  # fmt: skip
    assert missing[Channel.EMAIL] == []
