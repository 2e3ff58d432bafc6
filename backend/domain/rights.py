"""Roles and the rights a Secondary user can be given, one tick each."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """An administrator may do everything; a secondary user starts with no right."""

    ADMINISTRATOR = "administrator"
    SECONDARY = "secondary"


class Right(StrEnum):
    """What a secondary user may be allowed to do."""

    CAMPAIGNS_VIEW = "campaigns.view"
    CAMPAIGNS_EDIT = "campaigns.edit"
    CAMPAIGNS_SEND = "campaigns.send"
    CAMPAIGNS_DELETE = "campaigns.delete"
    CONTACTS_VIEW = "contacts.view"
    CONTACTS_EDIT = "contacts.edit"
    TEMPLATES_EDIT = "templates.edit"
    CREDITS_VIEW = "credits.view"
    CREDITS_PURCHASE = "credits.purchase"
    SETTINGS_EDIT = "settings.edit"
    USERS_EDIT = "users.edit"
