"""What validating keeps of each recipient does not add up, and what it writes is what it counted."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import TypeVar

import pytest
from sqlalchemy import text

from backend import clock
from backend.database import reading, unit_of_work
from backend.domain.channels import Channel
from backend.services import proofs, validation
from backend.services.acting import OPERATOR, ActingUser
from backend.services.draft_input import DraftInput
from backend.services.sms_cost import sms_cost
from tests.makers import buy_credits, make_draft

pytestmark = pytest.mark.usefixtures("database")

Draft = TypeVar("Draft")
FEW, MANY = 200, 1_000
HELD_AT_ONCE = (
    "backend.repositories.contacts._BATCH",
    "backend.repositories.recipients._FREEZE_CHUNK",
    "backend.services.packed_rows._PACK",
    "backend.services.sms_cost._MOST_HELD",
    "backend.services.targets._MOST_KNOWN",
)


def add_people(first: int, end: int) -> None:
    """Contacts of these numbers, each with names and addresses of its own; of two in three the name is in Hebrew."""
    with unit_of_work() as session:
        session.execute(
            text("""INSERT INTO contact (first_name, last_name, hebrew_first_name, language, is_deceased, search_text,
                email, mobile_e164, created_at, updated_at)
                WITH RECURSIVE n(n) AS (SELECT CAST(:first AS bigint) UNION ALL SELECT n + 1 FROM n WHERE n + 1 < :end)
                SELECT CASE WHEN n.n % 3 = 0 THEN 'Ruth' ELSE 'רות' END || n.n, 'Azoulay', '', 'fr', :no, '',
                'ruth' || n.n || '@example.org', '+336' || (10000000 + n.n), :now, :now FROM n"""),
            {"first": first, "end": end, "no": False, "now": clock.now()},
        )


def most_kept_bytes(act: Callable[[ActingUser, Draft], object], draft: Draft) -> int:
    """The most that was allocated at a time while it ran, beyond what was before."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        act(OPERATOR, draft)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def test_memory_hardly_grows_with_the_recipients(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in HELD_AT_ONCE:
        monkeypatch.setattr(name, 100)
    buy_credits(100_000)
    draft = DraftInput(title="", channel=Channel.SMS, sms_text="Shalom {{first_name}}", everyone=True)
    writing, counting, validating = list[int](), list[int](), list[int]()
    add_people(0, FEW)
    validation.validate_campaign(OPERATOR, make_draft())  # from here on what is kept for good is there
    for number in (FEW, MANY):
        if number == MANY:
            add_people(FEW, MANY)
        campaign_id = make_draft()
        writing.append(most_kept_bytes(sms_cost, draft))
        counting.append(most_kept_bytes(validation.summarise, campaign_id))
        validating.append(most_kept_bytes(validation.validate_campaign, campaign_id))

    a_recipient = [(many - few) / (MANY - FEW) for few, many in (writing, counting, validating)]
    assert max(a_recipient) < 80, a_recipient


def test_all_that_was_counted_is_written() -> None:
    people = range(2_001)
    add_people(people.start, people.stop)
    buy_credits(100_000)
    campaign_id = make_draft(sms_text="{{first_name}}" + "x" * 100)

    summary = validation.validate_campaign(OPERATOR, campaign_id)

    with reading() as session:
        written = session.execute(
            text("""SELECT count(DISTINCT r.contact_id), count(*), sum(r.segments) FROM recipient r
                JOIN contact c ON c.id = r.contact_id AND c.mobile_e164 = r.address AND c.email = r.email
                WHERE r.campaign_id = :campaign AND r.status = 'pending' AND r.credit_state = 'reserved'
                AND r.fields = '{"first_name": "' || c.first_name || '"}'"""),
            {"campaign": campaign_id},
        ).one()
    assert tuple(written) == (len(people), len(people), summary.credits_needed)
    assert summary.credits_needed == 2 * len(people) - len(people[::3])
    assert proofs.recount() == []
    assert proofs.audit_credits() == []
