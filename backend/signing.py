"""Signatures of our own: of what others carry for us, and bring back."""

from __future__ import annotations

from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC


def sign(key: str, text: str) -> bytes:
    """HMAC-SHA256 of a text, 32 bytes."""
    signing = _begun(key).copy()
    signing.update(text.encode())
    return signing.finalize()


# A message has one signature or two, and every report of it is checked: begun anew each time, one takes three times as
# long, most of it for finding the algorithm.
@lru_cache(maxsize=8)
def _begun(key: str) -> HMAC:
    return HMAC(key.encode(), SHA256())
