// A fold that a fragment brings again keeps the state its reader gave it.
// <details data-stays-open="NAME">: one name per place on the page.
(() => {
  "use strict";
  const opened = new Set();
  document.addEventListener("toggle", ({ target }) => {
    const name = target.dataset?.staysOpen;
    if (!name) return;
    if (target.open) opened.add(name);
    else if (target.isConnected) opened.delete(name);
  }, true);
  document.addEventListener("htmx:afterSwap", () => {
    for (const fold of document.querySelectorAll("[data-stays-open]")) fold.open = opened.has(fold.dataset.staysOpen);
  });
})();
