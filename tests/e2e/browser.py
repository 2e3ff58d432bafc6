"""Finds a Chromium for the tests of pages, or installs one: `python -m tests.e2e.browser`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

# The first has no window to draw: the tests take two thirds of the time with it. Playwright's own is one as well.
_SHELL = "chromium-headless-shell"
_NAMES = (_SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class NoBrowserError(Exception):
    """One sentence that says what to install."""


def chromium_executable() -> str | None:
    """The system's browser, or None where Playwright has its own and finds it itself.

    Installs one when there is none, so the first call may take minutes.

    Raises:
        NoBrowserError: nothing was found and nothing could be installed.
    """
    if found := _on_path():
        return found
    if _playwright_has_one() or _install_with_playwright():
        return None
    if (_install_with_apt(_SHELL) or _install_with_apt("chromium")) and (found := _on_path()):
        return found
    raise NoBrowserError(
        "The page tests need a browser: install the package chromium (or Google Chrome) and try again."
    )


def _on_path() -> str | None:
    return next((path for name in _NAMES if (path := shutil.which(name)) and _runs(path)), None)


def _playwright_has_one() -> bool:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return _runs(playwright.chromium.executable_path)


def _runs(path: str) -> bool:
    """Not so for a placeholder that asks for another packager, or where shared libraries are missing."""
    try:
        process = subprocess.run(
            [path, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return process.returncode == 0


def _install_with_playwright() -> bool:
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    return _succeeds(command, timeout_s=600) and _playwright_has_one()


def _install_with_apt(package: str) -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return _succeeds(["apt-get", "update"], 300, environment) and _succeeds(
        ["apt-get", "install", "--yes", "--no-install-recommends", package], 900, environment
    )


def _succeeds(command: list[str], timeout_s: float, environment: dict[str, str] | None = None) -> bool:
    print("Installing a browser:", *command[-4:], file=sys.stderr, flush=True)
    try:
        process = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=sys.stderr, timeout=timeout_s, env=environment, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return process.returncode == 0


if __name__ == "__main__":
    try:
        chromium_executable()
    except NoBrowserError as error:
        sys.exit(str(error))
