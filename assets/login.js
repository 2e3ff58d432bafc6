// Enhances the sign-in form; without it the form works as any HTML form does.
(() => {
  const ready = (form) => {
    const query = new URLSearchParams(location.search);
    form.elements.next.value = query.get("next") ?? "";
    if (query.get("error")) show(form, query.get("error"));
  };

  const show = (form, code) => {
    const known = [...form.querySelectorAll("[data-error]")];
    const wanted = known.find((element) => element.dataset.error === code);
    for (const element of known) element.hidden = element !== wanted;
    for (const name of ["email", "password"]) {
      const isWrong = code === "wrong_credentials";
      form.elements[name].toggleAttribute("aria-invalid", isWrong);
      if (isWrong) form.elements[name].setAttribute("aria-describedby", "sign-in-error");
    }
  };

  const send = async (form) => {
    const button = form.querySelector("[type=submit]");
    const body = new URLSearchParams(new FormData(form));
    button.disabled = true;
    show(form, "");
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: { accept: "application/json" } });
      const result = await answer.json();
      if (answer.ok) return location.assign(result.next);
      show(form, result.error ?? "unreachable");
      form.elements.password.focus();
    } catch {
      show(form, "unreachable");
    }
    button.disabled = false;
  };

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-sign-in]")) return;
    event.preventDefault();
    send(event.target);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-reveal]");
    if (!button) return;
    const field = button.closest("form").elements.password;
    const isShown = field.type === "password";
    field.type = isShown ? "text" : "password";
    button.classList.toggle("is-on", isShown);
    button.setAttribute("aria-label", isShown ? button.dataset.hide : button.dataset.show);
  });

  // The page is drawn by its own scripts, some moments later.
  const find = () => {
    const form = document.querySelector("form[data-sign-in]:not([data-ready])");
    if (!form) return;
    form.dataset.ready = "";
    ready(form);
  };
  new MutationObserver(find).observe(document.documentElement, { childList: true, subtree: true });
  find();
})();
