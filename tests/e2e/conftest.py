"""The running product, as a new user starts it, and a signed-in browser."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from backend.processes.ports import free_port
from tests.e2e.browser import chromium_executable
from tests.e2e.terminal import run_command

_ROOT = Path(__file__).resolve().parents[2]
_START_WITHIN_S = 180
_STOP_WITHIN_S = 40
_READY = re.compile(r"is ready: (\S+)/")
_INHERITED = {"PATH", "HOME", "LANG", "TMPDIR", "REFLEX_WEB_WORKDIR"}
PASSWORD = "a password for tests"
# What a page shows late on a loaded machine is not wrong; what it never shows is.
expect.set_options(timeout=15_000)


@dataclass(frozen=True)
class Product:
    """A product that runs on this machine with demonstration data."""

    url: str
    admin_email: str
    admin_password: str
    data_dir: Path
    log: Path
    pid: int

    def unisoft(self, *arguments: str) -> str:
        """Run a command in another terminal; gives what it printed."""
        return run_command(arguments, _environment(self.data_dir)).strip()


def _environment(data_dir: Path, **more: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name in _INHERITED}
    return {**inherited, "DATA_DIR": str(data_dir), "PYTHONPATH": str(_ROOT), **more}


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """`unisoft run` on a free port."""
    folder = tmp_path_factory.mktemp("product")
    log = folder / "log"
    env = _environment(
        folder / "data",
        PORT=str(free_port()),
        ADMIN_EMAIL="ilana@example.org",
        ADMIN_PASSWORD=PASSWORD,
        SMS_RATE_PER_S="400",
        SMS_REFUND_AFTER_S="1",
    )
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "backend.cli", "run"],
            cwd=_ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            url = _wait_until_ready(process, log)
            yield Product(url, "ilana@example.org", PASSWORD, folder / "data", log, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_STOP_WITHIN_S)
            if process.stdout:
                process.stdout.close()


def _wait_until_ready(process: subprocess.Popen[str], log: Path) -> str:
    timer = threading.Timer(_START_WITHIN_S, process.kill)
    timer.start()
    try:
        for line in process.stdout or ():
            if found := _READY.search(line):
                return found[1]
    finally:
        timer.cancel()
    raise AssertionError(f"The product did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The browser that `make test` found, without what it would ask of the network."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    executable = chromium_executable()
    return {
        **browser_type_launch_args,
        "args": arguments,
        **({"executable_path": executable} if executable else {}),
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A desktop screen, unless a test asks for another."""
    return {**browser_context_args, "viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"}


def sign_in(
    page: Page, product: Product, path: str = "/app/messages/campagnes", *, email: str = "", password: str = ""
) -> None:
    """Sign in through the form and open a page; as the administrator, unless another is named."""
    page.goto(f"{product.url}{path}")
    expect(page.locator("form[data-sign-in][data-ready]")).to_be_visible()  # the page's script has it
    page.get_by_label("Email").fill(email or product.admin_email)
    page.get_by_label("Password", exact=True).fill(password or product.admin_password)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(re.escape(path)))


@pytest.fixture(scope="session")
def signed_in_state(browser: Browser, product: Product) -> Any:
    """The cookies of a signed-in browser: sign-ins are limited, so tests share one."""
    context = browser.new_context()
    sign_in(context.new_page(), product)
    state = context.storage_state()
    context.close()
    return state


class Contexts:
    """Signed-in browsers, one for each kind of screen: what one test loaded, the next one need not load again."""

    def __init__(self, browser: Browser, **common: Any) -> None:
        self._browser, self._common = browser, common
        self._known: dict[str, BrowserContext] = {}

    def get(self, **options: Any) -> BrowserContext:
        """That of these options, which Playwright's `new_context` takes."""
        key = repr(sorted(options.items()))
        if key not in self._known:
            self._known[key] = self._browser.new_context(**{**self._common, **options})
        return self._known[key]

    def close_pages(self) -> None:
        """A tab is what belongs to one test."""
        for page in [page for context in self._known.values() for page in context.pages]:
            page.close()

    def close(self) -> None:
        for context in self._known.values():
            context.close()


@pytest.fixture(scope="session")
def _contexts(browser: Browser, signed_in_state: Any, browser_context_args: dict[str, Any]) -> Iterator[Contexts]:
    contexts = Contexts(browser, **browser_context_args, storage_state=signed_in_state)
    yield contexts
    contexts.close()


@pytest.fixture
def contexts(_contexts: Contexts) -> Iterator[Contexts]:
    """Signed-in browsers for other screens than a desktop's."""
    yield _contexts
    _contexts.close_pages()


@pytest.fixture
def signed_in_context(contexts: Contexts) -> BrowserContext:
    """The signed-in browser of a desktop. Its cookies and its cache are other tests' as well."""
    return contexts.get()


@pytest.fixture
def signed_in_page(signed_in_context: BrowserContext) -> Page:
    """A page of a signed-in browser."""
    page = signed_in_context.new_page()
    page.bring_to_front()  # tabs of a test before may be closing
    return page


@pytest.fixture
def first_visit(
    browser: Browser, signed_in_state: Any, browser_context_args: dict[str, Any]
) -> Iterator[Callable[[], Page]]:
    """Opens pages of browsers that have loaded nothing before."""
    with contextlib.ExitStack() as opened:

        def page() -> Page:
            context = browser.new_context(**browser_context_args, storage_state=signed_in_state)
            opened.callback(context.close)
            return context.new_page()

        yield page


@pytest.fixture(scope="session")
def viewer_state(browser: Browser, product: Product) -> Any:
    """The cookies of a user who may only look at campaigns."""
    email = f"{uuid.uuid4().hex[:8]}@example.org"
    told = product.unisoft("user", "create", "--email", email, "--role", "secondary", "--first-name", "Vera")
    with contextlib.closing(sqlite3.connect(product.data_dir / "unisoft.db", timeout=30)) as database, database:
        (user_id,) = database.execute("SELECT id FROM user_account WHERE email = ?", [email]).fetchone()
        database.execute("INSERT INTO user_right (user_id, right) VALUES (?, 'campaigns.view')", [user_id])
    context = browser.new_context()
    sign_in(context.new_page(), product, email=email, password=told.rpartition(" ")[2])
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def viewer(browser: Browser, viewer_state: Any, browser_context_args: dict[str, Any]) -> Iterator[Page]:
    """A page of whoever may only look at campaigns."""
    context = browser.new_context(**browser_context_args, storage_state=viewer_state)
    yield context.new_page()
    context.close()
