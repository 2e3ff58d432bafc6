// Brings files to the server, several at a time: a bar each, a way to cancel, and why one was refused.
// The page's state hears of a file only when the server has it, by its name there.
(() => {
  if (window.unisoftUploads) return;
  window.unisoftUploads = true;

  const MB = 1024 * 1024;
  const AT_ONCE = 3;
  const CROSS =
    '<svg width="16" height="16" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" ' +
    'stroke-linecap="round" aria-hidden="true"><path d="M18 6 6 18M6 6l12 12"/></svg>';
  const rows = new Set();
  const waiting = [];
  const arrived = new Map(); // ref → the upload whose row goes when the page shows the file
  let running = 0;

  const zone = () => document.querySelector("[data-uploads]");
  const words = (key, name) => JSON.parse(zone().dataset.words)[key].replace("{name}", name);
  const sentence = (code, limit) => {
    const known = JSON.parse(zone().dataset.errors);
    return (known[code] ?? known.upload_failed).replace("{limit_mb}", limit ?? "");
  };
  const say = (text) => {
    zone().querySelector("[data-upload-status]").textContent = text;
  };

  const draw = (upload) => {
    upload.row = document.createElement("li");
    const line = upload.row.appendChild(document.createElement("div"));
    line.className = "content-row";
    const name = line.appendChild(document.createElement("bdi"));
    name.className = "truncate upload-name";
    name.textContent = upload.name;
    upload.bar = line.appendChild(document.createElement("progress"));
    upload.bar.max = 100;
    upload.bar.value = 0;
    upload.bar.setAttribute("aria-label", words("uploading", upload.name));
    upload.part = line.appendChild(document.createElement("span"));
    upload.part.className = "small secondary tabular upload-part";
    upload.close = line.appendChild(document.createElement("button"));
    upload.close.type = "button";
    upload.close.className = "upload-close";
    upload.close.innerHTML = CROSS;
    upload.close.setAttribute("aria-label", words("cancel", upload.name));
    upload.close.addEventListener("click", () => cancel(upload));
    rows.add(upload);
    keepRows();
  };

  const forget = (upload) => {
    const hadFocus = upload.row.contains(document.activeElement);
    upload.row.remove();
    rows.delete(upload);
    if (hadFocus) document.getElementById("add-document")?.focus();
  };

  const cancel = (upload) => {
    const wasRunning = !upload.ended;
    upload.ended = true;
    upload.request?.abort();
    if (upload.ref) arrived.delete(upload.ref);
    forget(upload);
    if (wasRunning) say(words("cancelled", upload.name));
  };

  const refuse = (upload, code, limit) => {
    upload.ended = true;
    const place = document.createElement("p");
    place.className = "field-error";
    place.setAttribute("role", "alert");
    upload.bar.replaceWith(place);
    upload.part.remove();
    upload.close.setAttribute("aria-label", words("dismiss", upload.name));
    place.textContent = sentence(code, limit);
  };

  // The field belongs to the page's own scripts: it is written as a person would write into it.
  const tell = (ref) => {
    const field = zone().querySelector("[data-upload-ref]");
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, ref);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const answered = (upload) => {
    const { status, responseText } = upload.request;
    let answer = {};
    try {
      answer = JSON.parse(responseText);
    } catch {
      answer = { error: status === 413 ? "too_large" : "upload_failed" };
    }
    if (status !== 200) return refuse(upload, answer.error ?? "upload_failed", answer.limit_mb);
    upload.ended = true;
    upload.ref = answer.ref;
    upload.bar.value = 100;
    upload.bar.setAttribute("aria-label", words("adding", upload.name));
    arrived.set(answer.ref, upload);
    tell(answer.ref);
  };

  const next = () => {
    while (running < AT_ONCE && waiting.length) {
      const upload = waiting.shift();
      if (!upload.ended) send(upload);
    }
  };

  const send = (upload) => {
    running += 1;
    const request = (upload.request = new XMLHttpRequest());
    request.open("POST", "/uploads");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-File-Name", encodeURIComponent(upload.name));
    request.upload.addEventListener("progress", (event) => {
      const percent = event.total ? Math.floor((event.loaded / event.total) * 100) : 0;
      upload.bar.value = percent;
      upload.part.textContent = `${percent} %`;
    });
    request.addEventListener("load", () => zone() && answered(upload));
    request.addEventListener("error", () => zone() && refuse(upload, "unreachable"));
    request.addEventListener("loadend", () => {
      running -= 1;
      next();
    });
    request.send(upload.file);
  };

  const take = (files) => {
    for (const file of files) {
      const upload = { file, name: file.name.toWellFormed?.() ?? file.name, ended: false };
      draw(upload);
      const kind = file.type.startsWith("video/") ? "video" : "document";
      const limit = Number(zone().dataset[`${kind}Mb`]);
      if (file.size === 0) refuse(upload, "file_empty");
      // What looks like no video by its name may still be one: only the server judges that.
      else if (limit && file.size > limit * MB && (kind === "video" || file.type)) refuse(upload, `${kind}_too_large`, limit);
      else waiting.push(upload);
    }
    next();
  };

  // The page draws its parts anew when it likes; rows of ours go back into their list.
  const keepRows = () => {
    const list = zone()?.querySelector("[data-upload-list]");
    if (!list) return;
    for (const upload of rows) if (!list.contains(upload.row)) list.append(upload.row);
  };

  let shown = "";
  const look = () => {
    const place = zone();
    if (!place) return;
    keepRows();
    const fields = [...place.querySelectorAll('[data-content-list] input[type="hidden"]')];
    for (const field of fields) {
      const upload = field.name === "file" ? arrived.get(field.value) : undefined;
      if (!upload) continue;
      arrived.delete(field.value);
      forget(upload);
      say(words("added", upload.name));
    }
    // Rows that come and go are a change of the form like what is typed into it.
    const now = fields.map((field) => `${field.name}=${field.value}`).join("\n");
    if (now === shown) return;
    shown = now;
    place.querySelector("[data-content-list]").dispatchEvent(new Event("input", { bubbles: true }));
  };
  new MutationObserver(look).observe(document.documentElement, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["value"],
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-upload-pick]");
    if (button) zone().querySelector(`[data-upload-input="${button.dataset.uploadPick}"]`).click();
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-upload-input]")) return;
    take([...event.target.files]);
    event.target.value = "";
  });

  // Enter in a link's field finishes the link; it does not send the form.
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Enter" || event.isComposing || !event.target.matches("[data-link-field]")) return;
      event.preventDefault();
      const done = event.target.closest("li").querySelector("[data-link-done]");
      event.target.blur();
      done.click();
    },
    true,
  );

  const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const over = (isOver) => zone()?.toggleAttribute("data-over", isOver);
  document.addEventListener("dragover", (event) => {
    if (!zone() || !holdsFiles(event)) return;
    event.preventDefault(); // beside the block, too: the browser would leave the page for the file
    const isOver = zone().contains(event.target);
    event.dataTransfer.dropEffect = isOver ? "copy" : "none";
    over(isOver);
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) over(false);
  });
  document.addEventListener("drop", (event) => {
    if (!zone() || !holdsFiles(event)) return;
    event.preventDefault();
    over(false);
    if (zone().contains(event.target)) take([...event.dataTransfer.files]);
  });
})();
