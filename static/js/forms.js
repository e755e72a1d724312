// Forms: filters that apply themselves, a word before typed text is lost, and the demo sign-in.
(() => {
  "use strict";
  // Filter forms: an empty field has no place in the address.
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (!detail.elt.matches?.("form[data-filter]")) return;
    for (const [name, value] of [...detail.formData.entries()]) {
      if (value === "") detail.formData.delete(name);
    }
  });

  // data-guard: ask before leaving while something typed is not saved.
  const changed = new WeakSet();
  let leaving = false;
  document.addEventListener("input", ({ target }) => {
    const form = target.closest?.("form[data-guard]");
    if (form) changed.add(form);
  });
  document.addEventListener("submit", ({ target }) => {
    if (target.matches("form[data-guard]") && !target.hasAttribute("hx-post")) leaving = true;
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    const form = detail.elt.closest?.("form[data-guard]");
    const saved = detail.successful && detail.requestConfig?.verb === "post" && detail.elt === form;
    if (saved) changed.delete(form);
  });
  // The answer sends the reader on, so what was typed is saved.
  document.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
    if (detail.xhr.getResponseHeader("HX-Redirect")) leaving = true;
  });
  window.addEventListener("beforeunload", (event) => {
    const unsaved = [...document.querySelectorAll("form[data-guard]")].some((form) => changed.has(form));
    if (unsaved && !leaving) event.preventDefault();
  });

  // One act, one request: a second click while the first is on its way does nothing.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) event.preventDefault();
    else form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => {
    leaving = false;
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });

  // data-sign-in with data-username and data-password: the demo sign-in fills itself in.
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-sign-in]");
    if (!button) return;
    for (const name of ["username", "password"]) {
      document.getElementById(`id_${name}`).value = button.dataset[name];
    }
    document.getElementById("sign-in").focus();
  });
})();
