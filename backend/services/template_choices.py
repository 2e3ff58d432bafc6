"""Choose the template of an email."""

from __future__ import annotations

from backend.database import reading
from backend.domain.rights import Right
from backend.repositories import template_choices
from backend.repositories.template_choices import TemplateChoice
from backend.services.acting import ActingUser
from backend.services.composing import clean_html

__all__ = ["TemplateChoice", "list_choices", "template_preview"]

_MOST = 200


def list_choices(actor: ActingUser, chosen_id: int | None = None) -> list[TemplateChoice]:
    """At most 200 templates, by name, the chosen one first; that one even if it was deleted meanwhile.

    Raises:
        ForbiddenError: without the right `campaigns.edit`.
    """
    actor.require(Right.CAMPAIGNS_EDIT)
    with reading() as session:
        return template_choices.list_choices(session, _MOST, chosen_id)


def template_preview(actor: ActingUser, template_id: int) -> str:
    """The body of a template as HTML without scripts; "" for one that does not exist any more."""
    actor.require(Right.CAMPAIGNS_EDIT)
    with reading() as session:
        return clean_html(template_choices.find_html(session, template_id))
