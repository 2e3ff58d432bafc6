from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from reflex_components_radix.themes.base import LiteralAccentColor, LiteralGrayColor

from unisoft_ui import radix_themes

ROOT = Path(__file__).resolve().parents[2]
ALL = {*get_args(LiteralAccentColor), *get_args(LiteralGrayColor)} - {"auto"}


def test_the_pages_carry_the_colours_that_components_and_styles_name_and_no_other() -> None:
    used = {*named_in_components(), *named_in_styles()}
    assert used == set(radix_themes.COLOURS)


def named_in_components() -> Iterator[str]:
    own = Path(radix_themes.__file__)
    for path in (ROOT / "unisoft_ui").rglob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text())) if path != own else ()
        constants = (node.value for node in nodes if isinstance(node, ast.Constant))
        yield from (value for value in constants if isinstance(value, str) and value in ALL)


def named_in_styles() -> Iterator[str]:
    for path in (ROOT / "assets").glob("*.css"):
        yield from (name for name in re.findall(r"--([a-z]+)-a?\d", path.read_text()) if name in ALL)
