"""What every page must stand."""

from __future__ import annotations

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_TARGETS = ":is(main, .topbar-start, [role=dialog]) :is(button, a[href], [role=tab], input, textarea):visible"
# The smallest side of what can be touched; labels are what is touched of their inputs.
_SMALL = """elements => elements
  .map(e => e.closest('label, .rt-TextFieldRoot') ?? e)
  .map(e => [e.getBoundingClientRect(), e.textContent.trim() || e.getAttribute('aria-label')])
  .filter(([box]) => box.height > 1 && Math.min(box.width, box.height) < 43.5)
  .map(([box, name]) => `${name} ${box.width}x${box.height}`)"""


# A colour that still changes is none to judge.
_AT_REST = """() => document.getAnimations().every(
  one => one.playState !== "running" || one.effect.getTiming().iterations === Infinity)"""


def broken_rules(page: Page) -> list[str]:
    """The rules of WCAG 2.2 AA that a machine can check and this page breaks."""
    page.wait_for_function(_AT_REST)
    found = Axe().run(page, options={"runOnly": _RULES})
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found.response["violations"] for node in rule["nodes"]]


def broken_rules_by_day_and_night(page: Page) -> list[str]:
    """The same in the light and in the dark colours."""
    broken: list[str] = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expect(page.locator("html")).to_have_class(re.compile(scheme))
        broken += [f"{scheme}: {rule}" for rule in broken_rules(page)]
    return broken


def too_small_for_fingers(page: Page) -> list[str]:
    """What can be touched and is smaller than 44 px."""
    return page.locator(_TARGETS).evaluate_all(_SMALL)


def sideways_px(page: Page) -> int:
    """How far the page scrolls sideways; 0 or less is right."""
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")
