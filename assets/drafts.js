// The form of a draft: what is written is kept every few seconds, and shown beside it when the typing pauses.
// The form is the truth; this script reads it, presses its buttons, and stores nothing.
(() => {
  if (window.draftForm) return; // the page was visited before
  const EVERY_MS = 3000;
  const AGAIN_AFTER_MS = 30000; // without an answer, as after a lost connection
  const STORED = ["keep", "save", "validate"];
  const SHOW_AFTER_MS = 400; // of quiet
  const REOPEN_AFTER_MS = 5000;
  let saved = null, shown = null, seen = null, touched = false;
  // What was sent and has no answer yet, by its number; the last that was refused is not sent again unchanged.
  const unanswered = new Map();
  let turn = 0, sentAt = 0, refused = null;
  let openedAt = "", goneSince = 0;

  const form = () => document.getElementById("campaign-form");
  const written = () => {
    const data = new FormData(form());
    for (const name of ["purpose", "turn", "test_address_beside", "test_address_sheet"]) data.delete(name); // no part of the draft
    return new URLSearchParams(data).toString();
  };
  const isDirty = () => form() !== null && saved !== null && written() !== saved;

  function keep() {
    if (!isDirty() || written() === refused) return;
    if (unanswered.size && Date.now() - sentAt < AGAIN_AFTER_MS) return;
    document.getElementById("keep-draft").click();
  }

  // Called before the form is read for sending.
  function number() {
    form().elements.turn.value = String(++turn);
    unanswered.set(turn, written());
    sentAt = Date.now();
  }

  // Shown beside the form once the typing pauses.
  function show() {
    if (!form()) { shown = seen = null; return; }
    const now = written(), button = document.getElementById("show-draft");
    if (button && now === seen && now !== shown) { shown = now; button.click(); }
    seen = now;
  }

  // The server has forgotten this page, as when its memory of open pages was emptied: loaded again, the page opens
  // what was kept.
  function reopen() {
    const waits = document.querySelector(".editor [aria-busy=true]") !== null;
    if (form()) openedAt = window.location.href;
    if (!waits || openedAt !== window.location.href) goneSince = 0;
    else if (!goneSince) goneSince = Date.now();
    else if (Date.now() - goneSince > REOPEN_AFTER_MS) window.location.reload();
  }

  window.draftForm = {
    isDirty,
    // A form appeared; how it stands is how it is stored.
    opened() {
      saved = written();
      shown = refused = null;
      unanswered.clear();
      // An editor writes its field once more in its own way; what a person did meanwhile is work.
      const opened = form();
      touched = false;
      setTimeout(() => { if (form() === opened && !touched) saved = written(); }, 1000);
    },
    // The server has stored what was sent with a number; a reload opens it.
    accepted(address, answered) {
      if (unanswered.has(answered)) saved = unanswered.get(answered);
      for (const older of [...unanswered.keys()]) if (older <= answered) unanswered.delete(older);
      refused = null;
      if (address && form()) window.history.replaceState(window.history.state, "", address);
    },
    // It has not stored it. Sent again unchanged it would not be either, unless the server was only busy.
    refused(answered, isBusy) {
      if (!isBusy) refused = unanswered.get(answered) || null;
      unanswered.delete(answered);
    },
    // What is written here is given up.
    forget() {
      saved = null;
    },
    // Press one of the buttons.
    send(purpose) {
      for (const place of ["desktop", "phone"]) {
        const button = document.getElementById(`${purpose}-${place}`);
        if (button && button.offsetParent !== null) return button.click();
      }
    },
    // Open the part of the form that holds an error, and go there.
    show(field) {
      const target = document.querySelector(`[data-error-for=${field}]`);
      const part = target && target.closest("details");
      if (part) part.open = true;
      if (target && !window.messageForm?.reveal(target)) target.focus();
    },
  };

  for (const act of ["pointerdown", "keydown", "input", "change"]) {
    document.addEventListener(act, (event) => { touched = touched || event.isTrusted; }, true);
  }
  // Enter in a field presses the first button of the form, as the mouse would.
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-purpose]");
    if (button && form()) {
      form().elements.purpose.value = button.dataset.purpose;
      if (STORED.includes(button.dataset.purpose)) number();
    }
  }, true);
  document.addEventListener("visibilitychange", () => { if (document.hidden) keep(); });
  setInterval(keep, EVERY_MS);
  setInterval(show, SHOW_AFTER_MS);
  setInterval(reopen, SHOW_AFTER_MS);
  if (form()) window.draftForm.opened(); // it was there first
})();
