from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text

from backend import clock
from backend.database import get_engine, reading, unit_of_work
from backend.domain.channels import Channel, Medium, media_of
from backend.domain.rights import Right, Role
from backend.domain.statuses import CampaignStatus, Reason, RunState
from backend.errors import AppError, ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from backend.models import AuditEntry, Campaign, CampaignCategory, Contact, Organisation, Template, table_of
from backend.repositories import campaigns
from backend.services import drafts, validation
from backend.services.acting import OPERATOR, ActingUser
from backend.services.draft_input import Care, DraftInput
from backend.services.drafts import create_campaign, load_draft, save_campaign
from backend.services.targets import count_targets
from tests.makers import CONTENT, buy_credits, make_category, make_contacts, make_draft, make_household

pytestmark = pytest.mark.usefixtures("database")

EDITOR = ActingUser(None, "editor@example.org", "Editor", Role.SECONDARY, frozenset({Right.CAMPAIGNS_EDIT}))
OTHERS = ActingUser(None, "other@example.org", "Other", Role.SECONDARY, frozenset(set(Right) - {Right.CAMPAIGNS_EDIT}))


def draft(channel: str = Channel.SMS, **values: Any) -> DraftInput:
    return DraftInput(**{"title": "Kol Nidre", "channel": channel, "everyone": True, **CONTENT, **values})


def stored(campaign_id: int) -> Campaign:
    with reading() as session:
        return campaigns.get(session, campaign_id)


def rows() -> dict[str, int]:
    """How much there is of everything a save writes."""
    with reading() as session:
        return {
            model.__name__: session.execute(select(func.count()).select_from(table_of(model))).scalar_one()
            for model in (Campaign, CampaignCategory, AuditEntry)
        }


def make_template(**values: Any) -> int:
    with unit_of_work() as session:
        template = Template(**{"name": "T", "subject": "From the template", "html": "<p>x</p>", **values})
        session.add(template)
        session.flush()
        return template.id or 0


def local(moment: datetime) -> str:
    """As the organisation's clock (Europe/Paris) shows it."""
    return moment.astimezone(ZoneInfo("Europe/Paris")).strftime("%Y-%m-%dT%H:%M")


TOMORROW = clock.now() + timedelta(days=1)
EMAIL_ONLY = {"channel": Channel.EMAIL}
WHATSAPP_ONLY = {"channel": Channel.WHATSAPP}
REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("unknown_channel", "channel", {"channel": "pigeon"}),
    ("unknown_channel", "channel", {"channel": ""}),
    ("unknown_channel", "channel", {"channel": "SMS"}),
    ("required", "title", {"title": ""}),
    ("required", "title", {"title": " \u00a0 "}),
    ("too_long", "title", {"title": "x" * 121}),
    ("control_characters", "title", {"title": "Kol\nNidre"}),
    ("control_characters", "title", {"title": "Kol\x00Nidre"}),
    ("control_characters", "title", {"title": "Kol \ud800"}),
    ("required", "sms_text", {"sms_text": ""}),
    ("required", "sms_text", {"sms_text": "\n \n"}),
    ("too_long", "sms_text", {"sms_text": "x" * 1_601}),
    ("control_characters", "sms_text", {"sms_text": "Kol\x00Nidre"}),
    ("control_characters", "sms_text", {"sms_text": "Kol \udfff"}),
    ("unknown_field", "sms_text", {"sms_text": "{{age}}"}),
    ("unknown_field", "sms_text", {"sms_text": "{{mailing_unsubscribe}}"}),
    ("required", "whatsapp_text", {**WHATSAPP_ONLY, "whatsapp_text": ""}),
    ("too_long", "whatsapp_text", {**WHATSAPP_ONLY, "whatsapp_text": "x" * 1_601}),
    ("control_characters", "whatsapp_text", {**WHATSAPP_ONLY, "whatsapp_text": "\x1b[31m"}),
    ("unknown_field", "whatsapp_text", {**WHATSAPP_ONLY, "whatsapp_text": "{{age}}"}),
    ("required", "subject", {**EMAIL_ONLY, "subject": " "}),
    ("too_long", "subject", {**EMAIL_ONLY, "subject": "x" * 201}),
    ("control_characters", "subject", {**EMAIL_ONLY, "subject": "Kol Nidre\r\nBcc: all@example.org"}),
    ("unknown_field", "subject", {**EMAIL_ONLY, "subject": "{{age}}"}),
    ("required", "email_html", {**EMAIL_ONLY, "email_html": ""}),
    ("too_long", "email_html", {**EMAIL_ONLY, "email_html": "x" * 500_001}),
    ("control_characters", "email_html", {**EMAIL_ONLY, "email_html": "<p>\x00</p>"}),
    ("unknown_field", "email_html", {**EMAIL_ONLY, "email_html": "<p>{{age}}</p>"}),
    ("unknown_template", "template_id", {**EMAIL_ONLY, "template_id": 4711}),
    ("no_targets", "targets", {"everyone": False}),
    ("unknown_category", "targets", {"everyone": False, "category_ids": (4711,)}),
    ("not_a_date", "schedule", {"scheduled_local": "tomorrow"}),
    ("not_a_date", "schedule", {"scheduled_local": "0001-01-01T00:00"}),
    ("in_the_past", "schedule", {"scheduled_local": "2020-01-01T09:00"}),
]


