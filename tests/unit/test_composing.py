from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from backend.domain.channels import Channel, Medium
from backend.domain.personal_fields import values_for
from backend.errors import NotFoundError
from backend.models import Campaign, Organisation, Template
from backend.providers.base import Batch
from backend.providers.references import read_reference
from backend.repositories.claims import Claim
from backend.services.composing import clean_html, compose, prepare
from backend.services.unsubscribing import read_token, unsubscribe_urls
from backend.settings import load_settings

SETTINGS = load_settings(
    _env_file=None, secret_key="k" * 40, public_url="https://mail.example.org", data_dir=Path("/nonexistent")
)
LINK = unsubscribe_urls(SETTINGS)(5)
RUTH = values_for("Ruth", "Azoulay", "רות")


def organisation(**values: Any) -> Organisation:
    return Organisation(**{"name": "Beth Shalom", "language": "fr", **values})


def campaign(**values: Any) -> Campaign:
    return Campaign(**{"title": "Kol Nidre", "channel": Channel.WHATSAPP_SMS_EMAIL, **values})


def composed(medium: Medium, fields: dict[str, str] | None = None, *, template: Template | None = None,
             owner: Organisation | None = None, **content: Any) -> Batch:  # fmt: skip
    prepared = prepare(campaign(**content), template, owner or organisation())
    claim = Claim(5, 7, "ruth@example.org", RUTH if fields is None else fields)
    return compose(SETTINGS, prepared, medium, [claim])


def arrived(body: str = "<p>Shalom</p>", fields: dict[str, str] | None = None, **content: Any) -> tuple[str, str, str]:
    """Subject, HTML and text as the provider fills them in."""
    batch = composed(Medium.EMAIL, fields, email_html=body, **{"subject": "Kol Nidre", **content})
    assert batch.email is not None
    parts = (batch.email.subject, batch.email.html, batch.email.text)
    return tuple(_filled_in(part, batch.messages[0].substitutions) for part in parts)  # pyright: ignore[reportReturnType]


def _filled_in(text: str, substitutions: Any) -> str:
    for placeholder, value in substitutions.items():
        text = text.replace(placeholder, value)
    assert "%%" not in text, "a placeholder has no value"
    return text


def test_an_unsubscribe_link_is_added_when_the_author_placed_none() -> None:
    _, html, text = arrived("<p>Shalom</p>")
    assert html.count(f'href="{LINK}"') == 1
    assert LINK in text, "whoever reads the text part must be able to unsubscribe too"
    assert "Se désabonner" in html
    assert "Se désabonner" in text


@pytest.mark.parametrize(
    "body", ['<p><a href="{{mailing_unsubscribe}}">Stop</a></p>', "<p>Stop: {{mailing_unsubscribe}}</p>"]
)
def test_the_link_is_not_doubled_when_the_author_placed_it(body: str) -> None:
    _, html, text = arrived(body)
    assert html.count(LINK) == 1
    assert text.count(LINK) == 1
    assert "Se désabonner" not in html


@pytest.mark.parametrize(
    "body",
    [
        "<p>Shalom</p><!-- {{mailing_unsubscribe}} -->",
        "<p>Shalom</p><script>var x = '{{mailing_unsubscribe}}'</script>",
        "<p onclick='{{mailing_unsubscribe}}'>Shalom</p>",
    ],
)
def test_a_link_that_is_cleaned_away_counts_as_none(body: str) -> None:
    _, html, _ = arrived(body)
    assert html.count(f'href="{LINK}"') == 1


@pytest.mark.parametrize(
    ("language", "words", "lang"),
    [("fr", "Se désabonner", "fr"), ("en", "Unsubscribe", "en"), ("he", "הסרה", "he"), ("es", "Unsubscribe", "en")],
)
def test_the_foot_speaks_the_language_of_the_organisation(language: str, words: str, lang: str) -> None:
    batch = composed(Medium.EMAIL, email_html="<p>x</p>", owner=organisation(language=language))
    assert batch.email is not None
    assert words in batch.email.html
    assert f'<html lang="{lang}">' in batch.email.html


