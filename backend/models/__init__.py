"""Tables of the product. They carry constraints and no behaviour."""

from backend.models.audit import AuditEntry
from backend.models.base import Table, table_of
from backend.models.campaign_minutes import NO_MEDIUM, CampaignMinute
from backend.models.campaigns import (
    COUNTED,
    Campaign,
    CampaignCategory,
    CampaignContact,
    CampaignFile,
    CampaignLink,
    FileKind,
    TargetMatch,
    TargetRole,
)
from backend.models.contacts import AddressProblem, Category, Contact, ContactCategory, Household, OptOut
from backend.models.credit_orders import CreditOrder, PaymentReport
from backend.models.credits import CreditBalance, LedgerEntry
from backend.models.delivery_events import DeliveryEvent, WaitingEvent
from backend.models.inbound_messages import InboundMessage
from backend.models.installations import Installation
from backend.models.link_clicks import ClickedLink, LinkClick
from backend.models.organisations import Organisation
from backend.models.recipients import Attempt, Recipient
from backend.models.sample_sends import SampleSend
from backend.models.templates import Template
from backend.models.uploads import DiscardedContent, Upload
from backend.models.users import Session, User, UserRight

__all__ = [
    "COUNTED",
    "NO_MEDIUM",
    "AddressProblem",
    "Attempt",
    "AuditEntry",
    "Campaign",
    "CampaignCategory",
    "CampaignContact",
    "CampaignFile",
    "CampaignLink",
    "CampaignMinute",
    "Category",
    "ClickedLink",
    "Contact",
    "ContactCategory",
    "CreditBalance",
    "CreditOrder",
    "DeliveryEvent",
    "DiscardedContent",
    "FileKind",
    "Household",
    "InboundMessage",
    "Installation",
    "LedgerEntry",
    "LinkClick",
    "OptOut",
    "Organisation",
    "PaymentReport",
    "Recipient",
    "SampleSend",
    "Session",
    "Table",
    "TargetMatch",
    "TargetRole",
    "Template",
    "Upload",
    "User",
    "UserRight",
    "WaitingEvent",
    "table_of",
]
