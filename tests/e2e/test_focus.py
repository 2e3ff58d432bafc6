"""Where the focus goes when a dialog closes."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from unisoft_ui.states import focus

_PAGE = """
<main id="content" tabindex="-1"><button id="row">Ruth</button></main>
<div id="drawer" role="dialog" tabindex="0">Ruth's messages</div>
<script>
  const drawer = document.getElementById("drawer");
  document.addEventListener("focusin", (event) => drawer.isConnected && event.target !== drawer && drawer.focus());
  drawer.focus();
</script>
"""


def test_the_focus_waits_for_a_dialog_that_closes_slowly_and_takes_it_back(page: Page) -> None:
    page.set_content(_PAGE)
    expect(page.locator("#drawer")).to_be_focused()
    page.evaluate("setTimeout(() => drawer.remove(), 300)")
    page.evaluate(focus._SCRIPT % '["gone", "row", "content"]')
    expect(page.locator("#drawer")).to_have_count(0)
    expect(page.locator("#row")).to_be_focused()
