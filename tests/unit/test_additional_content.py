from __future__ import annotations

import base64
from pathlib import Path

import pytest

from backend.domain.additional_content import AdditionalContent, ContentFile, ContentLink, measured, with_lines
from backend.domain.channels import Channel, Medium
from backend.domain.file_types import FileKind
from backend.domain.short_links import CODE_LENGTH, ItemKind
from backend.errors import InvalidInputError
from backend.http.file_answers import disposition
from backend.models import Campaign, Organisation
from backend.repositories.claims import Claim
from backend.services.additional_content import MOST_LINKS, LinkInput, as_travelling, check_links
from backend.services.attaching import extras_of
from backend.services.composing import compose, prepare
from backend.settings import load_settings
from unisoft_ui.texts import content as texts
from unisoft_ui.texts import error_sentence
from unisoft_ui.view_models.content import file_line, link_line

SETTINGS = load_settings(
    _env_file=None, secret_key="k" * 40, public_url="https://mail.example.org", data_dir=Path("/nonexistent")
)
CONTENT = AdditionalContent(
    (
        ContentLink(3, "https://example.org/plan?a=1&b=2", "Seat <plan> {{first_name}}"),
        ContentLink(4, "https://x.fr", ""),
    ),
    (
        ContentFile("f5", FileKind.DOCUMENT, "Times.pdf", "application/pdf", 240_000),
        ContentFile("f6", FileKind.VIDEO, "Rabbi & co.mp4", "video/mp4", 8_200_000),
    ),
)


def url_of(kind: ItemKind, item_id: int) -> str:
    return f"https://s/{kind}/{item_id}"


def test_an_sms_has_a_line_for_each_address_and_no_more() -> None:
    lines = with_lines(Medium.SMS, "Shalom", CONTENT, url_of).split("\n")
    assert lines == ["Shalom", "https://s/link/3", "https://s/link/4", "https://s/file/5", "https://s/file/6"]


def test_a_whatsapp_message_says_what_each_is() -> None:
    lines = with_lines(Medium.WHATSAPP, "Shalom", CONTENT, url_of).split("\n")
    assert lines[1] == "Seat <plan> {{first_name}}: https://s/link/3"
    assert lines[2] == "x.fr: https://s/link/4"
    assert lines[3:] == ["Times.pdf: https://s/file/5", "Rabbi & co.mp4: https://s/file/6"]


def test_a_message_without_content_stays_as_it_is() -> None:
    assert with_lines(Medium.SMS, "Shalom\n", AdditionalContent(), url_of) == "Shalom\n"


@pytest.mark.parametrize("medium", [Medium.SMS, Medium.WHATSAPP])
def test_what_is_measured_is_as_long_as_what_is_sent(medium: Medium) -> None:
    campaign = Campaign(title="t", channel=Channel.SMS, sms_text="Shalom {{nom}}", whatsapp_text="Shalom {{nom}}")
    content = prepare(campaign, None, Organisation(name="Beth"), extras_of(SETTINGS, CONTENT))
    claims = [Claim(number, number, "+33612345678", {"last_name": "L{{x}}"}) for number in (1, 999, 2**31 - 1)]
    for message in compose(SETTINGS, content, medium, claims).messages:
        expected = measured(medium, "Shalom L{{x}}", CONTENT, SETTINGS.origin)
        assert len(message.text) == len(expected)
        assert message.text.count(f"{SETTINGS.origin}/l/") == 4
        assert all(len(line.rsplit("/", 1)[1]) == CODE_LENGTH for line in message.text.split("\n")[1:])


def test_an_email_lists_links_and_videos_and_no_documents() -> None:
    campaign = Campaign(title="t", channel=Channel.EMAIL, subject="s", email_html="<p>Shalom {{prenom}}</p>")
    email = prepare(campaign, None, Organisation(name="Beth"), extras_of(SETTINGS, CONTENT)).email
    assert email is not None
    assert 'href="https://example.org/plan?a=1&amp;b=2"' in email.html
    assert "Seat &lt;plan&gt; {{first_name}}</a>" in email.html, "what stands in a title is no field, and no HTML"
    assert "Seat <plan> {{first_name}}: https://example.org/plan?a=1&b=2\n" in email.text
    assert ">x.fr</a>" in email.html
    assert 'href="https://mail.example.org/f/6-' in email.html
    assert "Rabbi & co.mp4: https://mail.example.org/f/6-" in email.text
    assert "Times.pdf" not in email.html
    assert email.html.index("Shalom") < email.html.index("Seat") < email.html.index("mailing_unsubscribe")
    assert "%%additional" not in email.html + email.text


