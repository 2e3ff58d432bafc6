from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.personal_fields import (
    ALIASES,
    CONTACT_FIELDS,
    UNSUBSCRIBE,
    fields_in,
    render_html,
    render_text,
    replace_fields,
    unknown_fields,
    values_for,
)

RUTH = values_for("Ruth", "Azoulay", "רות")
ANY_FIELD = "".join(f"{{{{{name}}}}}" for name in (*CONTACT_FIELDS, *ALIASES))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_name", "Ruth"),
        ("last_name", "Azoulay"),
        ("hebrew_first_name", "רות"),
        ("full_name", "Ruth Azoulay"),
        ("prenom", "Ruth"),
        ("nom", "Azoulay"),
        ("prenomHE", "רות"),
    ],
)
def test_every_published_name_is_filled_in(field: str, value: str) -> None:
    assert render_text(f"Shalom {{{{{field}}}}}!", RUTH) == f"Shalom {value}!"
    assert unknown_fields(f"{{{{{field}}}}}", email=False) == []


def test_aliases_stand_for_one_name() -> None:
    assert fields_in("{{prenom}} {{first_name}} {{nom}} {{prenomHE}}") == [
        "first_name",
        "last_name",
        "hebrew_first_name",
    ]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{{age}}", ["age"]),
        ("{{ first_name }}", [" first_name "]),
        ("{{First_Name}}", ["First_Name"]),
        ("{{PRENOM}}", ["PRENOM"]),
        ("{{}}", [""]),
        ("{{first_name}} {{x}} {{y}} {{x}}", ["x", "y"]),
        ("{{first name}}", ["first name"]),
        ("{{#if first_name}}", ["#if first_name"]),
        ("{{first_name|upper}}", ["first_name|upper"]),
    ],
)
def test_unknown_names_are_given_as_written_and_once(text: str, named: list[str]) -> None:
    assert unknown_fields(text, email=True) == named


def test_the_unsubscribe_link_exists_in_emails_only() -> None:
    text = f"{{{{{UNSUBSCRIBE}}}}}"
    assert unknown_fields(text, email=True) == []
    assert unknown_fields(text, email=False) == [UNSUBSCRIBE]


@pytest.mark.parametrize(
    "text",
    ["{first_name}", "{{first_name}", "{{first_name", "first_name}}", "{ {first_name} }", "}}{{", "{{a{b}}", "100 % {"],
)
def test_unbalanced_braces_are_plain_text(text: str) -> None:
    assert fields_in(text) == []
    assert render_text(text, RUTH) == text


def test_braces_around_a_field_stay() -> None:
    assert render_text("{{{first_name}}}", RUTH) == "{Ruth}"


def test_a_field_without_a_value_renders_as_nothing() -> None:
    nobody = values_for("", "", "")
    assert render_text("Shalom {{first_name}}, {{full_name}}!", nobody) == "Shalom , !"
    assert render_html("<p>{{hebrew_first_name}}</p>", nobody) == "<p></p>"
    assert render_text("{{first_name}}", {}) == ""


@pytest.mark.parametrize(
    ("first", "last", "full"),
    [("Ruth", "", "Ruth"), ("", "Azoulay", "Azoulay"), ("", "", ""), (" Ruth ", " Azoulay ", "Ruth Azoulay")],
)
def test_a_full_name_has_no_stray_space(first: str, last: str, full: str) -> None:
    assert values_for(first, last, "")["full_name"] == full


def test_a_value_is_never_read_as_a_field() -> None:
    sly = values_for("{{last_name}}", "{{mailing_unsubscribe}}", "")
    assert render_text("{{first_name}} {{nom}}", sly) == "{{last_name}} {{mailing_unsubscribe}}"


def test_two_values_do_not_join_into_a_field() -> None:
    halves = {"first_name": "{{", "last_name": "nom}}"}
    assert render_text("{{first_name}}{{last_name}}", halves) == "{{nom}}"


def test_html_escapes_values_and_text_does_not() -> None:
    sly = values_for('<b>Ruth & "Co"</b>\'', "", "")
    assert render_html("<p>{{first_name}}</p>", sly) == "<p>&lt;b&gt;Ruth &amp; &quot;Co&quot;&lt;/b&gt;&#x27;</p>"
    assert render_text("{{first_name}}", sly) == '<b>Ruth & "Co"</b>\''


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        ("Ruth\r\nBcc: everyone@example.org", "Ruth Bcc: everyone@example.org"),
        ("Ru\x00th", "Ruth"),
        ("Ru\x1bth", "Ruth"),
        ("Ruth\u202e", "Ruth"),
        ("\tRuth\t", "Ruth"),
        ("Ruth\u2028Anne", "Ruth Anne"),
        # As spreadsheets write it: dropping it would join two names into one.
        ("Ruth\u00a0Anne", "Ruth Anne"),
        ("Zoé", "Zoé"),
        ("רות", "רות"),
        ("O’Connor", "O’Connor"),
    ],
)
def test_control_characters_are_dropped_and_words_stay_apart(entered: str, kept: str) -> None:
    assert values_for(entered, "", "")["first_name"] == kept


def test_replacing_gives_canonical_names() -> None:
    assert replace_fields("{{prenom}}-{{full_name}}", str.upper) == "FIRST_NAME-FULL_NAME"


NAMES = st.text(max_size=40)


@given(NAMES, NAMES, NAMES)
def test_rendered_values_are_one_printable_line(first: str, last: str, hebrew: str) -> None:
    rendered = render_text(ANY_FIELD, values_for(first, last, hebrew))
    assert rendered.isprintable()


@given(NAMES, st.text(max_size=60))
def test_whatever_is_not_a_field_stays_as_it_is(value: str, text: str) -> None:
    before, after = text.replace("{", "("), text.replace("}", ")")
    values = {"first_name": value}
    assert render_text(f"{before}{{{{first_name}}}}{after}", values) == before + value + after


@given(NAMES)
def test_an_escaped_value_opens_no_tag_and_reads_as_it_was(value: str) -> None:
    rendered = render_html("{{first_name}}", {"first_name": value})
    assert not set(rendered) & set("<>\"'")
    assert html.unescape(rendered) == html.unescape(html.escape(value)) == value


@given(st.text(alphabet="{}ab_ ", max_size=30))
def test_any_braces_are_either_a_field_or_plain_text(text: str) -> None:
    rendered = render_text(text, {})
    assert (rendered == text) == (not fields_in(text))
