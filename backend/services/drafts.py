"""Create a draft, and save it again: nothing is sent, nothing is reserved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend.domain.channels import Channel
from backend.services.acting import ActingUser


@dataclass(frozen=True, slots=True)
class DraftInput:
    """What the user entered. `scheduled_local` is "YYYY-MM-DDTHH:MM" in the organisation's zone, or None.

    `channel` may be any text: an unknown one is refused with `InvalidInputError(field="channel")`.
    """

    title: str
    channel: str
    subject: str = ""
    sms_text: str = ""
    whatsapp_text: str = ""
    email_html: str = ""
    template_id: int | None = None
    everyone: bool = False
    category_ids: Sequence[int] = ()
    one_per_household: bool = False
    scheduled_local: str | None = None


def create_campaign(actor: ActingUser, draft: DraftInput) -> int:
    """Save a new draft and count its targets; gives its id.

    Raises:
        ForbiddenError: without the right `campaigns.edit`.
        InvalidInputError: `details["field"]` names the field, `code` the reason.
    """
    raise NotImplementedError
