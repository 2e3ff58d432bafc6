"""The vendors, as far as rules depend on them. A new one is a module here and a line in each table."""

from __future__ import annotations

from collections.abc import Mapping

from backend.domain.channels import Medium
from backend.domain.vendors.sendgrid import SENDGRID
from backend.domain.vendors.twilio import TWILIO
from backend.domain.vendors.vocabulary import Vendor, Vocabulary

VOCABULARIES: Mapping[str, Vocabulary] = {vocabulary.vendor: vocabulary for vocabulary in (TWILIO, SENDGRID)}
VENDOR_OF: Mapping[Medium, Vendor] = {
    Medium.EMAIL: SENDGRID.vendor,
    Medium.SMS: TWILIO.vendor,
    Medium.WHATSAPP: TWILIO.vendor,
}
"""Who carries a medium."""
