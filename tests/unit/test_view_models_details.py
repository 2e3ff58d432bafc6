from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backend.domain import refusals
from backend.domain.campaign_list import Action
from backend.domain.channels import Channel, Medium
from backend.domain.deliverability import deliverability
from backend.domain.reactions import ClickedKind
from backend.domain.refusals import Meaning
from backend.domain.statuses import CampaignStatus, Reason, RecipientStatus, RunState
from backend.domain.timelines import Point
from backend.domain.tracking import (
    CampaignDetails,
    Course,
    Failure,
    LinkOutcome,
    MediumOutcome,
    RecipientPage,
    RecipientRow,
    RecipientTab,
    numbers_of,
)
from backend.domain.vendors import VOCABULARIES
from unisoft_ui.texts import details as texts
from unisoft_ui.view_models.course import Chart, chart
from unisoft_ui.view_models.details import CARD_ICONS, Details, details
from unisoft_ui.view_models.recipients import RecipientLine, reason_sentence, recipients, told_by

NOW = datetime(2026, 9, 16, 8, 24, tzinfo=UTC)
NONE = dict.fromkeys(RecipientStatus, 0)
COUNTS = NONE | {
    RecipientStatus.PENDING: 200,
    RecipientStatus.ACCEPTED: 37,
    RecipientStatus.SENT: 12,
    RecipientStatus.DELIVERED: 162,
    RecipientStatus.READ: 218,
    RecipientStatus.FAILED: 13,
    RecipientStatus.SKIPPED: 25,
}


def failure(count: int, reason: Reason | None = None, code: str | None = None) -> Failure:
    meaning = refusals.meaning("twilio", code) if code else None
    return Failure(RecipientStatus.FAILED, reason, code, meaning, count)


CAMPAIGN = CampaignDetails(
    id=7,
    title="Kol Nidre service",
    subject="",
    channel=Channel.SMS_EMAIL,
    status=CampaignStatus.VALIDATE,
    run_state=RunState.SENDING,
    halt_code=None,
    late_by_s=0,
    created_at=NOW,
    validated_at=NOW,
    validated_by="Ilana Benhamou",
    scheduled_at=None,
    started_at=NOW,
    finished_at=None,
    time_zone="Europe/Paris",
    numbers=numbers_of(642, COUNTS),
    deliverability=deliverability(COUNTS),
    processed=442,
    failures=[failure(6, code="30005"), failure(4, Reason.NO_ADDRESS), failure(3, code="99999")],
    other_failures=0,
    credits_spent=405,
    credits_reserved=0,
    actions=frozenset({Action.PAUSE, Action.CANCEL}),
)


def shown(**changes: object) -> Details:
    return details(replace(CAMPAIGN, **changes), NOW)


def card(view: Details, label: str) -> tuple[str, str]:
    return next((each.value, each.below) for each in view.cards if each.label == label)


def test_the_numbers_are_those_of_the_list() -> None:
    view = shown()
    assert (view.success, view.failed) == ("61% sent successfully", "2% in error")
    assert (view.processed, view.progress) == ("442 of 642", "68%")


@pytest.mark.parametrize(("processed", "progress"), [(0, "0%"), (1, "1%"), (641, "99%"), (642, "")])
def test_progress_never_flatters_and_goes_when_all_has_left(processed: int, progress: str) -> None:
    assert shown(processed=processed).progress == progress


def test_thousands_of_processed_messages_are_grouped() -> None:
    counts = COUNTS | {RecipientStatus.PENDING: 2_200}
    assert shown(processed=1_442, deliverability=deliverability(counts)).processed == "1,442 of 2,642"


def test_each_card_says_what_it_is_a_part_of() -> None:
    view = shown()
    assert card(view, "Targets") == ("642", "")
    assert card(view, "Sent") == ("392", "61% of recipients")
    assert card(view, "Delivered") == ("380", "96% of sent")
    assert card(view, "Read or opened") == ("218", "57% of delivered")
    assert card(view, "Failed") == ("13", "2% of recipients")
    assert card(view, "Left out") == ("25", "not counted")
    assert card(view, "Clicked") == ("0", "0% of delivered")


