"""What to say when a service refuses, or breaks."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from backend.errors import AppError, InvalidInputError
from backend.logs import get_logger
from unisoft_ui import bridge
from unisoft_ui.texts import en, error_sentence

log = get_logger(__name__)


def explained(error: Exception, sentence: Callable[[AppError], str] = error_sentence) -> str:
    """The sentence to show for an error; a defect of ours gets a reference that stands in the logs too.

    Raises:
        SessionEndedError: given one, which only the sign-in page answers.
    """
    if isinstance(error, bridge.SessionEndedError):
        raise error
    if isinstance(error, AppError):
        return sentence(error)
    return en.UNEXPECTED.format(reference=reference_of("event_crashed", error))


def problem_of(
    error: Exception,
    field_error: Callable[[InvalidInputError], tuple[str, str]],
    sentence: Callable[[AppError], str] = error_sentence,
) -> dict[str, str]:
    """The field of a form an error belongs to, or "form", and what to say there."""
    if isinstance(error, InvalidInputError):
        name, said = field_error(error)
        return {name or "form": said}
    return {"form": explained(error, sentence)}


def sentence_of_form(sentences: Mapping[str, str], error: AppError) -> str:
    """What a form says of a refusal: its own sentence of that code, where it has one."""
    return sentences.get(error.code) or explained(error)


def reference_of(event: str, error: Exception) -> str:
    """Log a defect of ours; gives what finds it there again."""
    reference = secrets.token_hex(4)
    log.error(event, reference=reference, exc_info=error)
    return reference
