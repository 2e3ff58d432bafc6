"""What the preview shows of a rendered message."""

from __future__ import annotations

from dataclasses import dataclass

from backend.domain.channels import Channel, Medium, media_of
from backend.domain.statuses import SampleStatus
from backend.errors import AppError, InvalidInputError
from backend.services.previewing import Preview, PreviewContact
from backend.services.samples import SampleOutcome
from unisoft_ui.texts import confirmation, error_sentence, initials, number
from unisoft_ui.texts import preview as texts
from unisoft_ui.view_models.editor_form import field_error
from unisoft_ui.view_models.phone_numbers import readable


@dataclass(frozen=True)
class Choice:
    """One of a few; `code` is what the browser sends."""

    code: str
    label: str


@dataclass(frozen=True)
class Shown:
    """One medium's message for one contact; "" where it has nothing. `html` is a page of its own, for a sandbox."""

    bubble: str = ""
    subject: str = ""
    html: str = ""
    recipient: str = ""
    organisation: str = ""
    initials: str = ""
    empty: str = texts.NOTHING_YET


def medium_choices(channel: str) -> list[Choice]:
    """The media of a channel, first choice first."""
    media = media_of(Channel(channel)) if channel in set(Channel) else ()
    return [Choice(medium.value, confirmation.MEDIA[medium]) for medium in media]


def contact_choices(contacts: list[PreviewContact]) -> list[Choice]:
    """Whom the message can be shown for."""
    return [Choice(str(contact.id), contact.name) for contact in contacts]


def shown(preview: Preview, medium: Medium) -> Shown:
    """The message on one medium."""
    rendered, contact = preview.rendered, preview.shown_for
    common = {"organisation": preview.organisation, "initials": initials(preview.organisation)}
    if medium is Medium.EMAIL:
        if rendered.email is None:
            return Shown(**common, empty=texts.EMPTY[medium])
        subject = rendered.email.subject or texts.NO_SUBJECT
        recipient = texts.to(contact.email) if contact else ""
        return Shown(**common, subject=subject, html=rendered.email.html, recipient=recipient, empty="")
    bubble = rendered.text_of(medium)
    return Shown(**common, bubble=bubble, empty="" if bubble.strip() else texts.EMPTY[medium])


def outcome_sentence(outcome: SampleOutcome) -> tuple[str, bool]:
    """What became of a test, and whether that is good."""
    address = outcome.address if outcome.medium is Medium.EMAIL else readable(outcome.address)
    if outcome.status is SampleStatus.REFUSED:
        return texts.REFUSED_BECAUSE.get(outcome.vendor_code or "", texts.REFUSED).format(address=address), False
    if outcome.status is SampleStatus.UNKNOWN:
        return texts.UNKNOWN.format(address=address), False
    sentence = texts.TAKEN_FOR if outcome.segments else texts.TAKEN
    return sentence.format(address=address, cost=number(outcome.segments)), True


def sample_problem(error: AppError) -> str:
    """Why a test could not be sent."""
    if error.code in texts.ERRORS:
        return texts.ERRORS[error.code].format_map(error.details)
    return field_error(error)[1] if isinstance(error, InvalidInputError) else error_sentence(error)
