"""The tests bring their own PostgreSQL, and say so in one sentence when they cannot."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.integration import postgres


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A machine with no server and no network; gives the commands that were tried there."""
    commands: list[list[str]] = []

    def fail(command: list[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 100)

    monkeypatch.setattr(subprocess, "run", fail)
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))
    return commands


@pytest.mark.parametrize(("user_id", "has_apt", "tries"), [(0, True, 1), (0, False, 0), (1_000, True, 0)])
def test_without_a_server_the_package_is_named(
    tried: list[list[str]], monkeypatch: pytest.MonkeyPatch, user_id: int, has_apt: bool, tries: int
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user_id)
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/apt-get" if has_apt and name == "apt-get" else None)
    with pytest.raises(postgres.NoPostgresError, match="install the package postgresql"):
        postgres.postgres_programs()
    assert len(tried) == tries, "only root installs, and only with apt"


def test_make_test_ends_with_that_sentence_before_any_test(
    tried: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1_000)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(postgres.__file__, run_name="__main__")
    assert "install the package postgresql" in str(ended.value.code)
    assert tried == []
