from __future__ import annotations

import stat
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import example, given
from hypothesis import strategies as st

from backend.processes.environment_file import quoted, write_environment_file

# python-dotenv reads text with universal newlines, so a carriage return cannot survive; NUL fits in no environment.
_TEXT = st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"]))


@given(_TEXT)
@example("-----BEGIN KEY-----\nMIIB\\n'\"#$HOME ${HOME} ${:-x} \\'\n")
@example("\\")
def test_any_value_is_read_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    path = tmp_path_factory.getbasetemp() / "quoted"
    path.write_text(f"VALUE={quoted(value)}\nNEXT='1'\n", encoding="utf-8")

    assert dotenv_values(path) == {"VALUE": value, "NEXT": "1"}


def test_the_file_is_private_and_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "environment"
    path.write_text("OLD=1\n")
    path.chmod(0o644)
    write_environment_file(path, {"NEW": "2"})

    assert dotenv_values(path) == {"NEW": "2"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]
