"""Links, documents and videos on their way through the simulated providers."""

from __future__ import annotations

import asyncio
import html
import os
import re
import urllib.request

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import select

from backend.database import reading
from backend.domain.additional_content import AdditionalContent, ContentFile, ContentLink
from backend.domain.channels import Channel, Medium
from backend.domain.file_types import FileKind
from backend.domain.hold_ups import HoldUpCode
from backend.domain.segments import count_segments
from backend.domain.short_links import ItemKind, read_code
from backend.domain.statuses import RunState
from backend.file_store import get_file_store
from backend.models import Campaign, CampaignFile, Organisation, Recipient, table_of
from backend.repositories import credits
from backend.repositories.claims import Claim
from backend.services import attaching, campaign_status, sending, upkeep, validation
from backend.services.acting import OPERATOR
from backend.services.attaching import extras_of
from backend.services.composing import compose, prepare
from backend.services.demo.loading import load_demo
from backend.services.public_addresses import file_url
from backend.services.sending import DrainEnd
from backend.services.targets import SegmentCounter
from backend.settings import get_settings
from backend.simulator.serving import RunningSimulator
from tests.files import MP4, PDF_FILE
from tests.integration.contents import make_user, save_content, upload
from tests.makers import buy_credits, connect_whatsapp, make_contacts, make_draft

_SENT = re.compile(r'<li class="(\w+)">.*?<p class="text" dir="auto">(.*?)</p>(.*?)</li>', re.DOTALL)


def drain(campaign_id: int) -> DrainEnd:
    return asyncio.run(sending.drain(campaign_id, stopping=lambda: False, slice_s=8))


def arrived(simulator: RunningSimulator) -> list[tuple[str, str, str]]:
    """Medium, text and attachments of the last messages, as the simulator's page shows them."""
    with urllib.request.urlopen(f"{simulator.origin}/simulator", timeout=60) as response:
        page = response.read().decode()
    return [(medium, html.unescape(text), html.unescape(rest)) for medium, text, rest in _SENT.findall(page)]


def make_run_with_content(channel: Channel, **values: str) -> tuple[int, AdditionalContent]:
    """A validated campaign with a link, a document and a video."""
    buy_credits(100_000)
    ruth, campaign_id = make_user(), make_draft(channel, **values)
    refs = [upload(ruth), upload(ruth, MP4, "clip.mp4")]
    content = save_content(ruth, campaign_id, links=["https://example.org/plan"], files=refs)
    validation.validate_campaign(OPERATOR, campaign_id)
    return campaign_id, content


def recipient_ids() -> set[int]:
    with reading() as session:
        return set(session.execute(select(table_of(Recipient).c.id)).scalars())


def test_an_email_carries_its_documents_and_lists_the_rest(simulator: RunningSimulator) -> None:
    make_contacts(3)
    campaign_id, content = make_run_with_content(Channel.EMAIL)
    assert drain(campaign_id) is DrainEnd.NOTHING_LEFT
    emails = arrived(simulator)
    assert len(emails) == 3
    for medium, text, rest in emails:
        assert medium == "email"
        assert "example.org: https://example.org/plan" in text
        assert f"clip.mp4: {file_url(get_settings(), content.files[1].id)}" in text
        assert "/l/" not in text
        assert f"Times.pdf</b> application/pdf, {len(PDF_FILE)} bytes" in rest
        assert "clip.mp4" not in rest


@pytest.mark.parametrize(("channel", "medium"), [(Channel.SMS, "sms"), (Channel.WHATSAPP, "whatsapp")])
def test_a_short_message_has_a_short_link_for_each(simulator: RunningSimulator, channel: Channel, medium: str) -> None:
    connect_whatsapp()
    make_contacts(2)
    campaign_id, content = make_run_with_content(channel)
    assert drain(campaign_id) is DrainEnd.NOTHING_LEFT
    messages = arrived(simulator)
    assert len(messages) == 2
    found = set()
    for sent_by, text, _ in messages:
        assert sent_by == medium
        links = [read_code(code, get_settings().signing_key) for code in re.findall(r"/l/(\w+)", text)]
        assert [(link.kind, link.item_id) for link in links if link] == [
            (ItemKind.LINK, content.links[0].id),
            *((ItemKind.FILE, file.id) for file in content.files),
        ]
        found |= {link.recipient_id for link in links if link}
        assert ("Times.pdf: http" in text) is (medium == "whatsapp")
    assert found == recipient_ids()


