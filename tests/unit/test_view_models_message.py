from __future__ import annotations

import json

import pytest

from backend.domain.channels import Medium
from backend.services.sms_cost import SmsCost
from backend.services.template_choices import TemplateChoice
from unisoft_ui.view_models.message import progress, subject_hint, template_line, text_length, words_of
from unisoft_ui.view_models.sms_costs import CostBox, cost_box
from unisoft_ui.view_models.sms_meter import sms_meter

SMS_EMAIL = (Medium.SMS, Medium.EMAIL)


def test_the_meter_counts_with_the_longest_value() -> None:
    meter = sms_meter("Shalom {{first_name}}!", {"first_name": "Maximilienne"})
    assert (meter.units, meter.left) == ("20 of 160 characters", "140 left")
    assert meter.notes == ["The personal field counts for its longest value (Maximilienne, 12 letters)."]


def test_several_fields_count_for_one_recipient() -> None:
    meter = sms_meter("{{first_name}} {{last_name}}", {"first_name": "Ruth", "last_name": "Azoulay"})
    assert meter.notes == ["Personal fields count for the recipient with the longest SMS (Ruth, Azoulay)."]


def test_a_name_that_makes_its_sms_longer_is_told() -> None:
    meter = sms_meter("Shalom {{prenom}}", {"first_name": "Anaïs"})
    assert meter.is_ucs2
    assert meter.notes[1] == "Some names hold characters outside GSM-7 (ï), which makes those SMS longer."
    assert meter.forcing.title == ""


def test_without_targets_the_meter_says_what_fields_count_for() -> None:
    assert sms_meter("Shalom {{first_name}}").notes == [
        "Choose who receives the campaign: personal fields count for the longest of their names."
    ]
    assert sms_meter("Shalom").notes == []


@pytest.mark.parametrize(
    ("length", "widths"),
    [(0, ["0%"]), (80, ["50%"]), (160, ["100%"]), (161, ["100%", "5%"]), (459, ["100%"] * 3), (1600, ["100%"] * 10)],
)
def test_a_block_for_each_sms(length: int, widths: list[str]) -> None:
    blocks = sms_meter("a" * length).blocks
    assert [block.width for block in blocks][:10] == widths
    assert len({block.id for block in blocks}) == len(blocks)


def test_what_forces_ucs2_is_named_with_what_to_say_instead() -> None:
    box = sms_meter("fête\u00a0: ça va, שלום " + "a" * 100).forcing
    assert [(c.shown, c.times, c.replacement) for c in box.characters[:4]] == [
        ("ê", "×1", "e"),
        ("No-break space", "×1", "␣"),
        ("ç", "×1", "c"),
        ("ש", "×1", ""),
    ]
    assert box.title == "Special characters make this 2 SMS instead of 1."
    assert json.loads(box.replacements) == {"ê": "e", "\u00a0": " ", "ç": "c"}
    assert json.loads(box.characters[0].replacements) == {"ê": "e"}
    assert box.characters[3].replacements == ""
    assert box.replace_all == "Replace all: 2 SMS"  # the Hebrew stays
    assert sms_meter("Shalom").forcing.characters == []


def test_a_long_list_is_cut() -> None:
    box = sms_meter("אבגדהוזחטיכלמנ").forcing
    assert (len(box.characters), box.more, box.replace_all) == (12, "and 2 more", "")


@pytest.mark.parametrize(
    ("cost", "shown"),
    [
        (SmsCost(598, 598, 1250, 1, 1, {}), CostBox("", "598", "1", "598", "1,250", "652", "")),
        (SmsCost(598, 1794, 1250, 2, 3, {}), CostBox("", "598", "2 to 3", "1,794", "1,250", "0", "544 SMS")),
        (
            SmsCost(598, 598, 650, 1, 1, {}, low_below=100),
            CostBox("", "598", "1", "598", "650", "52", "", "Fewer than 100 SMS will be left after this campaign."),
        ),
        (SmsCost(0, 0, 0, 0, 0, {}), CostBox("", "0", "0", "0", "0", "0", "")),
    ],
    ids=["enough", "missing", "little left", "nobody"],
)
def test_the_cost_in_words(cost: SmsCost, shown: CostBox) -> None:
    assert cost_box(cost) == shown


@pytest.mark.parametrize(
    ("written", "by_template", "summary", "is_done"),
    [
        ({}, False, "Not written yet", False),
        ({"sms_text": "a"}, False, "SMS ready", False),
        ({"subject": "a", "email_html": "b"}, False, "Email ready", False),
        ({"sms_text": "a", "email_html": "b"}, False, "SMS ready", False),
        ({"sms_text": "a", "subject": "a", "email_html": "b"}, False, "SMS and email ready", True),
        ({"sms_text": "a", "template_id": "3"}, True, "SMS and email ready", True),
        ({"sms_text": "a", "subject": "a", "email_html": "b"}, True, "SMS ready", False),
        ({"sms_text": "{{nom_de_famille}}"}, False, "Not written yet", False),
        ({"sms_text": "a" * 1601}, False, "Not written yet", False),
    ],
    ids=range(9),
)
def test_how_far_the_texts_are(written: dict[str, str], by_template: bool, summary: str, is_done: bool) -> None:
    shown = progress(SMS_EMAIL, written, by_template=by_template)
    assert (shown.summary, shown.is_done) == (summary, is_done)


def test_unknown_fields_are_told_beside_their_text() -> None:
    written = {"sms_text": "{{mailing_unsubscribe}} {{age}}", "subject": "{{nom}}", "email_html": "{{x}}"}
    assert progress(SMS_EMAIL, written, by_template=False).problems == {
        "sms_text": "Unknown personal field: mailing_unsubscribe, age.",
        "email_html": "Unknown personal field: x.",
    }
    assert "email_html" not in progress(SMS_EMAIL, written, by_template=True).problems
    assert progress(SMS_EMAIL, {"sms_text": "a" * 1601}, by_template=False).problems == {
        "sms_text": "This is too long: at most 1,600 characters."
    }


def test_lengths_in_words() -> None:
    assert subject_hint("a" * 47) == "47 characters, shown in full on phones"
    assert subject_hint("a" * 51) == "51 characters, phones show about 50"
    assert subject_hint("") == "phones show about 50 characters"
    assert text_length("a" * 119) == "119 of 1,600 characters"


def test_an_empty_paragraph_is_nothing_and_a_picture_is_something() -> None:
    assert words_of("<p></p><p>&nbsp;</p>") == ""
    assert words_of("<p>Shalom &amp; <b>bye</b></p>") == "Shalom &  bye"
    assert words_of('<p><img src="x"></p>')


def test_a_deleted_template_says_so() -> None:
    line = template_line(TemplateChoice(3, "News", "", is_deleted=True))
    assert (line.id, line.subject, line.note) == ("3", "No subject", "Deleted meanwhile: this draft keeps its copy.")