def test_a_share_is_never_nothing_of_somebody() -> None:
    counts = COUNTS | {RecipientStatus.FAILED: 1}
    assert card(shown(numbers=numbers_of(642, counts)), "Failed") == ("1", "1% of recipients")


def test_what_needs_attention_and_what_was_cancelled_appear_when_there_are_any() -> None:
    assert {"Needs attention", "Cancelled"}.isdisjoint(each.label for each in shown().cards)
    counts = COUNTS | {RecipientStatus.UNKNOWN: 3, RecipientStatus.CANCELLED: 4}
    view = shown(numbers=numbers_of(642, counts))
    assert (card(view, "Needs attention"), card(view, "Cancelled")) == (("3", "answer lost"), ("4", "not sent"))
    assert view.attention.startswith("3 messages were handed over, but the answer was lost.")


def test_credits_are_told_where_an_sms_can_be_sent() -> None:
    assert card(shown(credits_reserved=1_237), "SMS credits") == ("405", "spent, 1,237 reserved")
    assert card(shown(credits_refunded=1_012), "SMS credits") == ("405", "spent, 1,012 given back")
    assert card(shown(credits_refunded=3, credits_reserved=9), "SMS credits") == ("405", "spent, 9 reserved")
    assert "SMS credits" not in {each.label for each in shown(channel=Channel.WHATSAPP).cards}


def test_every_card_has_its_icon_in_the_page() -> None:
    counts = dict.fromkeys(RecipientStatus, 1)
    assert {each.icon for each in shown(numbers=numbers_of(10, counts)).cards} == set(CARD_ICONS)


@pytest.mark.parametrize("state", RunState)
def test_every_state_has_a_tag(state: RunState) -> None:
    tag = shown(run_state=state).state
    assert tag.label == texts.STATES[state]
    assert tag.icon


def test_a_halted_run_says_why() -> None:
    assert shown(run_state=RunState.HALTED, halt_code="too_many_refusals").note == texts.TOO_MANY_REFUSALS
    assert "(code 20003)" in shown(run_state=RunState.HALTED, halt_code="20003").note
    assert "TWILIO_WHATSAPP_CONTENT_SID" in shown(run_state=RunState.HALTED, halt_code="63016").note


def test_a_paused_run_says_how_many_wait() -> None:
    note = shown(run_state=RunState.PAUSED).note
    assert note == "No message leaves while the campaign is paused. 237 contacts are waiting."


def test_history_is_told_in_the_zone_of_the_organisation() -> None:
    view = shown(scheduled_at=NOW, late_by_s=720, finished_at=NOW)
    assert view.history == [
        "Validated 16 Sep, 10:24 by Ilana Benhamou",
        "Scheduled for 16 Sep, 10:24 (Paris time)",
        "Started 16 Sep, 10:24, 12 min late",
        "Finished 16 Sep, 10:24",
    ]


def test_a_draft_has_nothing_but_its_targets() -> None:
    view = shown(
        status=CampaignStatus.INIT,
        run_state=RunState.IDLE,
        validated_at=None,
        started_at=None,
        numbers=numbers_of(642, NONE),
        deliverability=deliverability(NONE),
        failures=[],
        actions=frozenset({Action.EDIT}),
    )
    assert (view.is_draft, view.outcome.shown, view.history) == (True, False, ["Created 16 Sep, 10:24"])
    assert [each.label for each in view.cards] == ["Targets"]
    assert (view.may_edit, view.may_pause, view.has_actions) == (True, False, True)


def test_reasons_are_in_words_with_the_code_of_the_provider() -> None:
    assert [(line.label, line.code, line.value, line.width) for line in shown().failures] == [
        ("Number not in service", "code 30005", "6", "100.0%"),
        ("Cannot be reached: no usable address", "", "4", "66.7%"),
        ("Refused by the provider", "code 99999", "3", "50.0%"),
    ]


