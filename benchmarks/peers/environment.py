"""The peers' own virtual environment: nothing of it is needed by the product, and their versions differ from ours."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

_REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_INSTALLED_WITHIN_S = 600


def peers_python() -> Path:
    """The interpreter with everything of `requirements.txt`, installed the first time and kept in the user's cache.

    Raises subprocess.CalledProcessError when it cannot be installed; pip has said why.
    """
    folder = _folder()
    python, stamp = folder / "bin" / "python", folder / "installed"
    if not stamp.exists():
        print(f"Installing Celery, SQLAlchemy and Django into {folder}", file=sys.stderr)
        venv.create(folder, clear=True, with_pip=True)
        command = [str(python), "-m", "pip", "install", "-qq", "--requirement", str(_REQUIREMENTS)]
        subprocess.run(command, check=True, timeout=_INSTALLED_WITHIN_S)
        stamp.touch()
    return python


def _folder() -> Path:
    """One for each list of versions and each Python."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    wanted = _REQUIREMENTS.read_bytes() + sys.version.encode()
    return cache / "unisoft-benchmarks" / hashlib.sha256(wanted).hexdigest()[:12]
