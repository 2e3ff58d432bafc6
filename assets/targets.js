// The keys of the fields of chips: a combobox whose list the server fills. Which option is active is known here alone.
(() => {
  if (window.targetFields) return;
  window.targetFields = true;
  const fieldOf = (element) => element.closest && element.closest("[data-tokens]");
  const options = (field) => [...field.querySelectorAll("[role=option]")];
  const active = (field) => options(field).find((option) => option.getAttribute("aria-selected") === "true");

  function activate(field, option) {
    const input = field.querySelector("[role=combobox]");
    options(field).forEach((other) => other.setAttribute("aria-selected", String(other === option)));
    if (!option) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  // What can be chosen without typing.
  function open(field) {
    const input = field.querySelector("[role=combobox]");
    if (!input.value && !options(field).length) field.querySelector(".hits-open").click();
  }

  function move(field, by) {
    const all = options(field);
    if (!all.length) return open(field);
    const at = all.indexOf(active(field));
    const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : (at + by + all.length) % all.length;
    activate(field, all[next]);
  }

  function escape(field, input, event) {
    if (!options(field).length && !input.value) return;
    event.stopPropagation();
    input.value = "";
    activate(field, null);
    field.querySelector(".hits-close").click();
  }

  function pressed(event) {
    const input = event.target, field = fieldOf(input);
    if (!field || input.getAttribute("role") !== "combobox" || event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(field, event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault(); // here it chooses, and saves nothing
      const option = active(field) || options(field)[0];
      if (option) option.click();
    } else if (event.key === "Escape") {
      escape(field, input, event);
    } else if (event.key === "Backspace" && !input.value) {
      const chips = field.querySelectorAll(".token-remove");
      if (chips.length) chips[chips.length - 1].click();
    }
  }

  document.addEventListener("keydown", pressed, true);
  document.addEventListener("input", (event) => {
    if (event.target.getAttribute("role") === "combobox" && fieldOf(event.target)) activate(fieldOf(event.target), null);
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.getAttribute("role") === "combobox" && fieldOf(event.target)) open(fieldOf(event.target));
  });
  // An option is pressed without taking the focus out of the field.
  document.addEventListener("mousedown", (event) => {
    if (event.target.closest(".hits")) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const field = fieldOf(event.target);
    if (!field) return;
    const input = field.querySelector("[role=combobox]");
    const chose = event.target.closest("[role=option]");
    if (event.target === input || event.target.matches(".tokens, .field-label")) open(field);
    if (chose) {
      input.value = "";
      activate(field, null);
    }
    // The chip that had the focus is gone; by mouse or finger the keyboard of a phone stays away.
    const removed = event.target.closest(".token-remove");
    if (chose || event.target.matches(".tokens, .field-label") || (removed && event.detail === 0)) input.focus();
  });
})();
