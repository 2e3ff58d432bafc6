from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reflex_base.utils.form import FormData

from backend.domain.channels import Channel, Medium
from backend.domain.editor_options import CategoryChoice, ChannelOffer, NotOffered
from backend.domain.statuses import Reason
from backend.errors import InvalidInputError
from backend.services.drafts import DraftInput
from backend.services.selecting import TargetCount
from unisoft_ui.texts import editor as texts
from unisoft_ui.view_models.editor_form import field_error, form_values, incomplete, read_form, read_ids
from unisoft_ui.view_models.editor_options import category_chip, channel_card
from unisoft_ui.view_models.reach import reach
from unisoft_ui.view_models.sms_meter import sms_meter

DRAFT = DraftInput(
    title="Kol Nidre",
    channel="sms_email",
    subject="Times",
    sms_text="Shalom {{first_name}}",
    email_html="<p>Shalom</p><p>see<br>you</p>",
    category_ids=(3, 1),
    scheduled_local="2026-09-17T18:00",
)
TOO_LONG = InvalidInputError(code="too_long", field="title", longest=9)
FIELDS = [
    ("title", "Kol Nidre"),
    ("channel", "sms_email"),
    ("targets", "categories"),
    ("category", "3"),
    ("category", "1"),
    ("category", "3"),
    ("sms_text", "Shalom {{first_name}}"),
    ("whatsapp_text", ""),
    ("subject", "Times"),
    ("email_text", "Shalom\n\nsee\nyou"),
    ("when", "date"),
    ("scheduled_local", "2026-09-17T18:00"),
]


def test_a_form_describes_a_draft() -> None:
    assert read_form(FormData(FIELDS)) == DRAFT


def test_a_draft_comes_back_as_it_was_written() -> None:
    values = form_values(DRAFT)
    assert (values.email_text, values.email_is_foreign) == ("Shalom\n\nsee\nyou", False)
    assert (values.is_scheduled, values.scheduled_local) == (True, "2026-09-17T18:00")


@pytest.mark.parametrize(
    "draft",
    [replace(DRAFT, email_html="<table></table>"), replace(DRAFT, template_id=4, email_html="")],
    ids=["rich text", "template"],
)
def test_a_body_from_elsewhere_stays(draft: DraftInput) -> None:
    assert form_values(draft).email_is_foreign
    without = FormData([field for field in FIELDS if field[0] != "email_text"])
    assert read_form(without, draft) == draft


def test_boxes_and_everyone() -> None:
    form = FormData[str, str](
        [("targets", "everyone"), ("one_per_household", "on"), ("when", "validated"), ("scheduled_local", "x")]
    )
    draft = read_form(form)
    assert (draft.everyone, draft.one_per_household, draft.scheduled_local) == (True, True, None)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([name for name, _ in FIELDS]), st.none() | st.text() | st.integers() | st.lists(st.text())
        )
    )
)
def test_anything_can_be_sent(fields: list[tuple[str, object]]) -> None:
    draft = read_form(FormData(fields))
    assert isinstance(draft.title, str)
    assert all(isinstance(category_id, int) for category_id in draft.category_ids)
    incomplete(draft)


@pytest.mark.parametrize("value", [None, "1", 5, [1, 2], ["1x", "-1", "٣", "1" * 12, None, {}]], ids=range(5))
def test_what_is_no_id_is_dropped(value: object) -> None:
    assert read_ids(value) == ()


def test_every_missing_field_is_named_at_once() -> None:
    assert list(incomplete(DraftInput(title=" ", channel=""))) == ["title", "channel", "targets"]
    empty = DraftInput(title="x", channel="whatsapp_sms_email", everyone=True, scheduled_local="")
    assert list(incomplete(empty)) == ["whatsapp_text", "sms_text", "subject", "email_html", "schedule"]
    assert incomplete(DRAFT) == {}
    assert incomplete(replace(DRAFT, template_id=4, email_html="", subject="")) == {}
    assert list(incomplete(replace(DRAFT, channel="pigeon", sms_text=""))) == []


