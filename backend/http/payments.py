"""What Stripe reports: where payments are confirmed, and nowhere else. Answered after the commit."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from backend.errors import InvalidInputError
from backend.logs import brief, get_logger
from backend.services import payments
from backend.settings import get_settings

log = get_logger(__name__)


def take_report(body: bytes, signature: str | None) -> int:
    """One event. Gives the status of the answer: 403 unless Stripe signed it, 400 for what is none, 503 to have it sent
    again, otherwise 204.
    """
    from backend.providers.stripe import webhooks as stripe  # the vendor's library takes a second: not for every start

    if not stripe.verify(get_settings(), body, signature):
        log.warning("webhook_signature_refused", provider="stripe")
        return 403
    try:
        event = stripe.parse_event(body)
        if event is not None:
            payments.take_event(event)
    except InvalidInputError as error:
        log.warning("webhook_malformed", provider="stripe", error=str(error))
        return 400
    except SQLAlchemyError as error:
        log.warning("payment_not_stored", error=brief(error))
        return 503
    return 204
