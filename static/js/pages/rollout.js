// Opening a roll-out: ticking a row, or naming a segment or number, chooses that way.
(() => {
  "use strict";
  const WAY_OF = { variants: "ticked", segment: "segment", number: "smallest" };
  document.addEventListener("input", ({ target }) => {
    const form = target.closest?.("#rollout-form");
    const way = WAY_OF[target.name];
    if (!form || !way) return;
    const radio = form.querySelector(`[name="way"][value="${way}"]`);
    if (radio) radio.checked = true;
  }, true);
})();
