"""Sign in with an email and a password. Unknown, switched off and wrong all look and take the same."""

from __future__ import annotations

from datetime import datetime

from backend.database import reading, unit_of_work
from backend.errors import AppError
from backend.logs import get_logger
from backend.models import User
from backend.repositories import audit, users
from backend.services import passwords, sessions
from backend.services.attempt_limits import PER_ACCOUNT, PER_ADDRESS, attempt_limits

log = get_logger(__name__)

_LONGEST_EMAIL = 254


class WrongCredentialsError(AppError):
    """The email and the password do not belong together, for whatever reason."""

    code = "wrong_credentials"


class TooManyAttemptsError(AppError):
    """`details["retry_after_s"]` says when it may be tried again."""

    code = "too_many_attempts"


def sign_in(email: str, password: str, ip: str, *, stay_signed_in: bool = False) -> tuple[str, datetime]:
    """Begin a session; gives a new token for the cookie, and when it ends.

    Raises:
        TooManyAttemptsError: nothing was checked.
        WrongCredentialsError: no such user, a wrong password, or a user who was switched off.
    """
    email = email.strip().lower()[:_LONGEST_EMAIL]
    _refuse_too_many(email, ip)
    with reading() as session:
        user = users.find_by_email(session, email)
    known = user is not None and user.is_active
    stored = user.password_hash if known and user is not None else passwords.nobodys_hash()
    fits, renewed_hash = passwords.verify_password(password, stored)
    if user is None or not known or not fits:
        _note_failure(user, email, ip)
        raise WrongCredentialsError
    return _begin(user, renewed_hash, ip, stay_signed_in=stay_signed_in)


def _refuse_too_many(email: str, ip: str) -> None:
    limits = attempt_limits()
    waits = [limits.peek(PER_ADDRESS, "ip", ip), limits.take(PER_ACCOUNT, "account", email)]
    wait_s = max((wait for wait in waits if wait is not None), default=None)
    if wait_s is not None:
        log.warning("sign_in_refused", ip=ip, retry_after_s=wait_s)
        raise TooManyAttemptsError(retry_after_s=wait_s)


def _note_failure(user: User | None, email: str, ip: str) -> None:
    log.info("sign_in_failed", email=email, ip=ip)
    attempt_limits().take(PER_ADDRESS, "ip", ip)
    with unit_of_work() as session:
        audit.record(
            session,
            actor=email if user else "unknown",  # what was typed may be a password in the wrong field
            user_id=user.id if user else None,
            action="session.refused",
            subject="user",
            subject_id=user.id if user else None,
            ip=ip,
        )


def _begin(user: User, renewed_hash: str | None, ip: str, *, stay_signed_in: bool) -> tuple[str, datetime]:
    assert user.id is not None
    attempt_limits().forget(PER_ACCOUNT, "account", user.email)
    with unit_of_work() as session:
        kept = users.find(session, user.id)
        if renewed_hash and kept is not None:
            kept.password_hash = renewed_hash
        audit.record(
            session,
            actor=user.email,
            user_id=user.id,
            action="session.started",
            subject="user",
            subject_id=user.id,
            ip=ip,
        )
    return sessions.open_session(user.id, stay_signed_in=stay_signed_in)
