"""What the documents say about files is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_FILE = re.compile(r"`((?:backend|unisoft_ui|tests|docs|benchmarks|migrations)/[\w/.-]*)`")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_a_document_names_exists(document: Path) -> None:
    named = _FILE.findall(document.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_walks_name_files() -> None:
    assert len(_FILE.findall((ROOT / "docs/architecture.md").read_text())) > 10
