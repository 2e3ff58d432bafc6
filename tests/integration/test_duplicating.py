from __future__ import annotations

from dataclasses import replace

import pytest
from sqlmodel import select

from backend import clock
from backend.database import reading, unit_of_work
from backend.domain.channels import Channel
from backend.domain.rights import Right, Role
from backend.domain.statuses import CampaignStatus, RunState
from backend.errors import ForbiddenError, NotFoundError
from backend.models import (
    Campaign,
    CampaignCategory,
    CampaignContact,
    CampaignFile,
    CampaignLink,
    FileKind,
    TargetRole,
    Template,
)
from backend.services import deleting, proofs, validation
from backend.services.acting import OPERATOR, ActingUser
from backend.services.drafts import load_draft
from backend.services.duplicating import duplicate_campaign
from tests.makers import buy_credits, make_category, make_contacts, make_draft

pytestmark = pytest.mark.usefixtures("database")

STRANGER = ActingUser(
    None, "s@example.org", "S", Role.SECONDARY, frozenset({Right.CAMPAIGNS_VIEW, Right.CAMPAIGNS_SEND})
)


def stored(campaign_id: int) -> Campaign:
    with reading() as session:
        campaign = session.get(Campaign, campaign_id)
        assert campaign is not None
        return campaign


def test_needs_the_right_to_edit() -> None:
    with pytest.raises(ForbiddenError):
        duplicate_campaign(STRANGER, make_draft())


def test_a_validated_campaign_becomes_a_new_draft_without_its_date() -> None:
    buy_credits(10)
    members = make_category()
    make_contacts(3, category_id=members)
    original = make_draft(
        Channel.SMS_EMAIL,
        everyone=False,
        category_ids=[members],
        one_per_household=True,
        scheduled_local="2100-01-01T10:00",
    )
    validation.validate_campaign(OPERATOR, original)
    make_contacts(1, first=3, category_id=members)

    copy_id = duplicate_campaign(OPERATOR, original)

    copy, entered = stored(copy_id), load_draft(OPERATOR, copy_id)[0]
    assert (copy.status, copy.run_state, copy.title) == (CampaignStatus.INIT, RunState.IDLE, "Copy of Kol Nidre")
    assert (copy.scheduled_at, copy.validated_at, copy.version, copy.pending_count) == (None, None, 1, 0)
    assert copy.targets_count == 4, "counted anew"
    assert copy.search_text.startswith("copy of kol nidre")
    assert (entered.subject, entered.sms_text, entered.email_html) == (
        stored(original).subject,
        stored(original).sms_text,
        stored(original).email_html,
    )
    assert (list(entered.category_ids), entered.one_per_household, entered.channel) == (
        [members],
        True,
        Channel.SMS_EMAIL,
    )
    assert stored(original).run_state is RunState.SCHEDULED
    assert proofs.recount(repair=False) == []


def test_links_files_and_every_target_go_with_it() -> None:
    original, (one, other) = make_draft(), make_contacts(2)
    youth = make_category("Youth")
    with unit_of_work() as session:
        session.add(CampaignCategory(campaign_id=original, category_id=youth, role=TargetRole.EXCLUDE))
        session.add(CampaignContact(campaign_id=original, contact_id=one, role=TargetRole.INCLUDE))
        session.add(CampaignContact(campaign_id=original, contact_id=other, role=TargetRole.EXCLUDE))
        session.add(CampaignLink(campaign_id=original, url="https://example.org", title="Give", position=1))
        session.add(
            CampaignFile(
                campaign_id=original, kind=FileKind.VIDEO, name="v", content_type="video/mp4", size_bytes=9, sha256="s"
            )
        )
    copy_id = duplicate_campaign(OPERATOR, original)
    for model in (CampaignCategory, CampaignContact, CampaignLink, CampaignFile):
        assert belongings(model, copy_id) == belongings(model, original) != []
    assert stored(copy_id).targets_count == 1


def belongings(model: type, campaign_id: int) -> list[dict[str, object]]:
    with reading() as session:
        rows = session.exec(select(model).where(model.campaign_id == campaign_id)).all()
    return sorted((row.model_dump(exclude={"id", "campaign_id"}) for row in rows), key=str)


def test_a_title_stays_within_its_length() -> None:
    title = stored(duplicate_campaign(OPERATOR, make_draft(title="é" * 120))).title
    assert (len(title), title[:9]) == (120, "Copy of é")


def test_a_template_that_was_deleted_is_copied_into_the_draft() -> None:
    with unit_of_work() as session:
        template = Template(name="News", html="<p>News</p>")
        session.add(template)
        session.flush()
        template_id = template.id
    original = make_draft(Channel.EMAIL, template_id=template_id)
    assert stored(duplicate_campaign(OPERATOR, original)).template_id == template_id
    with unit_of_work() as session:
        session.merge(template).deleted_at = clock.now()
    copy = stored(duplicate_campaign(OPERATOR, original))
    assert (copy.template_id, copy.email_html) == (None, "<p>News</p>")


def test_what_is_deleted_or_never_was_cannot_be_duplicated() -> None:
    original = make_draft()
    editor = replace(STRANGER, rights=frozenset({Right.CAMPAIGNS_EDIT}))
    assert duplicate_campaign(editor, original) > original
    deleting.restore(OPERATOR, [original])
    deleting.delete(OPERATOR, deleting.CampaignSelection(ids=[original]))
    for missing in (original, 4711):
        with pytest.raises(NotFoundError):
            duplicate_campaign(editor, missing)