def test_every_email_has_the_headers_for_one_click() -> None:
    for body in ("<p>Shalom</p>", "<p>{{mailing_unsubscribe}}</p>"):
        [message] = composed(Medium.EMAIL, email_html=body).messages
        assert message.headers == {
            "List-Unsubscribe": f"<{LINK}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }


def test_links_and_references_are_personal() -> None:
    content = prepare(campaign(email_html="<p>x</p>"), None, organisation())
    claims = [Claim(number, number + 100, f"r{number}@example.org", {}) for number in range(3)]
    batch = compose(SETTINGS, content, Medium.EMAIL, claims)
    assert [read_reference(m.reference, SETTINGS.signing_key) for m in batch.messages] == [100, 101, 102]
    assert [m.to for m in batch.messages] == [claim.address for claim in claims]
    tokens = [m.headers["List-Unsubscribe"].rsplit("/", 1)[1].rstrip(">") for m in batch.messages]
    assert [read_token(SETTINGS, token) for token in tokens] == [0, 1, 2]


@pytest.mark.parametrize(
    "token", ["", "5", "5-", "6-" + LINK.rsplit("-", 1)[1], "٥-" + LINK.rsplit("-", 1)[1], "5-é", "9" * 40 + "-x", "-"]
)
def test_a_link_that_is_not_ours_is_nobodys(token: str) -> None:
    with pytest.raises(NotFoundError):
        read_token(SETTINGS, token)


def test_values_are_escaped_in_html_and_not_in_text_or_subject() -> None:
    sly = values_for("<b>Ruth & Co</b>", "", "")
    subject, html, text = arrived("<p>Shalom {{first_name}}</p>", sly, subject="For {{prenom}}")
    assert "Shalom &lt;b&gt;Ruth &amp; Co&lt;/b&gt;" in html
    assert "Shalom <b>Ruth & Co</b>" in text
    assert subject == "For <b>Ruth & Co</b>"


def test_a_value_cannot_leave_its_attribute() -> None:
    _, html, _ = arrived(
        '<p><a href="https://example.org/?n={{first_name}}">x</a></p>', values_for('" onclick="x', "", "")
    )
    assert 'onclick="x' not in html
    assert "&quot; onclick=&quot;x" in html


def test_a_name_that_looks_like_a_field_stays_one() -> None:
    subject, html, text = arrived(
        "<p>{{first_name}}</p>", values_for("{{last_name}}", "Azoulay", ""), subject="{{nom}}"
    )
    assert "{{last_name}}" in html
    assert "{{last_name}}" in text
    assert subject == "Azoulay"


def test_every_alias_is_filled_in_everywhere() -> None:
    subject, html, text = arrived("<p>{{prenom}} {{nom}} {{prenomHE}}</p>", subject="{{prenomHE}} {{full_name}}")
    assert subject == "רות Ruth Azoulay"
    assert "Ruth Azoulay רות" in html
    assert "Ruth Azoulay רות" in text


def test_an_empty_field_renders_as_nothing() -> None:
    subject, html, _ = arrived("<p>Shalom {{first_name}}!</p>", {}, subject="Kol Nidre{{first_name}}")
    assert "Shalom !" in html
    assert subject == "Kol Nidre"


@pytest.mark.parametrize("name", ["first_name", "prenom"])
@pytest.mark.parametrize("place", ["https://example.org/{}/", "https://example.org/?n={}", "https://example.org/#{}"])
def test_a_field_inside_a_links_address_is_filled_in(place: str, name: str) -> None:
    _, html, _ = arrived(f'<p><a href="{place.format("{{" + name + "}}")}">x</a></p>')
    assert f'href="{place.format("Ruth")}"' in html


@pytest.mark.parametrize(
    "harmful",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="data:text/html,alert(1)">x</a>',
        "<iframe src=https://alert(1)></iframe>",
        '<p style="background:url(javascript:alert(1))">x</p>',
        "<style>@import 'https://alert(1)'</style>",
        "<svg><script>alert(1)</script></svg>",
        '<form action="https://alert(1)"><input name=q></form>',
        '<meta http-equiv="refresh" content="0;url=https://alert(1)">',
        "<p><!-- alert(1) --></p>",
        '<a href="  JaVaScRiPt:alert(1)">x</a>',
        "<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)></style></mglyph></math>",
    ],
)
def test_what_could_run_is_removed(harmful: str) -> None:
    _, html, _ = arrived(f"<p>before</p>{harmful}<p>after</p>")
    assert "alert" not in html
    assert "before" in html
    assert "after" in html


