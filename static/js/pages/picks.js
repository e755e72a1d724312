// Rows one can tick and act on together. [data-pick] boxes carry a value and data-name;
// a form marked data-takes-picked sends the ticked ones, under that attribute's value as their
// name ("tracks" where it has none). Ticks survive a polled swap.
(() => {
  "use strict";
  const NAMES = 12;
  const picked = new Map();
  const boxes = () => [...document.querySelectorAll("[data-pick]")];

  function show() {
    for (const count of document.querySelectorAll("[data-picked-count]")) count.textContent = picked.size;
    for (const button of document.querySelectorAll("[data-needs-picked]")) button.disabled = picked.size === 0;
    const all = document.querySelector("[data-pick-all]");
    if (!all) return;
    const shown = boxes();
    const ticked = shown.filter((box) => box.checked).length;
    all.checked = ticked > 0 && ticked === shown.length;
    all.indeterminate = ticked > 0 && ticked < shown.length;
  }

  function take(box) {
    if (box.checked) picked.set(box.value, box.dataset.name);
    else picked.delete(box.value);
  }

  // What is no longer shown is no longer chosen: nobody acts on rows they cannot see.
  function restore() {
    const shown = new Map(boxes().map((box) => [box.value, box]));
    for (const value of [...picked.keys()]) {
      if (shown.has(value)) shown.get(value).checked = true;
      else picked.delete(value);
    }
    show();
  }

  function fill(form) {
    form.querySelectorAll("input[data-picked]").forEach((field) => field.remove());
    for (const value of picked.keys()) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name: form.dataset.takesPicked || "tracks", value });
      field.dataset.picked = "";
      form.append(field);
    }
    const names = [...picked.values()];
    const rest = names.length - NAMES;
    const line = form.querySelector("[data-picked-names]");
    if (line) line.textContent = names.slice(0, NAMES).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
  }

  document.addEventListener("change", ({ target }) => {
    if (target.matches("[data-pick]")) take(target);
    else if (target.matches("[data-pick-all]")) boxes().forEach((box) => { box.checked = target.checked; take(box); });
    else return;
    show();
  });
  document.addEventListener("click", ({ target }) => {
    const opener = target.closest("[data-needs-picked]");
    const form = opener && document.querySelector(`#${CSS.escape(opener.dataset.dialogOpen)} form[data-takes-picked]`);
    if (form) fill(form);
  }, true);
  document.addEventListener("htmx:afterSettle", restore);
  // The browser may bring ticks back with the page.
  window.addEventListener("pageshow", () => { boxes().forEach(take); show(); });
})();
