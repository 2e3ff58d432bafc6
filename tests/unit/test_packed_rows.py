"""Packed rows are the rows that were kept, in a tenth of the room."""

from __future__ import annotations

import tracemalloc

import pytest

from backend.domain.channels import Medium
from backend.domain.statuses import CreditState, Reason, RecipientStatus
from backend.repositories.recipients import Frozen
from backend.services.packed_rows import PackedRows

LEFT_OUT = Frozen(7, RecipientStatus.SKIPPED, Reason.DECEASED, None, None, None, None, "{}", 0, CreditState.NONE)


def _recipient(number: int) -> Frozen:
    mobile, email = f"+336{number * 7919 % 100_000_000:08d}", f"ruth.azoulay{number}@example.org"
    fields = f'{{"first_name": "Réות {number * 104729 % 997}"}}'
    status, sms = RecipientStatus.PENDING, Medium.SMS
    return Frozen(number, status, None, sms, mobile, email, mobile, fields, 2, CreditState.RESERVED)


@pytest.mark.parametrize("number", [0, 1, 999, 1_000, 1_001, 2_500])
def test_every_row_comes_back_in_its_order_and_as_often_as_asked(number: int) -> None:
    rows = [LEFT_OUT, *map(_recipient, range(number))][-number:] if number else []
    packed = PackedRows()
    for row in rows:
        packed.append(row)
    for _ in range(2):
        assert [Frozen._make(row) for row in packed] == rows


def test_a_recipient_takes_a_few_dozen_bytes() -> None:
    number, packed = 20_000, PackedRows()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for row in map(_recipient, range(number)):
            packed.append(row)
        kept = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert kept < 80 * number