@pytest.mark.parametrize(
    ("error", "field", "sentence"),
    [
        (InvalidInputError(code="required", field="title"), "title", "Give the campaign a title."),
        (TOO_LONG, "title", "This is too long: at most 9 characters."),
        (InvalidInputError(code="unknown_field", field="subject", names="x"), "subject", "Unknown personal field: x."),
        (InvalidInputError(code="in_the_past", field="schedule"), "schedule", texts.ERROR_CODES["in_the_past"]),
        (InvalidInputError(code="new_rule"), "", "Something in this form is not right. Check it and try again."),
    ],
    ids=lambda value: value.code if isinstance(value, InvalidInputError) else None,
)  # fmt: skip
def test_errors_are_sentences_beside_their_field(error: InvalidInputError, field: str, sentence: str) -> None:
    assert field_error(error) == (field, sentence)


def test_cards_say_why_a_channel_is_not_offered() -> None:
    card = channel_card(ChannelOffer(Channel.WHATSAPP_SMS, [NotOffered.WHATSAPP_SENDER, NotOffered.SMS_SUBSCRIPTION]))
    assert (card.label, card.icons, card.offered) == (
        "WhatsApp / SMS",
        ["message-circle", "message-square-text"],
        False,
    )
    assert card.why == "The WhatsApp sender is not set up yet. SMS is not part of your subscription."
    assert channel_card(ChannelOffer(Channel.EMAIL, [])).offered
    assert set(texts.NOT_OFFERED) == set(NotOffered)


def test_chips_are_ticked() -> None:
    chip = category_chip(CategoryChoice(3, "Members", 1412), [3])
    assert (chip.id, chip.name, chip.count, chip.chosen) == ("3", "Members", "1,412", True)
    assert not category_chip(CategoryChoice(4, "Youth", 0), [3]).chosen


def test_reach() -> None:
    count = TargetCount(1250, {Medium.SMS: 250, Medium.EMAIL: 1000}, {Reason.NO_ADDRESS: 6, Reason.OPTED_OUT: 0})
    view = reach(Channel.SMS_EMAIL, count)
    assert (view.hint, view.total, view.noun) == ("", "1,250", "recipients")
    assert [(m.label, m.value, m.width) for m in view.media] == [("Email", "1,000", "80.0%"), ("SMS", "250", "20.0%")]
    assert [(r.label, r.value) for r in view.left_out] == [("Cannot be reached: no usable address", "6")]


def test_reach_of_nobody_and_of_one() -> None:
    nobody = reach(Channel.SMS, TargetCount(0, {}, {}))
    assert (nobody.total, nobody.noun, nobody.media[0].width) == ("0", "recipients", "0%")
    assert reach(Channel.SMS, TargetCount(1, {Medium.SMS: 1}, {})).noun == "recipient"


@pytest.mark.parametrize(
    ("text", "segments", "units", "encoding"),
    [
        ("", "0 SMS", "0 of 160 characters", "GSM-7"),
        ("a" * 160, "1 SMS", "160 of 160 characters", "GSM-7"),
        ("a" * 161, "2 SMS", "161 of 306 characters", "GSM-7"),
        ("ê", "1 SMS", "1 of 70 characters", "UCS-2"),
        ("ש" * 71, "2 SMS", "71 of 134 characters", "UCS-2"),
    ],
    ids=range(5),
)
def test_the_sms_meter(text: str, segments: str, units: str, encoding: str) -> None:
    meter = sms_meter(text)
    assert (meter.segments, meter.units, meter.encoding, meter.is_ucs2) == (
        segments,
        units,
        encoding,
        encoding == "UCS-2",
    )


def test_the_meter_names_what_makes_an_sms_longer() -> None:
    assert sms_meter("fête à l’école").forcing == "These characters make the SMS longer: ê ’"
    assert sms_meter("Shalom {{first_name}}").has_fields
    assert not sms_meter("Shalom").has_fields