def reason_of(save: Callable[[], object]) -> tuple[str, str]:
    try:
        save()
    except InvalidInputError as error:
        return error.code, str(error.details["field"])
    return "saved", ""


def test_what_cannot_be_saved_says_why_and_where() -> None:
    campaign_id = make_draft()
    before, kept = rows(), stored(campaign_id)
    wrong = []
    for code, field, values in REFUSED:
        entered = draft(**values)
        created = reason_of(lambda entered=entered: create_campaign(EDITOR, entered))
        saved = reason_of(lambda entered=entered: save_campaign(EDITOR, campaign_id, 1, entered))
        if {created, saved} != {(code, field)}:
            wrong.append((str(values)[:60], (code, field), created, saved))
    assert not wrong, "entered, expected, at creating, at saving"
    assert rows() == before, "something was written"
    assert stored(campaign_id).model_dump() == kept.model_dump(), "the draft was changed"


def test_unknown_fields_are_named() -> None:
    with pytest.raises(InvalidInputError) as caught:
        create_campaign(EDITOR, draft(sms_text="{{age}} {{first_name}} {{ nom }}"))
    assert caught.value.details["names"] == "age,  nom "


def test_a_limit_is_told() -> None:
    with pytest.raises(InvalidInputError) as caught:
        create_campaign(EDITOR, draft(title="x" * 121))
    assert caught.value.details["longest"] == 120


@pytest.mark.parametrize("channel", Channel)
def test_only_the_texts_of_the_channels_media_are_asked_for_and_kept(channel: Channel) -> None:
    """What was typed for another channel neither hinders nor travels along."""
    media, texts = media_of(channel), {"sms": "sms_text", "whatsapp": "whatsapp_text", "email": "email_html"}
    others = {name: "{{age}}" for medium, name in texts.items() if medium not in media}
    if Medium.EMAIL not in media:
        others["subject"] = "x" * 500
    saved = stored(create_campaign(EDITOR, draft(channel, **others)))
    assert {medium for medium, name in texts.items() if getattr(saved, name)} == set(media)
    assert bool(saved.subject) == (Medium.EMAIL in media)


def test_a_draft_is_saved_as_entered() -> None:
    category_id = make_category()
    campaign_id = create_campaign(
        EDITOR,
        draft(
            Channel.WHATSAPP_SMS_EMAIL,
            title="  Kol Nidre ",
            sms_text=" Shalom\r\n{{prenom}}\r",
            everyone=False,
            category_ids=(category_id,),
            one_per_household=True,
            scheduled_local=local(TOMORROW),
        ),
    )
    saved = stored(campaign_id)
    assert (saved.status, saved.run_state, saved.version) == (CampaignStatus.INIT, RunState.IDLE, 1)
    assert (saved.title, saved.sms_text, saved.one_per_household) == ("Kol Nidre", "Shalom\n{{prenom}}", True)
    assert saved.scheduled_at == TOMORROW.replace(second=0, microsecond=0)
    assert saved.schedule_zone == "Europe/Paris"
    assert saved.validated_at is None
    assert saved.preview == "Shalom {{prenom}}"


def test_what_was_saved_is_loaded_and_saves_again_unchanged() -> None:
    category_id = make_category()
    campaign_id = create_campaign(
        EDITOR,
        draft(Channel.SMS_EMAIL, everyone=False, category_ids=(category_id,), scheduled_local=local(TOMORROW)),
    )
    entered, version = load_draft(EDITOR, campaign_id)
    assert (entered.category_ids, entered.scheduled_local, version) == ((category_id,), local(TOMORROW), 1)
    assert save_campaign(EDITOR, campaign_id, version, entered) == 2
    assert load_draft(EDITOR, campaign_id) == (entered, 2)


