"""Every path of the interface, and how links to it are built."""

from __future__ import annotations

from urllib.parse import urlencode

from backend.http import paths

LOGIN = paths.LOGIN
CAMPAIGNS = paths.HOME
CAMPAIGN_NEW = "/app/messages/campagnes/new"
CAMPAIGN_EDIT = "/app/messages/campagnes/edit"
CAMPAIGN_DETAIL = "/app/messages/detail"
TRASH = "/app/messages/trash"
TEMPLATES = "/app/messages/templates"
TEMPLATE_NEW = "/app/messages/templates/new"
TEMPLATE_EDIT = "/app/messages/templates/edit"
SETTINGS = "/app/settings"
SETTINGS_WHATSAPP = "/app/settings/whatsapp"
LEDGER = "/app/settings/credits"
LEDGER_EXPORT = "/exports/credits.csv"
PAYMENT = "/app/settings/credits/payment"

EXPORTS = paths.EXPORTS
SIGN_IN = paths.SIGN_IN
SIGN_OUT = paths.SIGN_OUT


def receipt(number: int, language: str) -> str:
    return f"/receipts/{number}.pdf?language={language}"


def campaign_edit(campaign_id: int) -> str:
    return f"{CAMPAIGN_EDIT}?id={campaign_id}"


def campaign_detail(campaign_id: int) -> str:
    return f"{CAMPAIGN_DETAIL}?id={campaign_id}"


def templates(search: str = "", page: int = 1) -> str:
    given = {**({"search": search} if search else {}), **({"page": page} if page > 1 else {})}
    return f"{TEMPLATES}?{urlencode(given)}" if given else TEMPLATES


def template_edit(template_id: int) -> str:
    return f"{TEMPLATE_EDIT}?id={template_id}"


def trash(page: int = 1) -> str:
    return f"{TRASH}?page={page}" if page > 1 else TRASH
