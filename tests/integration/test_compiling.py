"""The compiler is a program of its own: it reads its input and writes its output, and can do nothing else."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from backend.domain.channels import Channel
from backend.domain.templates import TemplateFormat
from backend.errors import InvalidInputError
from backend.models import Campaign, Organisation
from backend.services import compiling
from backend.services.compiling import compile_template
from backend.services.composing import prepare
from backend.services.demo.templates import TEMPLATES, DemoTemplate
from backend.services.email_cleaning import is_document
from backend.services.email_frames import framed
from tests.payloads import RUNS, XSS_PAYLOADS

MJML = """<mjml><mj-head><mj-preview>Soon</mj-preview><mj-style>.x { color: blue }</mj-style></mj-head>
<mj-body background-color="#eeeeee"><mj-section background-color="#3358d4">
<mj-column width="60%"><mj-text color="#ffffff">Shalom {{first_name}}</mj-text></mj-column>
<mj-column width="200px"><mj-button href="https://example.org/{{prenom}}">Go</mj-button></mj-column>
</mj-section>MORE</mj-body></mjml>"""
ORGANISATION = Organisation(name="Beth Shalom", language="fr")


def compiled(inside: str = "") -> str:
    return compile_template(TemplateFormat.MJML, MJML.replace("MORE", inside))


def refusal(form: TemplateFormat, source: str) -> str:
    with pytest.raises(InvalidInputError) as caught:
        compile_template(form, source)
    assert caught.value.details["field"] == "source"
    return caught.value.code


def sent(html: str) -> str:
    """What `prepare` makes of a campaign that was written with a template."""
    campaign = Campaign(title="T", channel=Channel.EMAIL, subject="S", template_id=1, email_html=html)
    email = prepare(campaign, None, ORGANISATION).email
    assert email is not None
    return email.html


def test_mjml_becomes_tables_with_styles_inside() -> None:
    html = compiled()
    assert is_document(html)
    assert "background-color:#3358d4" in html
    assert "Shalom {{first_name}}" in html
    assert 'href="https://example.org/{{prenom}}"' in html
    assert "<mj-" not in html
    assert "fonts.googleapis" not in html


def test_the_columns_of_a_sent_email_stand_side_by_side() -> None:
    page = sent(compiled())
    assert ".mj-column-per-60{width:60%!important;max-width:60%}" in page
    assert ".mj-column-px-200{width:200px!important;max-width:200px}" in page
    assert 'class="mj-column-per-60"' in page


def test_a_whole_document_gets_no_second_sheet() -> None:
    page = sent(compiled())
    assert 'class="sheet"' not in page
    assert page.count("<body") == 1
    assert page.count("%%h:mailing_unsubscribe%%") == 1, "the foot that unsubscribes is added"
    assert 'class="sheet"' in sent("<p>x</p>")


def test_no_foot_where_the_author_placed_the_link() -> None:
    link = '<mj-text><a href="{{mailing_unsubscribe}}">Stop</a></mj-text>'
    page = sent(compiled(f"<mj-section><mj-column>{link}</mj-column></mj-section>"))
    assert page.count("%%h:mailing_unsubscribe%%") == 1
    assert "Se désabonner" not in page


@pytest.mark.parametrize("payload", XSS_PAYLOADS)
def test_what_is_written_into_html_does_not_run(payload: str) -> None:
    page = sent(compile_template(TemplateFormat.HTML, f"<html><body><p>Shalom</p>{payload}</body></html>"))
    assert not RUNS.search(page.partition("</style>")[2]), page


def test_mj_raw_is_cleaned_too() -> None:
    html = compiled("<mj-raw><script>alert(1)</script><img src='x' onerror='alert(1)' /></mj-raw>")
    assert "alert" not in html


def test_styles_of_a_plain_fragment_are_inlined() -> None:
    html = compile_template(TemplateFormat.HTML, "<style>p { color: red; position: fixed }</style><p>x {{nom}}</p>")
    assert html == '<p style="color:red">x {{nom}}</p>'


@pytest.mark.parametrize("address", ["file:///etc/passwd", "/etc/passwd", "http://127.0.0.1:9/x.css"])
def test_no_file_and_no_address_is_opened(address: str) -> None:
    html = compile_template(TemplateFormat.HTML, f'<html><head><link rel="stylesheet" href="{address}"></head><p>x</p>')
    assert "passwd" not in html
    assert "127.0.0.1" not in html


def test_an_include_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.mjml"
    secret.write_text("<mj-text>SECRET</mj-text>")
    assert refusal(TemplateFormat.MJML, MJML.replace("MORE", f'<mj-include path="{secret}" />')) == "include_refused"


@pytest.mark.parametrize("path", ["/etc/hostname", "http://127.0.0.1:9/x", "./email_compiler.py"])
def test_the_compiler_itself_includes_nothing(path: str) -> None:
    source = f'<mjml><mj-body><mj-include path="{path}" /></mj-body></mjml>'
    answer = compiling._ask_compiler(json.dumps({"format": "mjml", "source": source}))
    assert answer is not None
    assert "unable to load" in answer["error"]


@pytest.mark.parametrize(
    ("form", "source", "code"),
    [
        (TemplateFormat.MJML, "<p>x</p>", "not_mjml"),
        (TemplateFormat.MJML, "<mjml><mj-body><mj-section></mj-body></mjml>", "mjml_unclosed"),
        (TemplateFormat.MJML, "<mjml></mjml>", "nothing_left"),
        (TemplateFormat.HTML, "<script>x</script>", "nothing_left"),
        (TemplateFormat.MJML, f"<mjml><mj-body>{'<mj-wrapper>' * 8_000}{'</mj-wrapper>' * 8_000}</mj-body></mjml>",
         "too_complex"),
        (TemplateFormat.HTML, f"{'<div>' * 30_000}x", "too_complex"),
    ],
)  # fmt: skip
def test_what_cannot_be_compiled_is_told(form: TemplateFormat, source: str, code: str) -> None:
    assert refusal(form, source) == code


def test_one_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "_LONGEST_S", 0.001)
    assert refusal(TemplateFormat.HTML, "<p>x</p>") == "too_complex"


def test_several_wait_for_their_turn() -> None:
    results: list[str] = []
    threads = [threading.Thread(target=lambda: results.append(compiled())) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(results)) == 1
    assert len(results) == 5


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_the_templates_of_the_demonstration_compile(template: DemoTemplate) -> None:
    page = framed(compile_template(template.format, template.source), ORGANISATION, with_layout=True)
    assert page.count("{{mailing_unsubscribe}}") == 1
