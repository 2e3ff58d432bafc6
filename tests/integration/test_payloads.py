"""What somebody writes or is called never runs: in the preview, and in what is sent."""

from __future__ import annotations

import html

import pytest

from backend.database import reading
from backend.domain.channels import Channel
from backend.domain.personal_fields import values_for
from backend.domain.rights import Right, Role
from backend.errors import InvalidInputError
from backend.repositories import campaigns
from backend.services.acting import ActingUser
from backend.services.additional_content import LinkInput
from backend.services.draft_input import Care, DraftInput
from backend.services.drafts import create_campaign
from backend.services.previewing import preview_draft
from tests.makers import make_contacts
from tests.payloads import RUNS, XSS_PAYLOADS

pytestmark = pytest.mark.usefixtures("database")
EDITOR = ActingUser(None, "editor@example.org", "Editor", Role.SECONDARY, frozenset({Right.CAMPAIGNS_EDIT}))


def body_of(page: str) -> str:
    """Without the head, which is ours."""
    return page.partition("<body")[2]


def test_no_payload_runs_in_the_body_the_subject_or_a_name() -> None:
    for index, payload in enumerate(XSS_PAYLOADS):
        [contact_id] = make_contacts(1, first=index, first_name=payload[:80])
        draft = DraftInput(
            title=payload[:120],
            channel=Channel.EMAIL,
            subject=" ".join(payload[:200].split()),
            email_html=f"<p>{{{{first_name}}}}</p>{payload}",
            contact_ids=(contact_id,),
        )
        campaign_id = create_campaign(EDITOR, draft, care=Care.KEPT)
        with reading() as session:
            stored = campaigns.get(session, campaign_id).email_html
        email = preview_draft(EDITOR, draft, campaign_id, contact_id).rendered.email
        assert email is not None
        assert not RUNS.search(stored), (payload, stored)
        shown_name = html.escape(values_for(payload[:80], "", "")["first_name"])
        body = body_of(email.html)
        assert shown_name in body, "a name is shown as it is written"
        assert not RUNS.search(body.replace(shown_name, "")), (payload, body)


@pytest.mark.parametrize("payload", ['"><script>alert(1)</script>', "<img src=x onerror=alert(1)>"])
def test_a_title_of_a_link_is_text(payload: str) -> None:
    draft = DraftInput(
        title="T", channel=Channel.EMAIL, subject="S", email_html="<p>x</p>", everyone=True,
        links=(LinkInput("https://example.org", payload),),
    )  # fmt: skip
    campaign_id = create_campaign(EDITOR, draft)
    email = preview_draft(EDITOR, draft, campaign_id).rendered.email
    assert email is not None
    assert not RUNS.search(body_of(email.html)), email.html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x"])
def test_a_link_leads_to_the_web_only(url: str) -> None:
    draft = DraftInput(title="T", channel=Channel.SMS, sms_text="x", everyone=True, links=(LinkInput(url, "t"),))
    with pytest.raises(InvalidInputError) as caught:
        create_campaign(EDITOR, draft)
    assert caught.value.details["field"] == "links"
