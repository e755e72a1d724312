// Lists one can walk with the keyboard: [data-list] holds rows (tbody tr, or [data-item]).
// One row at a time is in the tab order; Enter opens its first link.
(() => {
  "use strict";
  const rows = (list) => [...list.querySelectorAll("tbody tr, [data-item]")].filter((row) => row.offsetParent);
  const key = (row) => row.id || row.querySelector("a[href]")?.getAttribute("href");
  let chosen = null;

  function choose(list, row) {
    for (const other of rows(list)) {
      other.tabIndex = other === row ? 0 : -1;
      other.toggleAttribute("data-chosen", other === row);
    }
    chosen = key(row);
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  // Which list j and k walk: the one in focus, else the first of the page.
  function current() {
    return document.activeElement?.closest("[data-list]") || document.querySelector("[data-list]");
  }

  function step(by) {
    const list = current();
    const all = list ? rows(list) : [];
    if (!all.length) return false;
    const at = all.findIndex((row) => row.hasAttribute("data-chosen"));
    const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by));
    choose(list, all[next]);
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.hasAttribute?.("data-chosen")) return;
    event.target.querySelector("a[href]")?.click();
  });
  // After a swap the chosen row is found again by its id or its link.
  document.addEventListener("htmx:afterSettle", () => {
    const list = document.querySelector("[data-list]");
    const row = list && chosen && rows(list).find((candidate) => key(candidate) === chosen);
    if (row) { row.tabIndex = 0; row.setAttribute("data-chosen", ""); }
  });
  window.fleetStep = step;
})();