def test_a_reason_of_ours_is_one_line_whatever_was_refused_before() -> None:
    first, second = (failure(count, Reason.DUPLICATE_ADDRESS, code) for count, code in ((6, "63024"), (4, "30003")))
    (told,) = shown(failures=[first, second]).failures
    assert (told.label, told.code, told.value) == ("Same address as another recipient", "", "10")


def test_reasons_beyond_those_shown_are_one_sum() -> None:
    many = [failure(2, code=str(code)) for code in range(10)]
    view = shown(failures=many, other_failures=5)
    assert (len(view.failures), view.other_reasons) == (8, "9")


@pytest.mark.parametrize(("vendor", "code"), [(v.vendor, code) for v in VOCABULARIES.values() for code in v.meanings])
def test_every_known_code_is_a_sentence(vendor: str, code: str) -> None:
    assert reason_sentence(None, code, refusals.meaning(vendor, code)) not in {texts.NO_REASON, ""}


def test_every_reason_status_and_meaning_has_words() -> None:
    assert set(texts.REASONS) == set(Reason)
    assert set(texts.STATUSES) == set(RecipientStatus)
    assert set(texts.MEANINGS) == set(Meaning)
    assert set(texts.TABS) == set(RecipientTab)


def line(**changes: object) -> RecipientLine:
    row = RecipientRow(
        id=5,
        contact_id=3,
        first_name="Ruth",
        last_name="Azoulay",
        hebrew_first_name="רות",
        medium=Medium.SMS,
        address="+33612345678",
        status=RecipientStatus.DELIVERED,
        reason=None,
        vendor_code=None,
        meaning=None,
        segments=2,
        updated_at=NOW,
    )
    page = RecipientPage([replace(row, **changes)], dict.fromkeys(RecipientTab, 1), None, None)
    return recipients(page, "Europe/Paris", NOW).lines[0]


def test_a_recipient_is_told_in_words() -> None:
    told = line()
    assert (told.name, told.hebrew_name, told.address, told.segments) == (
        "Ruth Azoulay", "רות", "+33 6 12 34 56 78", "2",
    )  # fmt: skip
    assert (told.medium.label, told.status.label, told.updated) == ("SMS", "Delivered", "16 Sep, 10:24")
    assert (told.reason, told.code) == ("", "")


def test_a_recipient_without_names_address_or_parts_is_still_a_row() -> None:
    told = line(first_name="", last_name="", hebrew_first_name="", medium=None, address=None, segments=0)
    assert (told.name, told.medium.label, told.address, told.segments) == ("—", "", "—", "—")


def test_a_refusal_shows_why_and_a_success_after_one_does_not() -> None:
    refused = {"vendor_code": "30005", "meaning": Meaning.BAD_ADDRESS}
    assert line(status=RecipientStatus.FAILED, **refused).reason == "Number not in service"
    assert (line(**refused).reason, line(**refused).code) == ("", "")


def test_a_code_of_a_medium_tried_before_is_not_the_reason() -> None:
    told = line(status=RecipientStatus.SKIPPED, reason=Reason.DUPLICATE_ADDRESS, vendor_code="63024")
    assert (told.reason, told.code) == ("Same address as another recipient", "")


def test_a_lost_answer_is_explained() -> None:
    assert line(status=RecipientStatus.UNKNOWN).reason == texts.UNKNOWN_REASON


def test_cursors_are_ids_or_none() -> None:
    page = RecipientPage([], dict.fromkeys(RecipientTab, 1_000), 12, None)
    view = recipients(page, "Europe/Paris", NOW)
    assert (view.next_after, view.previous_before, view.tabs[0]) == (12, -1, "All (1,000)")


def test_a_search_knows_the_sentences_of_reasons_and_codes() -> None:
    assert told_by("DECEASED") == ((Reason.DECEASED,), ())
    assert told_by("mailbox full")[1] == ("5.2.2", "4.2.2")
    assert told_by("  ") == ((), ())


def test_clicks_are_a_part_of_the_delivered_unless_more_clicked() -> None:
    def told(clicked: int) -> tuple[str, str]:
        return card(shown(numbers=numbers_of(642, COUNTS, clicked)), "Clicked")

    assert told(74) == ("74", "19% of delivered")
    assert told(385) == ("385", "98% of sent")
    assert told(400) == ("400", "")


