"""Signed attempt ids: what we let a vendor carry, and believe when it comes back."""

from __future__ import annotations

import hmac
from functools import lru_cache

from backend.signing import sign

_SIGNATURE_LENGTH = 20


def sign_reference(attempt_id: int, key: str) -> str:
    """`<attempt id>-<signature>`, safe in a URL and in a custom argument."""
    return f"{attempt_id}-{sign(key, f'attempt:{attempt_id}').hex()[:_SIGNATURE_LENGTH]}"


# A report's is read when it comes and when it is stored, and a message has several.
@lru_cache(maxsize=20_000)
def read_reference(reference: str | None, key: str) -> int | None:
    """The attempt id, or None when the reference is missing, malformed or not ours."""
    number, _, _signature = (reference or "").partition("-")
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    attempt_id = int(number)
    ours = hmac.compare_digest(sign_reference(attempt_id, key).encode(), (reference or "").encode(errors="replace"))
    return attempt_id if ours else None
