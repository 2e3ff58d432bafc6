from __future__ import annotations

import pytest

from backend.domain.channels import Channel
from backend.services.sending_by_sms import SmsPlan
from unisoft_ui.texts import by_sms as texts
from unisoft_ui.view_models.by_sms import sms_button, sms_question

PLAN = SmsPlan(7, "Kiddush", Channel.WHATSAPP_SMS_EMAIL, 1_200, 2_400, 3, 0, 1)


def test_the_button_tells_the_price_and_is_not_offered_to_nobody() -> None:
    assert sms_button(PLAN) == "Send all by SMS now (2,400 credits)"
    assert sms_button(SmsPlan(7, "Kiddush", Channel.WHATSAPP_SMS, 1, 1, 0, 0, 0)) == "Send all by SMS now (1 credit)"
    assert sms_button(SmsPlan(7, "Kiddush", Channel.WHATSAPP_SMS, 0, 0, 0, 0, 0)) == ""
    assert sms_button(None) == ""


@pytest.mark.parametrize(
    ("channel", "without"),
    [
        (Channel.WHATSAPP_SMS, texts.WITHOUT_ADDRESS),
        (Channel.WHATSAPP_SMS_EMAIL, texts.WITHOUT_ANY_ADDRESS),
    ],
)
def test_everybody_is_in_the_question(channel: Channel, without: str) -> None:
    shown = sms_question(SmsPlan(7, "Kiddush", channel, 1_200, 2_400, 3, 0, 1))
    people = [(figure.label, figure.value) for figure in shown.people]
    assert people == [(texts.BY_SMS, "1,200"), (texts.BY_EMAIL, "3"), (without, "1")]
    assert (shown.credits, shown.confirm) == ("2,400 credits", "Send 1,200 by SMS")
