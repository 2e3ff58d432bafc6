"""How far a campaign got, in numbers."""

from __future__ import annotations

from backend.database import reading
from backend.domain.deliverability import deliverability
from backend.domain.rights import Right
from backend.domain.statuses import RecipientStatus
from backend.repositories import campaigns
from backend.services.acting import ActingUser


def status_of(actor: ActingUser, campaign_id: int) -> dict[str, int | str | None]:
    """The facts of one campaign, under names that scripts rely on. Percents are None for a draft."""
    actor.require(Right.CAMPAIGNS_VIEW)
    with reading() as session:
        campaign = campaigns.get(session, campaign_id)
        counts = campaigns.stored_counts(session, campaign_id)
    result = deliverability(counts)
    return {
        "id": campaign_id,
        "status": campaign.status.value,
        "run_state": campaign.run_state.value,
        "halt_code": campaign.halt_code,
        "targets": campaign.targets_count,
        "success": result.success,
        "failed": result.failed,
        "pending": result.pending,
        "skipped": counts[RecipientStatus.SKIPPED],
        "cancelled": counts[RecipientStatus.CANCELLED],
        "success_percent": result.success_percent,
        "failed_percent": result.failed_percent,
    }
