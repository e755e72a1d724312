// Comparisons: unchanged lines are folded away until someone asks for them.
(() => {
  "use strict";
  function unfold(button) {
    const fold = button.closest("tbody");
    const lines = fold.nextElementSibling;
    lines.hidden = false;
    fold.remove();
    lines.tabIndex = -1;
    lines.focus({ preventScroll: true });
  }
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-unfold]");
    if (button) unfold(button);
  });
})();