def test_duplicates_are_told_beside_the_targets() -> None:
    merged = Failure(RecipientStatus.SKIPPED, Reason.SAME_HOUSEHOLD, None, None, 25)
    assert card(shown(failures=[merged]), "Targets") == ("642", "25 duplicates merged")


@pytest.mark.parametrize(
    ("speed", "left_s", "told"),
    [
        (40.4, 650, ("About 11 min left", "40 a second")),
        (0.5, 7_500, ("About 2 h 5 min left", "30 a minute")),
        (1_000, 50, ("Less than a minute left", "1,000 a second")),
        (None, None, ("", "")),
    ],
)
def test_the_pace_is_told_in_words(speed: float | None, left_s: int | None, told: tuple[str, str]) -> None:
    view = shown(course=Course(speed_per_s=speed, left_s=left_s))
    assert (view.pace, view.speed) == told


def test_a_paused_run_says_since_when_and_by_whom() -> None:
    assert shown(paused_at=NOW, paused_by="Ilana Benhamou").pace == "Paused 16 Sep, 10:24 by Ilana Benhamou"


def test_the_chart_is_in_the_zone_of_the_organisation_and_told_in_a_sentence() -> None:
    points = [Point(NOW, 0, 0, 0, 0), Point(NOW + timedelta(minutes=1), 1_405, 380, 218, 13)]
    drawn = chart(replace(CAMPAIGN, course=Course(points)), NOW)
    assert (drawn.moments, drawn.sent, drawn.read) == (["10:24", "10:25"], [0, 1_405], [0, 218])
    assert drawn.summary == (
        "From 16 Sep, 10:24 to 16 Sep, 10:25: 1,405 sent, of which 380 delivered and 218 read or opened; 13 failed."
    )


def test_a_chart_over_days_names_them_and_one_of_nothing_is_not_drawn() -> None:
    points = [Point(NOW, 0, 0, 0, 0), Point(NOW + timedelta(days=1), 5, 0, 0, 0)]
    assert chart(replace(CAMPAIGN, course=Course(points)), NOW).moments == ["16 Sep 10:24", "17 Sep 10:24"]
    assert chart(replace(CAMPAIGN, course=Course([points[0]] * 2)), NOW) == Chart()
    assert chart(CAMPAIGN, NOW) == Chart()


def test_media_that_were_used_and_links_that_were_clicked_are_lines() -> None:
    media = [MediumOutcome(Medium.WHATSAPP, 310, 305, 300, 100, 5), MediumOutcome(Medium.SMS, 0, 0, 0, 0, 0)]
    links = [
        LinkOutcome(ClickedKind.LINK, "Give", "https://example.org/don", 40, 55),
        LinkOutcome(ClickedKind.ADDRESS, "", "https://example.org/a", 10, 10),
        LinkOutcome(ClickedKind.ADDRESS, "", "", 1, 1),
        *[LinkOutcome(ClickedKind.LINK, "Plan", "https://example.org/plan", 0, 0)] * 7,
    ]
    view = shown(course=Course(media=media), links=links)
    assert [(line.medium.label, line.numbers) for line in view.media] == [("WhatsApp", ["305", "300", "100", "5"])]
    told = [(line.label, line.people, line.clicks, line.width) for line in view.links]
    assert told[:4] == [
        ("Give", "40 people", "55 clicks", "100.0%"),
        ("https://example.org/a", "10 people", "10 clicks", "25.0%"),
        ("Other addresses in the text", "1 person", "1 click", "2.5%"),
        ("Plan", "0 people", "", "0.0%"),
    ]
    assert (len(view.links), view.other_links) == (8, "2 other links")


def test_what_is_rarely_done_is_in_the_menu() -> None:
    view = shown(actions=frozenset({Action.DUPLICATE, Action.DELETE}))
    assert (view.may_duplicate, view.may_delete, view.has_menu, view.has_actions) == (True, True, True, False)
    assert not shown().has_menu