def test_the_schedule_follows_the_zone_of_the_organisation() -> None:
    with unit_of_work() as session:
        organisation = session.get(Organisation, 1)
        assert organisation is not None
        organisation.time_zone = "Asia/Jerusalem"
    saved = stored(create_campaign(EDITOR, draft(scheduled_local="2099-07-15T09:00")))
    assert (saved.scheduled_at, saved.schedule_zone) == (datetime(2099, 7, 15, 6, tzinfo=UTC), "Asia/Jerusalem")


def test_taking_the_schedule_out_again() -> None:
    campaign_id = create_campaign(EDITOR, draft(scheduled_local=local(TOMORROW)))
    save_campaign(EDITOR, campaign_id, 1, draft(scheduled_local=None))
    assert (stored(campaign_id).scheduled_at, stored(campaign_id).schedule_zone) == (None, "")


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("FÊTE de Pourim", "fete de pourim"),
        ("שַׁבָּת שָׁלוֹם", "שבת שלום"),
        ("L’Assemblée — “générale”", 'l\'assemblee - "generale"'),
    ],
)
def test_the_searched_text_is_folded(title: str, found: str) -> None:
    assert stored(make_draft(title=title)).search_text == f"{found} "


def test_the_searched_text_has_the_subject_too() -> None:
    assert stored(make_draft(Channel.EMAIL, subject="Élection")).search_text == "kol nidre election"
    assert "election" not in stored(make_draft(Channel.SMS, subject="Élection")).search_text


@pytest.mark.parametrize("character", ["ß", "…", "ﷺ", "½"])
def test_a_title_that_grows_when_folded_can_be_saved(character: str) -> None:
    """One character may fold to many, more than the column holds."""
    saved = stored(make_draft(Channel.EMAIL, title=character * 120, subject=character * 200))
    assert saved.title == character * 120
    assert len(saved.search_text) <= 400


@pytest.mark.parametrize(
    ("channel", "values", "shown"),
    [
        (Channel.SMS, {"sms_text": "Shalom\n\n  {{prenom}}\t!"}, "Shalom {{prenom}} !"),
        (Channel.WHATSAPP, {"whatsapp_text": "WA"}, "WA"),
        (Channel.WHATSAPP_SMS, {"sms_text": "SMS", "whatsapp_text": "WA"}, "SMS"),
        (Channel.EMAIL, {"email_html": "<h1>Shalom</h1><p>à <b>tous</b> &amp; toutes</p>"}, "Shalom à tous & toutes"),
        (Channel.EMAIL, {"email_html": "<!-- nothing -->"}, ""),
        (Channel.SMS, {"sms_text": "x" * 400}, "x" * 300),
    ],
)
def test_the_preview_is_one_line_of_plain_text(channel: Channel, values: dict[str, str], shown: str) -> None:
    assert stored(create_campaign(EDITOR, draft(channel, **values), care=Care.KEPT)).preview == shown


def test_targets_are_counted_at_every_save() -> None:
    make_contacts(3)
    campaign_id = make_draft()
    assert stored(campaign_id).targets_count == 3
    make_contacts(2, first=3)
    assert stored(campaign_id).targets_count == 3
    save_campaign(EDITOR, campaign_id, 1, draft())
    assert stored(campaign_id).targets_count == 5


def test_targets_are_those_of_the_channel_and_the_choice() -> None:
    members, youth, home = make_category("Members"), make_category("Youth"), make_household()
    make_contacts(2, category_id=members, household_id=home)
    make_contacts(1, first=2, category_id=youth)
    make_contacts(1, first=3, category_id=youth, mobile_e164=None)
    make_contacts(1, first=4, category_id=youth, is_deceased=True)
    make_contacts(1, first=5, category_id=youth, deleted_at=clock.now())
    make_contacts(1, first=6)

    def counted(channel: Channel, **values: Any) -> int:
        return stored(make_draft(channel, **values)).targets_count

    # Who has no usable address counts: it can be repaired, and until then it is a failure.
    assert counted(Channel.SMS) == 5
    assert counted(Channel.SMS_EMAIL) == 5
    assert counted(Channel.SMS, one_per_household=True) == 4
    assert counted(Channel.SMS, everyone=False, category_ids=(members,)) == 2
    assert counted(Channel.SMS, everyone=False, category_ids=(youth,)) == 2
    assert counted(Channel.EMAIL, everyone=False, category_ids=(members, youth)) == 4
    # Everyone is everyone, whatever was ticked before.
    assert counted(Channel.SMS, everyone=True, category_ids=(youth,)) == 5


