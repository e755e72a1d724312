// The jump palette: Ctrl-K, type a few letters, arrows, Enter.
(() => {
  "use strict";
  const dialog = document.getElementById("jump");
  if (!dialog) return;
  const input = document.getElementById("jump-input");
  const results = document.getElementById("jump-results");
  const options = () => [...results.querySelectorAll("a[role=option]")];

  function open() {
    if (dialog.open) return;
    dialog.showModal();
    input.select();
    input.dispatchEvent(new Event("jump-opened"));
  }

  function mark(option) {
    for (const other of options()) other.setAttribute("aria-selected", String(other === option));
    if (!option) { input.removeAttribute("aria-activedescendant"); return; }
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  input.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = at + (event.key === "ArrowDown" ? 1 : -1);
      mark(all[Math.min(all.length - 1, Math.max(0, next))]);
    } else if (event.key === "Escape") {
      event.preventDefault();  // a search field would only empty itself
      dialog.close();
    } else if (event.key === "Enter") {
      event.preventDefault();
      (all[at] || all[0])?.click();
    }
  });
  results.addEventListener("htmx:afterSettle", () => mark(options()[0]));
  document.addEventListener("click", ({ target }) => { if (target.closest("[data-jump-open]")) open(); });
  window.fleetJump = open;
})();
