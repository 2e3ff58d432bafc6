"""Users: create, make sure of the first administrator, change a password."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from backend import clock
from backend.database import unit_of_work
from backend.domain.rights import Right, Role
from backend.errors import ConfigurationError, ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from backend.models import User
from backend.repositories import audit, sessions, users
from backend.services import passwords
from backend.services.acting import OPERATOR, ActingUser
from backend.settings import Settings


@dataclass(frozen=True, slots=True)
class CreatedUser:
    """`password` is set only when it was generated: the one chance to hand it over."""

    id: int
    email: str
    password: str | None = field(default=None, repr=False)


def create_user(
    actor: ActingUser,
    *,
    email: str,
    password: str | None = None,
    role: Role = Role.SECONDARY,
    first_name: str = "",
    last_name: str = "",
    rights: Iterable[Right] = (),
) -> CreatedUser:
    """Write a user; without a password one is generated.

    Raises:
        ForbiddenError: without `users.edit`, or when it would give more than the actor has.
        InvalidInputError: `email_invalid`, `password_too_short`, `password_too_long`.
        ConflictError: `email_taken`.
    """
    granted = frozenset(rights)
    actor.require(Right.USERS_EDIT)
    _may_grant(actor, role, granted)
    chosen = password or passwords.generated_password()
    passwords.check_password_rules(chosen)
    user = User(
        email=_normalised(email),
        first_name=first_name.strip()[:80],
        last_name=last_name.strip()[:80],
        role=role,
        password_hash=passwords.hash_password(chosen),
    )
    try:
        with unit_of_work() as session:
            user_id = users.add(session, user, granted)
            _record(session, actor, "user.created", user_id, role=role.value, rights=sorted(granted))
    except IntegrityError:
        raise ConflictError(code="email_taken", field="email") from None
    return CreatedUser(user_id, user.email, None if password else chosen)


def ensure_admin(settings: Settings) -> tuple[str, str | None]:
    """Create the first administrator when there is none. Safe to call at every start.

    Gives the address of `ADMIN_EMAIL`, and the password only when it was generated just now.

    Raises:
        ConfigurationError: `ADMIN_EMAIL` or `ADMIN_PASSWORD` cannot be used.
    """
    with unit_of_work() as session:
        if users.has_administrator(session):
            return settings.admin_email, None
    try:
        created = create_user(
            OPERATOR,
            email=settings.admin_email,
            password=settings.admin_password or None,
            role=Role.ADMINISTRATOR,
        )
    except ConflictError:
        raise ConfigurationError("ADMIN_EMAIL: a user with this address exists and is no administrator") from None
    except InvalidInputError as error:
        name = "ADMIN_EMAIL" if error.details.get("field") == "email" else "ADMIN_PASSWORD"
        raise ConfigurationError(f"{name}: {error.code.replace('_', ' ')}") from None
    return created.email, created.password


def change_password(actor: ActingUser, user_id: int, new: str, *, current: str = "") -> None:
    """Set a password and end every session of that user, the one in use included.

    One's own needs the current one; somebody else's needs `users.edit`, an administrator's an administrator.

    Raises:
        ForbiddenError, NotFoundError.
        InvalidInputError: `password_wrong`, `password_too_short`, `password_too_long`.
    """
    passwords.check_password_rules(new)
    with unit_of_work() as session:
        user = users.find(session, user_id)
        if user is None:
            raise NotFoundError(subject="user")
        if actor.id == user_id:
            if not passwords.verify_password(current, user.password_hash)[0]:
                raise InvalidInputError(code="password_wrong", field="current")
        else:
            actor.require(Right.USERS_EDIT)
            _may_grant(actor, user.role, users.rights_of(session, user_id))
        user.password_hash = passwords.hash_password(new)
        user.password_changed_at = clock.now()
        sessions.revoke(session, clock.now(), user_id=user_id)
        _record(session, actor, "user.password_changed", user_id)


def _may_grant(actor: ActingUser, role: Role, rights: frozenset[Right]) -> None:
    # Otherwise whoever may edit users could make, or take over, an account with more rights than their own.
    if actor.role is Role.ADMINISTRATOR:
        return
    if role is Role.ADMINISTRATOR or not rights <= actor.rights:
        raise ForbiddenError(right=Right.USERS_EDIT.value)


def _normalised(email: str) -> str:
    try:
        return validate_email(email.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise InvalidInputError(code="email_invalid", field="email") from None


def _record(session: Session, actor: ActingUser, action: str, user_id: int, **details: object) -> None:
    audit.record(
        session,
        actor=actor.email,
        user_id=actor.id,
        action=action,
        subject="user",
        subject_id=user_id,
        **details,
    )
