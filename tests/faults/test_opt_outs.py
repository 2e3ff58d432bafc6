"""People write STOP while a run sends: whoever wrote before their turn gets nothing any more, and pays nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from backend.database import reading
from backend.domain.statuses import CreditState, Reason, RecipientStatus
from backend.models import Recipient, table_of
from backend.repositories import credits
from backend.repositories.credits import Balance
from backend.services import validation
from backend.services.acting import OPERATOR
from tests.faults.deployment import Deployment, assert_invariants, counts_of, watched
from tests.faults.test_killed_processes import prepared_campaign

_PEOPLE, _STOP = 1_000, 30
_recipient = table_of(Recipient)


def test_whoever_writes_stop_while_workers_send_is_left_out(deployment: Deployment) -> None:
    deployment.configure(SMS_RATE_PER_S="100")
    campaign_id = prepared_campaign(_PEOPLE)
    deployment.start_web()
    deployment.start_scheduler()
    deployment.start_workers(2)
    validation.validate_campaign(OPERATOR, campaign_id)
    last = _last_numbers(campaign_id)
    with watched(campaign_id):
        deployment.wait(lambda: deployment.accepted() > 0, "some are handed over")
        with ThreadPoolExecutor(_STOP) as people:
            answers = list(people.map(lambda number: _write_stop(deployment, number), last))
        assert answers == [{"status": 200}] * _STOP
        # The oldest are claimed first.
        assert counts_of(campaign_id)[RecipientStatus.PENDING] > _STOP, "it was not their turn yet"
        deployment.wait_until_done(campaign_id)
    assert assert_invariants(deployment, campaign_id, recipients=_PEOPLE) == 0
    assert _left_out(campaign_id) == last
    taken = {message["to"] for message in deployment.simulator.control("GET", f"messages?limit={_PEOPLE}")["messages"]}
    assert len(taken) == _PEOPLE - _STOP
    assert taken.isdisjoint(last)
    with reading() as session:
        assert credits.get_balance(session) == Balance(bought=_PEOPLE, charged=_PEOPLE - _STOP, reserved=0)


def _write_stop(deployment: Deployment, number: str) -> object:
    return deployment.simulator.control("POST", "inbound", {"from": number, "body": "STOP"})


def _last_numbers(campaign_id: int) -> list[str]:
    query = select(_recipient.c.address).where(_recipient.c.campaign_id == campaign_id).order_by(_recipient.c.id)
    with reading() as session:
        return list(session.execute(query).scalars())[-_STOP:]


def _left_out(campaign_id: int) -> list[str]:
    """The numbers of those who were left out because they asked for it, and whose credits are free again."""
    query = select(_recipient.c.address).where(
        _recipient.c.campaign_id == campaign_id,
        _recipient.c.status == RecipientStatus.SKIPPED,
        _recipient.c.reason == Reason.OPTED_OUT,
        _recipient.c.credit_state == CreditState.RELEASED,
    )
    with reading() as session:
        return list(session.execute(query.order_by(_recipient.c.id)).scalars())
