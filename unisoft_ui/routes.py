"""Every path of the interface, and how links to it are built."""

from __future__ import annotations

LOGIN = "/login"
CAMPAIGNS = "/app/messages/campagnes"
CAMPAIGN_NEW = "/app/messages/campagnes/new"
CAMPAIGN_EDIT = "/app/messages/campagnes/edit"
CAMPAIGN_DETAIL = "/app/messages/detail"

SIGN_IN = "/auth/sign-in"
SIGN_OUT = "/auth/sign-out"


def campaign_edit(campaign_id: int) -> str:
    return f"{CAMPAIGN_EDIT}?id={campaign_id}"


def campaign_detail(campaign_id: int) -> str:
    return f"{CAMPAIGN_DETAIL}?id={campaign_id}"