def test_counting_without_saving_tells_who_is_left_out() -> None:
    make_contacts(2)
    make_contacts(1, first=2, mobile_e164=None)
    make_contacts(1, first=3, is_deceased=True)
    before = rows()
    counted = count_targets(EDITOR, draft(Channel.SMS_EMAIL))
    assert (counted.total, counted.per_medium) == (3, {Medium.EMAIL: 3})
    counted = count_targets(EDITOR, draft(Channel.SMS))
    assert (counted.total, counted.left_out) == (3, {Reason.NO_ADDRESS: 1, Reason.DECEASED: 1})
    assert rows() == before


def test_the_categories_of_a_draft_are_replaced() -> None:
    first, second = make_category("A"), make_category("B")
    campaign_id = create_campaign(EDITOR, draft(everyone=False, category_ids=(first, second, first)))
    assert load_draft(EDITOR, campaign_id)[0].category_ids == (first, second)
    save_campaign(EDITOR, campaign_id, 1, draft(everyone=False, category_ids=(second,)))
    assert load_draft(EDITOR, campaign_id)[0].category_ids == (second,)
    save_campaign(EDITOR, campaign_id, 2, draft(everyone=True))
    assert load_draft(EDITOR, campaign_id)[0].category_ids == ()


def test_a_template_replaces_the_body() -> None:
    template_id = make_template()
    saved = stored(make_draft(Channel.EMAIL, template_id=template_id, subject="", email_html=""))
    assert (saved.template_id, saved.email_html, saved.subject) == (template_id, "<p>x</p>", "From the template")
    assert stored(make_draft(Channel.SMS, template_id=template_id)).template_id is None


def test_a_draft_keeps_the_template_it_was_written_with_until_it_takes_the_new_one() -> None:
    template_id = make_template()
    campaign_id = make_draft(Channel.EMAIL, template_id=template_id, subject="Mine")
    with unit_of_work() as session:
        template = session.get(Template, template_id)
        assert template is not None
        template.html = "<p>newer</p>"
    written = draft(Channel.EMAIL, template_id=template_id, subject="Mine")
    save_campaign(EDITOR, campaign_id, 1, written)
    assert (stored(campaign_id).email_html, stored(campaign_id).subject) == ("<p>x</p>", "Mine")
    save_campaign(EDITOR, campaign_id, 2, replace(written, template_renewed=True))
    assert stored(campaign_id).email_html == "<p>newer</p>"


def test_what_is_still_being_written_is_kept_as_it_is() -> None:
    half = DraftInput(title="T", channel="sms", sms_text="{{age}}", scheduled_local="2001-01-01T10:00")
    campaign_id = create_campaign(EDITOR, half, care=Care.KEPT)
    save_campaign(EDITOR, campaign_id, 1, replace(half, title="Half"), care=Care.KEPT)
    assert load_draft(EDITOR, campaign_id) == (replace(half, title="Half"), 2)
    with pytest.raises(InvalidInputError, match="unknown_field"):
        validation.summarise(OPERATOR, campaign_id)


