"""Email templates: their limits, and what their list is asked and answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from backend.domain.campaign_list import CampaignQuery
from backend.domain.template_outlines import Outline

NAME_LENGTH = 120
SUBJECT_LENGTH = 200
SOURCE_LENGTH = 200_000
HTML_LENGTH = 500_000
"""What a campaign may hold: compiled, a template has to fit into one."""

PAGE_SIZE = 12
MOST_USES = 1_000
"""Where counting the campaigns of a template stops."""


class TemplateFormat(StrEnum):
    """How the source of a template is written."""

    HTML = "html"
    MJML = "mjml"


@dataclass(frozen=True, slots=True)
class TemplateQuery:
    """One page of the list. As `CampaignQuery`, it makes a valid query of anything; `page` counts from 1."""

    search: str = ""
    page: int = 1

    def __post_init__(self) -> None:
        fitting = CampaignQuery(search=self.search, page=self.page)
        object.__setattr__(self, "search", fitting.search)
        object.__setattr__(self, "page", fitting.page)


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """One template as the list shows it. `uses`: campaigns that are not deleted, `MOST_USES` at most."""

    id: int
    name: str
    subject: str
    format: TemplateFormat
    uses: int
    outline: Outline


@dataclass(frozen=True, slots=True)
class TemplatePage:
    """One page of the list, and how many templates match in all."""

    rows: Sequence[TemplateRow]
    total: int
    page: int
