from urllib.parse import parse_qs, parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.http import webhooks

PIECES = st.sampled_from(
    ["a", "To", "=", "&", "+", "%2B", "%20", "%", "%C3%A9", "%FF", "é", ";", "%252B", "%26", "%3D"]
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_a_form_is_read_as_the_library_reads_it(text: str) -> None:
    assert webhooks._fields(text.encode()) == dict(parse_qsl(text, keep_blank_values=True))


@pytest.mark.parametrize("body", [b"\xff=1", "&".join(f"a{number}=1" for number in range(101)).encode()])
def test_what_is_no_form_of_a_vendors_has_no_fields(body: bytes) -> None:
    assert webhooks._fields(body) == {}


@given(
    st.lists(st.sampled_from(["attempt=", "7-abc", "&", "x=1", "%2D", "=", "+", "attempt"]), max_size=6).map("".join)
)
def test_a_reference_is_read_as_the_library_reads_it(query: str) -> None:
    expected = parse_qs(query, keep_blank_values=True).get("attempt", [None])[-1]
    assert webhooks._reference(query.encode()) == expected