@pytest.mark.parametrize("values", [{"title": "x" * 121}, {"channel": "pigeon"}, {"sms_text": "\ud800"}], ids=str)
def test_what_cannot_be_stored_is_not_kept_either(values: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        create_campaign(EDITOR, draft(**{"channel": Channel.SMS, **values}), care=Care.KEPT)
    assert rows()["Campaign"] == 0


def test_single_contacts_and_exclusions_come_back() -> None:
    members, board = make_category("Members"), make_category("Board")
    first, second, third = make_contacts(3)
    chosen = draft(
        everyone=False,
        match="all",
        category_ids=(members,),
        contact_ids=(first, second, 4711),
        excluded_category_ids=(board,),
        excluded_contact_ids=(third,),
    )
    loaded, _ = load_draft(EDITOR, create_campaign(EDITOR, chosen))
    assert (loaded.match, loaded.category_ids, loaded.excluded_category_ids) == ("all", (members,), (board,))
    assert (set(loaded.contact_ids), loaded.excluded_contact_ids) == ({first, second}, (third,))


def test_a_deleted_template_cannot_be_chosen() -> None:
    template_id = make_template(deleted_at=clock.now())
    with pytest.raises(InvalidInputError) as caught:
        make_draft(Channel.EMAIL, template_id=template_id)
    assert caught.value.code == "unknown_template"


@pytest.mark.parametrize("version", [0, 2])
def test_a_save_of_another_version_is_refused(version: int) -> None:
    campaign_id = make_draft()
    with pytest.raises(ConflictError) as caught:
        save_campaign(EDITOR, campaign_id, version, draft(title="Mine"))
    assert caught.value.code == "changed_meanwhile"
    assert stored(campaign_id).title == "Kol Nidre"


def test_a_validated_campaign_is_never_editable() -> None:
    make_contacts(1)
    buy_credits(5)
    campaign_id = make_draft()
    validation.validate_campaign(OPERATOR, campaign_id)
    for version in (1, 2):
        with pytest.raises(ConflictError) as caught:
            save_campaign(EDITOR, campaign_id, version, draft(title="Mine"))
        assert caught.value.code == "already_validated"
    with pytest.raises(ConflictError):
        load_draft(EDITOR, campaign_id)
    assert stored(campaign_id).title == "Kol Nidre"


def at_once(monkeypatch: pytest.MonkeyPatch, *acts: Any) -> list[str]:
    """Run both; each waits for the other between reading and writing, if it can get that far."""
    both, outcomes = threading.Barrier(2), []
    fill = drafts._fill

    def meeting(*arguments: Any, **named: Any) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(timeout=0.5)
        fill(*arguments, **named)

    def run(act: Any) -> None:
        try:
            act()
            outcomes.append("done")
        except AppError as error:
            outcomes.append(error.code)

    monkeypatch.setattr(drafts, "_fill", meeting)
    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_of_two_saves_at_once_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign_id = make_draft()
    outcomes = at_once(
        monkeypatch,
        *(lambda title=title: save_campaign(EDITOR, campaign_id, 1, draft(title=title)) for title in ("A", "B")),
    )
    assert outcomes == ["changed_meanwhile", "done"], "one of two saves was lost without a word"
    assert stored(campaign_id).version == 2


def test_a_save_never_changes_what_was_just_validated(monkeypatch: pytest.MonkeyPatch) -> None:
    make_contacts(1)
    buy_credits(5)
    campaign_id = make_draft()
    validated = threading.Thread(target=lambda: _quietly(lambda: validation.validate_campaign(OPERATOR, campaign_id)))
    fill = drafts._fill

    def overtaken(*arguments: Any, **named: Any) -> None:
        validated.start()
        validated.join(timeout=0.5)
        fill(*arguments, **named)

    monkeypatch.setattr(drafts, "_fill", overtaken)
    _quietly(lambda: save_campaign(EDITOR, campaign_id, 1, draft(title="Mine")))
    validated.join()
    saved = stored(campaign_id)
    assert (saved.status is CampaignStatus.VALIDATE) != (saved.title == "Mine"), "edited after the validation"


def _quietly(act: Any) -> None:
    with contextlib.suppress(ConflictError):
        act()


@pytest.mark.parametrize("which", ["none", "deleted"])
def test_there_is_nothing_to_save_to(which: str) -> None:
    campaign_id = 4711
    if which == "deleted":
        campaign_id = make_draft()
        with get_engine().begin() as connection:
            connection.execute(text("UPDATE campaign SET deleted_at = created_at"))
    for act in (lambda: save_campaign(EDITOR, campaign_id, 1, draft()), lambda: load_draft(EDITOR, campaign_id)):
        with pytest.raises(NotFoundError):
            act()


def test_editing_needs_its_own_right() -> None:
    campaign_id = make_draft()
    before = rows()
    for act in (
        lambda: create_campaign(OTHERS, draft()),
        lambda: save_campaign(OTHERS, campaign_id, 1, draft()),
        lambda: load_draft(OTHERS, campaign_id),
        lambda: count_targets(OTHERS, draft()),
    ):
        with pytest.raises(ForbiddenError) as caught:
            act()
        assert caught.value.details["right"] == "campaigns.edit"
    assert rows() == before


def test_a_right_is_asked_for_before_anything_is_told() -> None:
    with pytest.raises(ForbiddenError):
        create_campaign(OTHERS, draft("pigeon"))
    with pytest.raises(ForbiddenError):
        save_campaign(OTHERS, 4711, 1, draft())


def test_who_did_what_is_kept() -> None:
    campaign_id = create_campaign(EDITOR, draft())
    save_campaign(EDITOR, campaign_id, 1, draft())
    with reading() as session:
        entries = session.execute(select(AuditEntry.action, AuditEntry.actor, AuditEntry.subject_id)).all()  # pyright: ignore[reportCallIssue, reportArgumentType]
    assert entries == [("create", "editor@example.org", campaign_id), ("save", "editor@example.org", campaign_id)]


def test_nothing_is_sent_and_nothing_reserved() -> None:
    make_contacts(2)
    make_draft()
    with reading() as session:
        counts = [session.execute(text(f"SELECT count(*) FROM {t}")).scalar() for t in ("recipient", "credit_ledger")]
        assert counts == [0, 0]
        assert session.get(Contact, 1) is not None
