// Writing a message: what is put into a text here is typed, so that it can be undone and is measured like typing.
// A menu gives the focus back to its button when it closes; what was chosen is done then.
(() => {
  const editors = (window.richTexts ??= {});
  let chosen = null;

  const field = (id) => document.getElementById(id);
  const written = (id) => (editors[id] ? editors[id].text() : (field(id)?.value ?? ""));

  function typed(area, text, start, end) {
    area.focus();
    area.setSelectionRange(start, end);
    if (document.execCommand(text ? "insertText" : "delete", false, text)) return;
    area.setRangeText(text, start, end, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function insert(id, text) {
    if (editors[id]) return editors[id].insert(text);
    const area = field(id);
    typed(area, text, area.selectionStart, area.selectionEnd);
  }

  function rewrite(id, text) {
    if (editors[id]) return editors[id].rewrite(text);
    const area = field(id);
    if (area.value !== text) typed(area, text, 0, area.value.length);
  }

  function copy({ into, copyFrom, confirm }) {
    const text = written(copyFrom);
    if (!written(into).trim() || written(into) === text || window.confirm(confirm)) rewrite(into, text);
  }

  function replace({ into, replacements }) {
    const by = JSON.parse(replacements);
    const longestFirst = Object.keys(by).sort((a, b) => b.length - a.length);
    const parts = longestFirst.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    if (parts.length) rewrite(into, written(into).replace(new RegExp(parts.join("|"), "gu"), (found) => by[found]));
  }

  function afterwards(act) {
    chosen = act;
    const givenUp = () => {
      if (chosen !== act) return;
      if (document.querySelector("[role=menu]")) setTimeout(givenUp, 100); // a slow device still closes it
      else finish();
    };
    setTimeout(givenUp, 500); // a menu that never gave the focus back
  }

  function finish() {
    const act = chosen;
    chosen = null;
    if (act) act();
  }

  function turn(tab, key) {
    const tabs = [...tab.parentElement.querySelectorAll("[role=tab]:not([hidden])")];
    const forwards = getComputedStyle(tab).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const backwards = forwards === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
    const at = tabs.indexOf(tab), last = tabs.length - 1;
    const to = { [forwards]: at < last ? at + 1 : 0, [backwards]: at ? at - 1 : last, Home: 0, End: last }[key];
    if (to === undefined) return false;
    tabs[to].focus();
    tabs[to].click();
    return true;
  }

  window.messageForm = {
    // Only what is empty is filled.
    fillEmpty(id, text) {
      if (text && field(id) && !field(id).value.trim()) rewrite(id, text);
    },
    // Turn to the tab a field is in, and go there; false when it is in none that is hidden.
    reveal(target) {
      const panel = target.closest("[role=tabpanel][hidden]");
      if (!panel) return false;
      field(panel.getAttribute("aria-labelledby")).click();
      const until = performance.now() + 3000;
      const look = () => (panel.hidden && performance.now() < until ? requestAnimationFrame(look) : target.focus());
      look();
      return true;
    },
  };

  document.addEventListener("click", (event) => {
    const at = event.target.closest?.("[data-into]");
    if (!at || at.hasAttribute("data-disabled")) return;
    const data = { ...at.dataset };
    if (data.replacements) replace(data);
    else if (data.copyFrom) afterwards(() => copy(data));
    else if (data.insert) afterwards(() => insert(data.into, data.insert));
  });
  document.addEventListener("focusin", (event) => {
    if (chosen && event.target.closest?.("[data-menu]")) setTimeout(finish);
  });
  document.addEventListener("keydown", (event) => {
    const tab = event.target.closest?.(".message-tabs [role=tab]");
    if (tab && turn(tab, event.key)) event.preventDefault();
  });
})();
