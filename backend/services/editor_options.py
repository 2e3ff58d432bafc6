"""What the editor of a campaign offers."""

from __future__ import annotations

from backend.database import reading
from backend.domain.editor_options import CategoryChoice, EditorOptions
from backend.domain.rights import Right
from backend.repositories import contacts, organisations
from backend.services.acting import ActingUser
from backend.services.channels_offered import channels_offered
from backend.settings import get_settings


def load_editor_options(actor: ActingUser) -> EditorOptions:
    """Channels, categories with their sizes, and the zone that schedules are entered in.

    Raises:
        ForbiddenError: without the right `campaigns.edit`.
    """
    actor.require(Right.CAMPAIGNS_EDIT)
    with reading() as session:
        organisation = organisations.get(session)
        categories = [CategoryChoice(id_, name, count) for id_, name, _, count in contacts.list_categories(session)]
        return EditorOptions(channels_offered(get_settings(), organisation), categories, organisation.time_zone)