@pytest.mark.parametrize("public_url", ["", "https://messages-campaigns.association-beth-shalom.example.org/unisoft~1"])
def test_what_is_reserved_is_what_is_sent(
    simulator: RunningSimulator, public_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", public_url)
    get_settings.cache_clear()
    make_contacts(3)
    make_contacts(2, first=10, first_name="רות")
    campaign_id, _ = make_run_with_content(Channel.SMS, sms_text="Shalom {{prenom}}, " + "à bientôt, " * 5)
    with reading() as session:
        reserved = credits.get_balance(session).reserved
    assert drain(campaign_id) is DrainEnd.NOTHING_LEFT
    sent = sum(count_segments(text).segments for _, text, _ in arrived(simulator))
    with reading() as session:
        balance = credits.get_balance(session)
    assert reserved == sent == balance.charged
    assert balance.reserved == 0
    assert sent > 5, "the lines cost something"


_TEXTS = some.text(some.sampled_from("abc é€~[ êר\n😀{}"), max_size=320)
_ORIGINS = some.sampled_from(
    ["http://127.0.0.1:8000", "https://a.fr", "https://communauté.fr", "https://x~y.example/[a]", "https://ש.example"]
)
_FILES = some.lists(some.sampled_from(FileKind), max_size=4)


@given(_TEXTS, some.text(some.sampled_from("Rר€{}"), max_size=20), _ORIGINS, some.integers(0, 4), _FILES,
       some.integers(1, 2**31 - 1))  # fmt: skip
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_counting_and_composing_agree_on_every_text(
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    name: str,
    origin: str,
    links: int,
    kinds: list[FileKind],
    recipient: int,
) -> None:
    monkeypatch.setenv("PUBLIC_URL", origin)
    monkeypatch.setenv("SECRET_KEY", "k" * 40)
    get_settings.cache_clear()
    content = AdditionalContent(
        tuple(ContentLink(number, f"https://example.org/{number}", "{{nom}}") for number in range(links)),
        tuple(ContentFile(f"f{n}", kind, "x.pdf", "application/pdf", 1) for n, kind in enumerate(kinds)),
    )
    text += "{{prenom}}"
    campaign = Campaign(title="t", channel=Channel.SMS, sms_text=text)
    prepared = prepare(campaign, None, Organisation(name="Beth"), extras_of(get_settings(), content))
    fields = {"first_name": name}
    batch = compose(get_settings(), prepared, Medium.SMS, [Claim(recipient, 1, "+33612345678", fields)])
    sent = count_segments(batch.messages[0].text)
    assert SegmentCounter(text, content).count(fields) == sent.segments
    get_settings.cache_clear()


def test_nothing_leaves_without_its_documents(simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    make_contacts(1)
    buy_credits(10)
    ruth, campaign_id = make_user(), make_draft(Channel.EMAIL)
    document = PDF_FILE + os.urandom(20)
    save_content(ruth, campaign_id, files=[upload(ruth, document)])
    validation.validate_campaign(OPERATOR, campaign_id)
    open_it = type(get_file_store()).open

    def away(*_args: object) -> object:
        raise OSError("away")

    monkeypatch.setattr(type(get_file_store()), "open", away)
    assert drain(campaign_id) is DrainEnd.STOPPED
    assert arrived(simulator) == []
    assert campaign_status.status_of(OPERATOR, campaign_id)["run_state"] == RunState.SENDING
    with reading() as session:
        campaign = session.get(Campaign, campaign_id)
        assert campaign is not None
        assert campaign.held_up_code == HoldUpCode.FILES_UNREADABLE
    monkeypatch.setattr(type(get_file_store()), "open", open_it)
    assert drain(campaign_id) is DrainEnd.NOTHING_LEFT
    assert f"{len(document)} bytes" in arrived(simulator)[0][2]


def test_documents_are_read_once_for_all_slices_of_a_run(
    simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_contacts(2_500)
    buy_credits(10)
    ruth, campaign_id = make_user(), make_draft(Channel.EMAIL)
    save_content(ruth, campaign_id, files=[upload(ruth, PDF_FILE + os.urandom(20))])
    validation.validate_campaign(OPERATOR, campaign_id)
    read: list[str] = []
    encoded = attaching._encoded
    monkeypatch.setattr(attaching, "_encoded", lambda sha256: read.append(sha256) or encoded(sha256))
    while asyncio.run(sending.drain(campaign_id, stopping=lambda: False, slice_s=0.3)) is DrainEnd.TIME_IS_UP:
        pass
    verdict = simulator.control("GET", "counts")
    # A message that a test before gave up on may still arrive.
    assert (verdict["total"] >= 2_500, verdict["duplicates"]) == (True, [])
    assert campaign_status.status_of(OPERATOR, campaign_id)["run_state"] == RunState.DONE
    assert len(read) == 1


def test_heavy_documents_leave_fewer_requests_under_way(simulator: RunningSimulator) -> None:
    make_contacts(1)
    buy_credits(10)
    ruth, campaign_id = make_user(), make_draft(Channel.EMAIL)
    heavy = upload(ruth, PDF_FILE + os.urandom(3_000_000))
    save_content(ruth, campaign_id, files=[heavy], media=[Medium.EMAIL])
    validation.validate_campaign(OPERATOR, campaign_id)
    run = sending._begin(campaign_id, lambda: False, 3)
    assert run is not None
    assert (sending._lanes(run, Medium.EMAIL), sending._lanes(run, Medium.SMS)) == (2, 4)
    assert drain(campaign_id) is DrainEnd.NOTHING_LEFT
    assert "3000" in arrived(simulator)[0][2]


@pytest.mark.usefixtures("database")
def test_the_documents_of_the_demonstration_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMULATED_PROVIDERS", "twilio,sendgrid,whatsapp")
    get_settings.cache_clear()
    load_demo()
    table = table_of(CampaignFile)
    with reading() as session:
        files = session.execute(select(table.c.sha256, table.c.size_bytes)).all()
    assert len(files) > 10
    for sha256, size_bytes in files:
        with get_file_store().open(sha256) as content:
            assert len(content.read()) == size_bytes
    upkeep.run_upkeep()
    assert all(get_file_store().exists(sha256) for sha256, _ in files)
