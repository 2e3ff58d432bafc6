"""`POST /webhooks/stripe`: where payments are confirmed, and nowhere else. Answered after the commit."""

from __future__ import annotations

import asyncio

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from backend.errors import InvalidInputError
from backend.logs import brief, get_logger
from backend.services import payments
from backend.settings import get_settings

log = get_logger(__name__)


async def stripe_events(request: Request) -> Response:
    """One event. 403 unless Stripe signed it, 400 for what is none, 503 to have it sent again, otherwise 204."""
    return await asyncio.to_thread(_take, await request.body(), request.headers.get("Stripe-Signature"))


def _take(body: bytes, signature: str | None) -> Response:
    from backend.providers.stripe import webhooks as stripe  # the vendor's library takes a second: not for every start

    if not stripe.verify(get_settings(), body, signature):
        log.warning("webhook_signature_refused", provider="stripe")
        return Response(status_code=403)
    try:
        event = stripe.parse_event(body)
        if event is not None:
            payments.take_event(event)
    except InvalidInputError as error:
        log.warning("webhook_malformed", provider="stripe", error=str(error))
        return Response(status_code=400)
    except SQLAlchemyError as error:
        log.warning("payment_not_stored", error=brief(error))
        return Response(status_code=503, headers={"Retry-After": "5"})
    return Response(status_code=204)


routes: list[BaseRoute] = [Route("/webhooks/stripe", stripe_events, methods=["POST"])]
