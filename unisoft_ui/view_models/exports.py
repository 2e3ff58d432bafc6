"""The files that a campaign's recipients can be had as, and what stands in them."""

from __future__ import annotations

from dataclasses import dataclass

from backend.domain.exports import Cell, ExportFormat
from backend.domain.schedules import to_local
from backend.domain.statuses import CampaignStatus
from backend.domain.tracking import CampaignDetails, RecipientQuery, RecipientRow
from unisoft_ui.texts import campaigns
from unisoft_ui.texts import details as texts
from unisoft_ui.texts import exports as words
from unisoft_ui.view_models.recipient_addresses import export_address
from unisoft_ui.view_models.recipients import code_behind, told_by, why

_FRENCH = "fr"


@dataclass(frozen=True)
class ExportLink:
    """One kind of file, and where it is."""

    label: str
    href: str
    icon: str


def export_links(campaign: CampaignDetails, query: RecipientQuery) -> list[ExportLink]:
    """The kinds of file, that of the organisation's language first; none for a draft, which has no recipients."""
    if campaign.status is CampaignStatus.INIT:
        return []
    csv = [ExportFormat.CSV_SEMICOLON, ExportFormat.CSV]
    forms = [*(csv if campaign.language == _FRENCH else csv[::-1]), ExportFormat.XLSX]
    return [
        ExportLink(words.FORMATS[form], export_address(campaign.id, query, form.value), _icon(form)) for form in forms
    ]


def _icon(form: ExportFormat) -> str:
    return "file-spreadsheet" if form is ExportFormat.XLSX else "file-text"


class RecipientSheet:
    """The recipients as rows of a file, with the words of the page."""

    headings = (
        texts.RECIPIENT,
        words.HEBREW_NAME,
        texts.MEDIUM,
        texts.ADDRESS,
        texts.STATUS,
        texts.VIEWS,
        texts.CLICKS,
        texts.SEGMENTS,
        texts.UPDATED,
        texts.REASON,
        words.CODE,
    )
    sheet = texts.RECIPIENTS

    def hints(self, search: str) -> RecipientQuery:
        """What else a search finds: reasons and codes whose sentence holds the words."""
        reasons, codes = told_by(search)
        return RecipientQuery(search=search, reasons=reasons, vendor_codes=codes)

    def cells(self, row: RecipientRow, zone: str) -> list[Cell]:
        """One recipient; moments are on the organisation's clock, without a zone."""
        return [
            f"{row.first_name} {row.last_name}".strip(),
            row.hebrew_first_name,
            campaigns.MEDIA[row.medium] if row.medium else "",
            row.address or "",
            texts.STATUSES[row.status],
            row.views,
            row.clicks,
            row.segments,
            to_local(row.updated_at, zone).replace(tzinfo=None, microsecond=0),
            why(row),
            row.vendor_code or "" if code_behind(row.reason, row.vendor_code) and why(row) else "",
        ]