def test_what_an_author_may_send_stays() -> None:
    source = (
        '<h2>Office</h2><p><b>Kol</b> <a href="https://example.org/a?b=c">Nidre</a><br>19:15</p><ul><li>x</li></ul>'
    )
    assert clean_html(source) == source
    assert clean_html('<a href="mailto:office@example.org">x</a> <a href="tel:+33139000000">y</a>').count("href") == 2


@pytest.mark.parametrize(
    "subject", ["Kol Nidre\r\nBcc: all@example.org", "Kol\tNidre", "Kol\u2028Nidre", " Kol Nidre\n"]
)
def test_a_subject_is_one_line(subject: str) -> None:
    found, _, _ = arrived(subject=subject)
    assert "\n" not in found
    assert "\r" not in found
    assert found.split() == subject.split()


def test_a_name_adds_no_line_to_a_subject() -> None:
    sly = values_for("Ruth\r\nBcc: all@example.org", "", "")
    found, _, _ = arrived(fields=sly, subject="For {{first_name}}")
    assert found == "For Ruth Bcc: all@example.org"


def test_styles_are_inlined_because_mail_programs_drop_the_others() -> None:
    _, html, _ = arrived()
    assert "<style" not in html
    assert re.search(r'<div class="sheet"[^>]* style="[^"]*max-width: 600px', html)


def test_hebrew_finds_its_own_direction() -> None:
    _, html, text = arrived("<p>שנה טובה</p>")
    assert html.count('dir="auto"') == 2
    assert "שנה טובה" in html
    assert "שנה טובה" in text


def test_the_text_part_says_what_the_html_says() -> None:
    _, _, text = arrived(
        '<h2>Office</h2><p>Kol Nidre &amp; more,<br>19:15</p><p><a href="https://example.org/map">Map</a></p>'
    )
    assert "Office" in text
    assert "Kol Nidre & more," in text
    assert "https://example.org/map" in text
    assert "<" not in text


def test_the_name_of_the_organisation_is_text() -> None:
    batch = composed(Medium.EMAIL, email_html="<p>x</p>", owner=organisation(name="Beth <Shalom> & Co"))
    assert batch.email is not None
    assert "Beth &lt;Shalom&gt; &amp; Co" in batch.email.html
    assert "Beth <Shalom> & Co" in batch.email.text


def test_a_template_gives_body_and_subject() -> None:
    template = Template(name="T", subject="From the template", html="<p>Template {{nom}}</p>")
    batch = composed(Medium.EMAIL, template=template)
    assert batch.email is not None
    assert batch.email.subject == "From the template"
    assert "Template %%h:last_name%%" in batch.email.html


def test_the_campaigns_own_subject_beats_the_templates_and_the_title_is_the_last_resort() -> None:
    template = Template(name="T", subject="From the template", html="<p>x</p>")
    for own, of_template, expected in (("Own", template, "Own"), ("", None, "Kol Nidre")):
        batch = composed(Medium.EMAIL, template=of_template, subject=own, email_html="<p>x</p>")
        assert batch.email is not None
        assert batch.email.subject == expected


@pytest.mark.parametrize("medium", [Medium.SMS, Medium.WHATSAPP])
def test_short_messages_are_plain_text(medium: Medium) -> None:
    texts = {"sms_text": "SMS {{prenom}} <3", "whatsapp_text": "WA {{prenom}} <3"}
    batch = composed(medium, values_for("R&B", "", ""), template=None, owner=None, **texts)
    [message] = batch.messages
    assert message.text == ("SMS R&B <3" if medium is Medium.SMS else "WA R&B <3")
    assert batch.email is None
    assert not message.headers


def test_a_text_without_fields_is_the_same_for_all() -> None:
    batch = composed(Medium.SMS, sms_text="100 % { }")
    assert batch.messages[0].text == "100 % { }"
