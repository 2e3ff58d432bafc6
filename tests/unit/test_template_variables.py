import re

import pytest

from backend.domain.template_variables import one_line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Shalom Ruth", "Shalom Ruth"),
        ("Shalom Ruth,\nKol Nidre at 19:15.\r\n\r\nSee you", "Shalom Ruth, Kol Nidre at 19:15. See you"),
        ("Programme\nhttps://example.org/l/1", "Programme – https://example.org/l/1"),
        (" \n a\t b      c \u2028d\n", "a b c – d"),
        ("שלום\nמתחילים", "שלום – מתחילים"),
        ("\n \t", ""),
    ],
)
def test_a_text_as_the_value_of_a_variable(text, expected):
    assert one_line(text) == expected
    assert not re.search(r"[\n\r\t]| {5}", one_line(text))
