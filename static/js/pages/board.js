// The board's acts on ticked rows. A button marked data-batch asks the server what the act would
// do with them; the answer is a dialog, which goes when it is closed. picks.js keeps the ticks.
(() => {
  "use strict";
  const ticked = () => [...document.querySelectorAll("[data-pick]:checked")].map((box) => box.value);
  const every = () => document.querySelector("[data-pick-every]");

  // One field with all ids: a form takes a thousand fields, a board holds more tracks.
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    const { batch } = detail.elt.dataset;
    if (!batch) return;
    detail.parameters.act = batch;
    detail.parameters.address = location.search.slice(1);
    detail.parameters.tracks = ticked().join(",");
    if (every()?.checked) detail.parameters.every = "1";
    detail.elt.closest("details[data-menu]")?.removeAttribute("open");
  });

  // A closed dialog would be opened again by the next poll.
  document.addEventListener("close", ({ target }) => {
    if (target.id === "batch") target.remove();
  }, true);

  document.addEventListener("change", ({ target }) => {
    const all = document.querySelector("[data-pick-all]");
    if (target.matches("[data-pick-every]") && all && all.checked !== target.checked) all.click();
    if (target.matches("[data-pick], [data-pick-all]") && !target.checked && every()) every().checked = false;
  });
})();
