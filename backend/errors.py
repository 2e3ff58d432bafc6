"""The errors of the product, by who has to act on them.

`AppError` carries a stable snake_case `code`, from which the interface takes its sentence,
and the values that sentence needs. Caught only at boundaries: event handler, actor, webhook, CLI.
"""

from __future__ import annotations


class AppError(Exception):
    """An expected situation. `code` is stable; `details` fill the sentence shown for it."""

    code = "unexpected"

    def __init__(self, message: str = "", *, code: str | None = None, **details: object) -> None:
        self.code = code or self.code
        self.details = details
        super().__init__(message or self.code)


class ConfigurationError(AppError):
    """A setting is missing or wrong; the message names the variable."""

    code = "configuration"


class NotFoundError(AppError):
    """The thing named by an id does not exist, or is not visible to the asker."""

    code = "not_found"


class ForbiddenError(AppError):
    """The acting user lacks the right for this."""

    code = "forbidden"


class InvalidInputError(AppError):
    """What the user gave breaks a rule. `details["field"]` names the field where there is one."""

    code = "invalid_input"


class ConflictError(AppError):
    """The thing changed meanwhile, or is in a state that does not allow the move."""

    code = "conflict"


class NotAnsweringError(AppError):
    """Database or Redis cannot be asked now. Who only looks may look again; what was to be changed may have been."""

    code = "not_answering"


class InsufficientCreditError(AppError):
    """`details`: `needed`, `available`, `missing`, in SMS segments."""

    code = "insufficient_credit"
