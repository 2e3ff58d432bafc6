"""A number that the WhatsApp gateway never answers about, while it answers about others.

Nothing of such a message leaves, so its recipient is put back, and it is the oldest of the next window, too: without an
end it would hold up everybody behind it for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from limits import parse

from backend.domain.vendors.whatsapp import NUMBER_UNANSWERED, WHATSAPP
from backend.logs import get_logger
from backend.providers.base import MessageSender, SendResult, Verdict
from backend.providers.whatsapp.answers import is_unanswered
from backend.providers.whatsapp.gateway import tells_about_numbers
from backend.repositories.claims import Claim
from backend.services.attempt_limits import attempt_limits
from backend.settings import Settings

log = get_logger(__name__)

TRIES = 5
_BEFORE_THE_LAST = parse(f"{TRIES - 1} per hour")  # between two tries the pause grows from a second to a minute


async def give_up(
    settings: Settings, sender: MessageSender, claims: Sequence[Claim], results: Sequence[SendResult]
) -> list[SendResult]:
    """The results, with those refused who were asked about often enough in vain: the next medium has its turn.

    Only tries count at which the gateway told about the number of its own phone: one that is down for everybody is
    waited for, however long.
    """
    if sender.provider != WHATSAPP.vendor or not any(map(is_unanswered, results)):
        return list(results)
    if not await tells_about_numbers(settings):
        return list(results)
    return await asyncio.to_thread(_refuse_worn_out, claims, results)


def _refuse_worn_out(claims: Sequence[Claim], results: Sequence[SendResult]) -> list[SendResult]:
    return [
        _refused(claim, result) if is_unanswered(result) and _is_worn_out(claim) else result
        for claim, result in zip(claims, results, strict=True)
    ]


def _is_worn_out(claim: Claim) -> bool:
    key = ("unanswered_number", str(claim.recipient_id))
    if attempt_limits().take(_BEFORE_THE_LAST, *key) is None:
        return False
    attempt_limits().forget(_BEFORE_THE_LAST, *key)  # whoever is retried by hand is asked about as often again
    return True


def _refused(claim: Claim, result: SendResult) -> SendResult:
    log.warning("number_given_up", recipient_id=claim.recipient_id, code=result.vendor_code)
    return result._replace(verdict=Verdict.REFUSED, vendor_code=NUMBER_UNANSWERED)