def test_an_email_without_content_has_no_list() -> None:
    campaign = Campaign(title="t", channel=Channel.EMAIL, subject="s", email_html="<p>x</p>")
    email = prepare(campaign, None, Organisation(name="Beth")).email
    assert email is not None
    assert "<ul" not in email.html


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://example.org/Plan?Q=1#Top", "https://example.org/Plan?Q=1#Top"),
        ("  HTTP://Example.ORG/Plan ", "http://example.org/Plan"),
        ("example.org", "https://example.org"),
        ("//example.org/x", "https://example.org/x"),
        ("example.org:8080/x", "https://example.org:8080/x"),
        ("localhost:8000/x", "https://localhost:8000/x"),
        ("communauté.fr/don", "https://communauté.fr/don"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]/x"),
        ("https://example.org/קול", "https://example.org/קול"),
    ],
)
def test_links_are_kept_in_one_form(given: str, kept: str) -> None:
    assert check_links([LinkInput(given, " Seat \n plan ")]) == [LinkInput(kept, "Seat plan")]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("javascript:alert(1)", "link_scheme"),
        ("JaVaScript:alert(1)", "link_scheme"),
        ("data:text/html,x", "link_scheme"),
        ("mailto:ruth@example.org", "link_scheme"),
        ("file:///etc/passwd", "link_scheme"),
        ("ftp://example.org", "link_scheme"),
        ("https://", "link_address"),
        ("https:///x", "link_address"),
        ("nothing", "link_address"),
        ("https://bank.example@elsewhere.example/", "link_address"),
        ("https://example.org\\@elsewhere.example", "link_address"),
        ("https://exa mple.org", "link_address"),
        ("https://example.org/a b", "link_address"),
        ("https://example.org:port/", "link_address"),
        ("https://example.org/\u202egnp", "link_address"),
        ("https://example.org/\x00", "link_address"),
        ("https://[::1", "link_address"),
        ("https://exa<mple.org", "link_address"),
        ("https://example.org/" + "a" * 2000, "link_too_long"),
    ],
)
def test_other_links_are_refused_by_their_place(given: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_links([LinkInput("example.org"), LinkInput(given)])
    assert (caught.value.code, caught.value.details["index"]) == (code, 1)
    assert "2" in error_sentence(caught.value)


def test_empty_rows_are_left_out_and_a_title_alone_is_none() -> None:
    assert check_links([LinkInput(""), LinkInput(" ", " ")]) == []
    with pytest.raises(InvalidInputError) as caught:
        check_links([LinkInput(""), LinkInput("", "Seat plan")])
    assert (caught.value.code, caught.value.details["number"]) == ("link_required", 2)


def test_there_is_an_end_to_links() -> None:
    check_links([LinkInput("example.org")] * MOST_LINKS)
    with pytest.raises(InvalidInputError, match="too_many_links"):
        check_links([LinkInput("example.org")] * (MOST_LINKS + 1))


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 100, 101, 102])
def test_the_size_of_what_travels(size: int) -> None:
    assert as_travelling(size) == len(base64.b64encode(b"x" * size))


def test_names_in_headers() -> None:
    assert disposition("plan.pdf") == "attachment; filename=\"plan.pdf\"; filename*=UTF-8''plan.pdf"
    header = disposition('é"; x=\r\nסדר.pdf')
    assert header.isascii()
    assert "\n" not in header
    assert header.count('"') == 2


def test_every_refusal_has_its_sentence() -> None:
    for code in texts.ERRORS:
        error = InvalidInputError(code=code, number=2, most=20, longest=1600, limit_mb=10)
        assert "{" not in error_sentence(error)


def test_rows_of_the_editor() -> None:
    named = link_line("1", "https://www.example.org/plan/?a=1", "Seat plan")
    assert (named.name, named.address) == ("Seat plan", "example.org/plan/?a=1")
    bare = link_line("1", "https://www.example.org/plan", "")
    assert (bare.name, bare.address) == ("example.org", "/plan")
    document, video = (file_line(file) for file in CONTENT.files)
    assert (document.size, document.icon, document.note) == ("240 kB", "document", "")
    assert (video.size, video.icon, video.note) == ("8.2 MB", "video", texts.VIDEO_NOTE)
