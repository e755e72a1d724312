// The suite editor: the open case is saved before another is opened, keys move and save it,
// and both columns stay where they were scrolled to.
(() => {
  "use strict";
  const form = () => document.getElementById("case-form");
  let dirty = false;
  let after = null;   // what was clicked while something was not saved yet

  document.addEventListener("input", ({ target }) => { if (target.closest("#case-form")) dirty = true; });

  // [data-leaves-case]: what leads away from the open case. Typed text is saved on the way.
  document.addEventListener("click", (event) => {
    const leaving = event.target.closest("[data-leaves-case]");
    if (!leaving || !dirty || !form() || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    after = describe(leaving);
    form().requestSubmit(form().querySelector('[name="act"][value="save"]'));
  }, true);

  function describe(element) {
    const link = element.getAttribute("href");
    if (link) return `a[data-leaves-case][href="${CSS.escape(link)}"]`;
    if (element.dataset.dialogOpen) return `[data-dialog-open="${element.dataset.dialogOpen}"]`;
    return element.dataset.key ? `[data-key="${element.dataset.key}"]` : `#${element.id}`;
  }

  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.requestConfig?.verb !== "post") return;
    if (detail.successful) dirty = false;
    else after = null;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (dirty || !after) return;
    const next = document.querySelector(after);
    after = null;
    next?.click();
  });

  const scrolled = new Map();
  document.addEventListener("htmx:beforeSwap", () => {
    for (const box of document.querySelectorAll("[data-keep-scroll]")) scrolled.set(box.id, box.scrollTop);
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const [id, top] of scrolled) {
      const box = document.getElementById(id);
      if (box) box.scrollTop = top;
    }
  });

  // The answer to "Ask once" comes into sight by itself.
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    const tried = document.getElementById("tried");
    if (tried?.contains(detail.elt)) tried.scrollIntoView({ block: "nearest" });
  });

  document.addEventListener("keydown", (event) => {
    const open = form();
    if (!open || document.querySelector("dialog[open]")) return;
    const press = (act) => {
      event.preventDefault();
      open.requestSubmit(open.querySelector(`[name="act"][value="${act}"]`));
    };
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) press("save");
    else if (event.altKey && event.key === "ArrowUp") press("up");
    else if (event.altKey && event.key === "ArrowDown") press("down");
  });
})();
