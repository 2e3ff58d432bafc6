from datetime import UTC, datetime

import pytest

from backend.domain.channels import Medium
from backend.domain.keywords import Keyword
from backend.domain.recipient_history import Reply
from unisoft_ui.view_models.recipient import KEYWORD_ICONS, ReplyLine, reply_lines

AT = datetime(2026, 9, 1, 22, 30, tzinfo=UTC)


def line(text: str = "Merci", keyword: Keyword | None = None) -> ReplyLine:
    [told] = reply_lines([Reply(7, Medium.WHATSAPP, text, keyword, AT)], "Europe/Paris", AT)
    return told


def test_a_reply_is_told_in_the_zone_of_the_organisation():
    told = line()
    assert (told.id, told.medium.label, told.text, told.note) == (7, "WhatsApp", "Merci", "")
    assert (told.when, told.moment) == ("2 Sep, 00:30", "Wednesday 2 September 2026, 00:30")
    assert told.asked.label == ""
    assert line(" ").note == "A message without text"


@pytest.mark.parametrize("keyword", Keyword)
def test_what_is_asked_for_is_said_beside_it(keyword):
    told = line("STOP", keyword)
    assert told.asked.label.startswith("Asked to ")
    assert told.asked.icon in KEYWORD_ICONS
    assert told.text == "STOP"
