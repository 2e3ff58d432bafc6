from __future__ import annotations

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.providers.references import read_reference, sign_reference

KEY = "a secret for tests"
GENUINE = sign_reference(7, KEY)


@given(st.integers(min_value=1, max_value=2**31), st.text(min_size=1, max_size=50))
def test_a_signed_reference_reads_back(attempt_id: int, key: str) -> None:
    key = key.encode(errors="replace").decode()
    assert read_reference(sign_reference(attempt_id, key), key) == attempt_id


def test_a_reference_is_safe_in_an_address() -> None:
    assert GENUINE.replace("-", "").isalnum()
    assert GENUINE.isascii()


def test_a_reference_of_another_installation_is_not_ours() -> None:
    assert read_reference(sign_reference(7, "another secret"), KEY) is None


@pytest.mark.parametrize(
    "forged",
    [
        None,
        "",
        "-",
        "7",
        "7-",
        "8" + GENUINE[1:],
        "07" + GENUINE[1:],
        "+7" + GENUINE[1:],
        " " + GENUINE,
        GENUINE + " ",
        GENUINE + "\n",
        GENUINE + "-",
        GENUINE[:-1],
        GENUINE[:-1] + ("0" if GENUINE[-1] != "0" else "1"),
        GENUINE.upper() + "X",
        GENUINE.replace("-", ""),
        GENUINE.replace("-", "–"),
        "-" + GENUINE,
        "٧" + GENUINE[1:],
        "७" + GENUINE[1:],
        "9" * 19 + GENUINE[1:],
        "9" * 100_000 + GENUINE[1:],
        "x" * 1_000_000,
        "\x00" + GENUINE,
        "7'; DROP TABLE attempt",
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_forged_reference_is_nobodys(forged: str | None) -> None:
    assert read_reference(forged, KEY) is None


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=60))
def test_no_text_is_taken_for_a_reference(text: str) -> None:
    assert read_reference(text, KEY) in {None, 7}
    assert (read_reference(text, KEY) is None) or text == GENUINE


def test_a_signature_is_the_standard_one() -> None:
    """What was sent before stays valid."""
    for key in ("k", "a key of many characters " * 8, "clé"):
        expected = hmac.digest(key.encode(), b"attempt:7", "sha256").hex()
        assert sign_reference(7, key) == f"7-{expected[:20]}"
