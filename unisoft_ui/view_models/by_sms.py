"""What sending by SMS those who wait for WhatsApp would do, in words."""

from __future__ import annotations

from dataclasses import dataclass, field

from backend.domain.channels import Medium, media_of
from backend.errors import AppError
from backend.services.sending_by_sms import SmsPlan
from unisoft_ui.texts import by_sms as texts
from unisoft_ui.texts import error_sentence, number
from unisoft_ui.view_models.channels import ICONS
from unisoft_ui.view_models.confirmation import Figure


@dataclass(frozen=True)
class SmsQuestion:
    """The content of the question; `title` is empty before it is known."""

    title: str = ""
    people: list[Figure] = field(default_factory=list)
    credits: str = ""
    confirm: str = texts.TITLE


def sms_button(plan: SmsPlan | None) -> str:
    """As "Send all by SMS now (86 credits)"; empty where it is not offered, or nobody waits."""
    return texts.button(plan.credits) if plan and plan.total else ""


def sms_question(plan: SmsPlan) -> SmsQuestion:
    """Who gets the message how, and who does not."""
    without = texts.WITHOUT_ANY_ADDRESS if Medium.EMAIL in media_of(plan.channel) else texts.WITHOUT_ADDRESS
    others = [
        (ICONS[Medium.EMAIL], texts.BY_EMAIL, plan.by_email),
        ("triangle-alert", texts.DUPLICATES, plan.duplicates),
        ("triangle-alert", without, plan.without_address),
    ]
    return SmsQuestion(
        title=plan.title,
        people=[
            Figure(ICONS[Medium.SMS], texts.BY_SMS, number(plan.by_sms)),
            *(Figure(icon, label, number(people)) for icon, label, people in others if people),
        ],
        credits=texts.amount(plan.credits),
        confirm=texts.confirm(plan.by_sms),
    )


def sms_refusal(error: AppError) -> str:
    """Why nobody was moved, in a sentence."""
    return texts.ERRORS.get(error.code) or error_sentence(error)
