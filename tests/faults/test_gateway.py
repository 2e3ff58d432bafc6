"""The WhatsApp gateway's phone drops in the middle of a run, and a worker dies with messages in its hands."""

from __future__ import annotations

from backend.domain.channels import Channel
from backend.domain.statuses import RecipientStatus
from backend.providers.whatsapp.sender import GatewaySender
from tests.faults.deployment import Deployment, assert_invariants, counts_of
from tests.makers import connect_whatsapp, make_contacts, make_run

_PEOPLE = 150


def test_a_phone_that_drops_while_a_worker_is_killed(deployment: Deployment) -> None:
    connect_whatsapp()
    make_contacts(_PEOPLE)
    campaign_id = make_run(Channel.WHATSAPP)
    deployment.script(callbacks="off", slow_rate=1, slow_s=0.05, phone_drops_after=60)
    deployment.start_scheduler()
    deployment.start_workers(2)
    deployment.wait(lambda: deployment.accepted() >= 20, "messages leave")
    deployment.kill(deployment.workers[0])
    deployment.wait(lambda: deployment.logged("whatsapp.starting_again"), "the session is started again, by nobody")
    deployment.wait_until_done(campaign_id)
    unknown = assert_invariants(deployment, campaign_id, recipients=_PEOPLE, kills=1)
    assert unknown <= GatewaySender.batch_size
    counts = counts_of(campaign_id)
    assert counts[RecipientStatus.FAILED] == counts[RecipientStatus.SKIPPED] == 0, "nobody is in error for it"
