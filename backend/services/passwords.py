"""Passwords: argon2id, and the same work for a user who does not exist."""

from __future__ import annotations

import secrets
import threading
from functools import lru_cache

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from pwdlib.hashers.argon2 import Argon2Hasher

from backend.errors import InvalidInputError

MIN_LENGTH = 10
MAX_LENGTH = 128
_GENERATED_BYTES = 15  # 20 characters

# One verification takes 64 MiB and a core: a burst of them must not take the machine.
_turn = threading.BoundedSemaphore(2)


@lru_cache(maxsize=1)
def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))


@lru_cache(maxsize=1)
def nobodys_hash() -> str:
    """A hash that no password fits: verified when there is no user, so that the answer takes as long."""
    return hash_password(secrets.token_urlsafe(32))


def check_password_rules(password: str) -> None:
    """Raise `InvalidInputError` (`password_too_short`, `password_too_long`) unless it may be used."""
    if len(password) < MIN_LENGTH:
        raise InvalidInputError(code="password_too_short", field="password", minimum=MIN_LENGTH)
    if len(password) > MAX_LENGTH:
        raise InvalidInputError(code="password_too_long", field="password", maximum=MAX_LENGTH)


def hash_password(password: str) -> str:
    """The argon2id hash to keep."""
    with _turn:
        return _hasher().hash(password)


def verify_password(password: str, password_hash: str) -> tuple[bool, str | None]:
    """Whether it fits, and a new hash when the kept one was made with weaker parameters."""
    with _turn:
        try:
            return _hasher().verify_and_update(password, password_hash)
        except PwdlibError:  # a hash this product did not make
            return False, None


def generated_password() -> str:
    """A password to hand over once."""
    return secrets.token_urlsafe(_GENERATED_BYTES)
