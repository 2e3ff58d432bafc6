from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reflex_base.utils.form import FormData

from backend.domain.channels import Channel
from backend.domain.editor_options import ChannelOffer, NotOffered
from backend.errors import InvalidInputError
from backend.services.draft_input import DraftInput
from unisoft_ui.texts import editor as texts
from unisoft_ui.view_models.editor_form import field_error, form_values, incomplete, read_form, read_ids, unsaveable
from unisoft_ui.view_models.editor_options import channel_card
from unisoft_ui.view_models.sms_meter import sms_meter

DRAFT = DraftInput(
    title="Kol Nidre",
    channel="sms_email",
    subject="Times",
    sms_text="Shalom {{first_name}}",
    email_html="<p>Shalom</p><p>see<br>you</p>",
    match="all",
    category_ids=(3, 1),
    contact_ids=(7,),
    excluded_category_ids=(2,),
    excluded_contact_ids=(8,),
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
    ("email_by", "write"),
    ("email_html", "<p>Shalom</p><p>see<br>you</p>"),
    ("match", "all"),
    ("contact", "7"),
    ("excluded_category", "2"),
    ("excluded_contact", "8"),
    ("template_id", "5"),
    ("when", "date"),
    ("scheduled_local", "2026-09-17T18:00"),
]


def test_a_form_describes_a_draft() -> None:
    assert read_form(FormData(FIELDS)) == DRAFT


def test_the_frame_opens_with_what_was_written() -> None:
    values = form_values(DRAFT)
    assert (values.title, values.channel) == ("Kol Nidre", "sms_email")
    assert (values.is_scheduled, values.scheduled_local) == (True, "2026-09-17T18:00")


def test_a_template_stands_in_for_the_body() -> None:
    chosen = [*[field for field in FIELDS if field[0] != "email_by"], ("email_by", "template")]
    draft = read_form(FormData(chosen))
    assert (draft.template_id, draft.template_renewed, draft.email_html) == (5, False, "")
    assert read_form(FormData([*chosen, ("template_renewed", "yes")])).template_renewed
    assert read_form(FormData(FIELDS)).template_id is None


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
    assert list(unsaveable(DraftInput(title=" ", channel=""))) == ["title", "channel"]
    assert unsaveable(DraftInput(title="x", channel="sms")) == {}
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
    assert [each.shown for each in sms_meter("fête à l’école").forcing.characters] == ["ê", "’"]
