"""The vendors, as far as rules depend on them. A new one is a module here and a line in each table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backend.domain.channels import Medium
from backend.domain.vendors.sendgrid import SENDGRID
from backend.domain.vendors.twilio import TWILIO
from backend.domain.vendors.vocabulary import Vendor, Vocabulary
from backend.domain.vendors.whatsapp import WHATSAPP

VOCABULARIES: Mapping[str, Vocabulary] = {vocabulary.vendor: vocabulary for vocabulary in (TWILIO, SENDGRID, WHATSAPP)}
VENDORS_OF: Mapping[Medium, Sequence[Vendor]] = {
    Medium.EMAIL: (SENDGRID.vendor,),
    Medium.SMS: (TWILIO.vendor,),
    Medium.WHATSAPP: (WHATSAPP.vendor, TWILIO.vendor),
}
"""Who may carry a medium. No two vendors of one medium mean different things by the same code."""
