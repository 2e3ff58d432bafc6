"""Views and clicks: each report and each click counts once, whatever comes twice, late or in another order."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import NamedTuple

import pytest
from sqlalchemy import delete, select, update

from backend.database import reading, unit_of_work
from backend.domain import reactions
from backend.domain.channels import Channel, Medium
from backend.domain.reactions import OTHER_ADDRESSES, Clicked, ClickedKind
from backend.domain.short_links import ItemKind
from backend.domain.statuses import RecipientStatus as Status
from backend.models import Attempt, Campaign, CampaignLink, CampaignMinute, ClickedLink, Recipient, table_of
from backend.providers.base import ProviderEvent, Verdict
from backend.repositories import campaign_minutes, link_clicks
from backend.services import delivery, proofs, public_links, runs
from backend.services.acting import OPERATOR
from backend.services.additional_content import LinkInput
from backend.services.proofs import Drift
from backend.services.public_addresses import recipient_url
from backend.settings import get_settings
from tests.integration.test_delivery import Handed, assert_true, campaign, report
from tests.makers import connect_whatsapp, make_contacts, make_run

pytestmark = pytest.mark.usefixtures("database")

BODY = "https://example.org/in-the-text"
LINK = "https://example.org/don"
_numbers = itertools.count(1)


class Reacted(NamedTuple):
    views: int
    clicks: int


def handed_with_link(channel: Channel = Channel.EMAIL, contacts: int = 2) -> Handed:
    handed = Handed.__new__(Handed)
    make_contacts(contacts)
    handed.campaign_id = make_run(channel, links=(LinkInput(LINK, "Give"),))
    handed.claim(Medium(channel.value.split("_")[0]))
    return handed


def told(handed: Handed, word: str, i: int = 0, url: str | None = None) -> ProviderEvent:
    """A report of its own, as each open and each click has one."""
    event = handed.event(word, i)
    return event._replace(event_key=f"{word}-{next(_numbers)}", payload=json.dumps({"url": url} if url else {}))


def reacted(handed: Handed, i: int = 0) -> Reacted:
    recipient = handed.recipient(i)
    return Reacted(recipient.views, recipient.clicks)


def link_id(handed: Handed) -> int:
    with reading() as session:
        return session.execute(
            select(table_of(CampaignLink).c.id).where(table_of(CampaignLink).c.campaign_id == handed.campaign_id)
        ).scalar_one()


def totals(handed: Handed) -> dict[Clicked, tuple[int, int]]:
    with reading() as session:
        found = link_clicks.totals(session, handed.campaign_id, limit=50)
    return {total.clicked: (total.people, total.clicks) for total in found}


def click(handed: Handed, i: int = 0) -> None:
    """Follow the short link of a recipient."""
    url = recipient_url(get_settings(), ItemKind.LINK, link_id(handed), handed.claims[i].recipient_id)
    public_links.follow(get_settings(), url.rsplit("/", 1)[1], counted=True)


@pytest.mark.parametrize("seed", range(3))
def test_each_report_counts_once_in_any_order_and_however_often_it_comes(seed: int) -> None:
    handed = handed_with_link()
    ours = recipient_url(get_settings(), ItemKind.LINK, link_id(handed), handed.claims[0].recipient_id)
    events = [
        told(handed, "delivered"), told(handed, "open"), told(handed, "open"), told(handed, "machine_open"),
        told(handed, "click", url=LINK), told(handed, "click", url=BODY), told(handed, "click", url=BODY),
        told(handed, "click", url=ours), told(handed, "machine_click", url=LINK), told(handed, "click"),
        told(handed, "machine_open", 1), told(handed, "click", 1, url=LINK),
    ]  # fmt: skip
    steps: list[Sequence[ProviderEvent] | None] = [*([event] for event in events * 2), events, None]
    random.Random(seed).shuffle(steps)
    for step in steps:
        report(*step) if step is not None else handed.answer()
        assert proofs.recount(handed.campaign_id, repair=False) == []
    assert (reacted(handed), reacted(handed, 1)) == ((2, 3), (0, 1))
    assert campaign(handed.campaign_id).clicked_count == 2
    assert totals(handed) == {
        Clicked(ClickedKind.LINK, link_id(handed)): (2, 2),
        Clicked(ClickedKind.ADDRESS, 0, BODY): (1, 2),
    }


def test_what_a_machine_does_is_no_reading() -> None:
    handed = handed_with_link(contacts=1)
    handed.answer()
    report(told(handed, "machine_open"), told(handed, "machine_click", url=LINK))
    assert (handed.recipient().status, reacted(handed)) == (Status.DELIVERED, (0, 0))
    report(told(handed, "click", url=LINK))
    assert (handed.recipient().status, reacted(handed)) == (Status.READ, (0, 1))


def test_a_whatsapp_that_was_read_was_viewed() -> None:
    connect_whatsapp()
    handed = Handed(Channel.WHATSAPP)
    handed.answer()
    report(handed.event("delivered"), handed.event("read"), handed.event("read"))
    assert reacted(handed) == (1, 0)
    assert_true(handed.campaign_id)


def test_a_good_report_beside_one_of_another_provider_counts() -> None:
    handed = handed_with_link(contacts=1)
    handed.answer()
    report(told(handed, "open")._replace(provider="twilio"), told(handed, "open"))
    assert (handed.recipient().status, reacted(handed)) == (Status.READ, (1, 0))
    assert_true(handed.campaign_id)


def test_clicks_on_short_links_count_people_once() -> None:
    handed = handed_with_link(Channel.SMS)
    handed.answer()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: click(handed), range(8)))
    click(handed, 1)
    assert (reacted(handed), reacted(handed, 1)) == ((0, 8), (0, 1))
    assert campaign(handed.campaign_id).clicked_count == 2
    assert totals(handed) == {Clicked(ClickedKind.LINK, link_id(handed)): (2, 9)}
    assert_true(handed.campaign_id)


def test_addresses_beyond_the_limit_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_clicks, "MOST_ADDRESSES", 2)
    handed = handed_with_link(contacts=2)
    handed.answer()
    report(*(told(handed, "click", i, url=f"{BODY}?{n}") for n in range(5) for i in range(2)))
    report(told(handed, "click", url=f"{BODY}?9"), told(handed, "click", url=f"{BODY}?0"))
    found = totals(handed)
    assert len(found) == 3
    assert found[OTHER_ADDRESSES] == (2, 7)
    assert found[Clicked(ClickedKind.ADDRESS, 0, f"{BODY}?0")] == (2, 3)
    assert reactions.MOST_ADDRESSES == 100
    assert_true(handed.campaign_id)


def test_reports_of_an_erased_campaign_change_nothing() -> None:
    handed, other = handed_with_link(contacts=1), Handed(Channel.EMAIL)
    handed.answer()
    other.answer()
    events = [told(handed, "open"), told(handed, "click", url=LINK), told(other, "open")]
    with unit_of_work() as session:
        for model in (Attempt, Recipient):
            session.execute(delete(table_of(model)).where(table_of(model).c.campaign_id == handed.campaign_id))
    report(*events)
    assert campaign(handed.campaign_id).clicked_count == 0
    assert totals(handed) == {}
    assert reacted(other) == (1, 0)


def minutes_of(campaign_id: int) -> int:
    with reading() as session:
        return len(session.execute(select(table_of(CampaignMinute)).where(
            table_of(CampaignMinute).c.campaign_id == campaign_id)).all())  # fmt: skip


def sums_of(campaign_id: int) -> dict[str, tuple[int, ...]]:
    with reading() as session:
        return {
            medium: tuple(sums)
            for medium, sums in campaign_minutes.sums_by_medium(session, campaign_id).items()
            if any(sums)
        }


def test_the_minutes_add_up_to_the_counters_through_a_cascade_and_a_cancellation() -> None:
    connect_whatsapp()
    make_contacts(1, first=50, email=None, mobile_e164=None)
    handed = Handed(Channel.WHATSAPP_SMS, contacts=3)
    assert sums_of(handed.campaign_id) == {"": (1, 0, 0, 0, 1)}, "nobody can reach one of them"
    assert_true(handed.campaign_id)
    handed.answer()
    assert sums_of(handed.campaign_id) == {"": (1, 0, 0, 0, 1), "whatsapp": (3, 0, 0, 0, 0)}
    report(handed.event("read"), handed.event("undelivered", 1, code="63003"), handed.event("failed", 2, code="63003"))
    assert sums_of(handed.campaign_id) == {"": (1, 0, 0, 0, 1), "whatsapp": (1, 0, 0, 1, 0)}
    assert_true(handed.campaign_id)
    assert runs.cancel_campaign(OPERATOR, handed.campaign_id) == 2
    report(handed.event("delivered", 1))
    assert sums_of(handed.campaign_id) == {"": (1, 0, 0, 0, 1), "whatsapp": (2, 0, 1, 1, 0)}
    assert_true(handed.campaign_id)


def test_a_campaign_that_goes_back_to_draft_has_no_minutes() -> None:
    make_contacts(1)
    make_contacts(1, first=50, email=None, mobile_e164=None)
    campaign_id = make_run(scheduled_local="2036-01-07T10:00")
    assert minutes_of(campaign_id) == 1
    runs.back_to_draft(OPERATOR, campaign_id)
    assert minutes_of(campaign_id) == 0


def test_a_claim_writes_no_minute_and_an_answer_one() -> None:
    handed = Handed(contacts=3)
    assert minutes_of(handed.campaign_id) == 0
    handed.answer(Verdict.ACCEPTED)
    assert minutes_of(handed.campaign_id) == 1


def test_a_recount_sets_everything_right() -> None:
    handed = handed_with_link(contacts=1)
    handed.answer()
    report(told(handed, "open"), told(handed, "click", url=LINK))
    with unit_of_work() as session:
        session.execute(update(table_of(Recipient)).values(views=7, clicks=0))
        session.execute(update(table_of(Campaign)).values(clicked_count=5))
        session.execute(update(table_of(ClickedLink)).values(people=3, clicks=4))
        session.execute(update(table_of(CampaignMinute)).values(read=0))
    recipient, number = handed.claims[0].recipient_id, handed.campaign_id
    link = Drift(f"campaign {number} link {_total_id()} people", 3, 1)
    expected = [
        Drift(f"recipient {recipient} views", 7, 1),
        Drift(f"recipient {recipient} clicks", 0, 1),
        link,
        replace(link, what=link.what.replace("people", "clicks"), stored=4),
        Drift(f"campaign {number} clicked", 5, 1),
        Drift(f"campaign {number} minutes, email, read", 0, 1),
    ]
    found = proofs.recount(number)
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert proofs.recount(number) == []
    assert (reacted(handed), campaign(number).clicked_count) == ((1, 1), 1)


def _total_id() -> int:
    with reading() as session:
        return session.execute(select(table_of(ClickedLink).c.id)).scalar_one()


def test_applying_stops_halfway_and_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    handed = handed_with_link(contacts=1)
    handed.answer()
    delivery.store_events([told(handed, "open"), told(handed, "click", url=LINK)])

    def fails(*_: object) -> None:
        raise RuntimeError("stopped")

    with monkeypatch.context() as patch:
        patch.setattr(delivery.settling, "close_books", fails)
        with pytest.raises(RuntimeError):
            delivery.apply_events()
    assert reacted(handed) == (0, 0)
    assert delivery.apply_events() == 2
    assert (reacted(handed), campaign(handed.campaign_id).clicked_count) == ((1, 1), 1)
    assert_true(handed.campaign_id)
