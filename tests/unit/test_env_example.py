from __future__ import annotations

from pathlib import Path

import pytest
from dotenv import dotenv_values

from backend.settings import Settings, load_settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"
VALUES = dotenv_values(EXAMPLE)


def test_every_setting_is_in_the_example_and_nothing_else() -> None:
    assert {name.lower() for name in VALUES} == set(Settings.model_fields)


def test_every_variable_has_a_comment_or_stands_below_one_that_has() -> None:
    blocks = EXAMPLE.read_text(encoding="utf-8").split("\n\n")

    assert all(block.startswith("# ") for block in blocks)
    assert all(block.splitlines()[1].startswith("# ") for block in blocks)


def test_its_values_are_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in VALUES:
        monkeypatch.delenv(name, raising=False)
    defaults = load_settings()
    for name, value in VALUES.items():
        monkeypatch.setenv(name, value or "")

    assert load_settings() == defaults
