// Comparisons: unchanged lines are folded away until someone asks for them or follows a link to
// one (#L12 before, #R12 after); a click on a line's number copies that link.
(() => {
  "use strict";
  const LINE = /^#[LR]\d+$/;

  // Show what a fold hides; its button is gone then.
  function unfold(fold) {
    const lines = fold.nextElementSibling;
    lines.hidden = false;
    fold.remove();
    return lines;
  }

  function show() {
    const place = LINE.test(location.hash) && document.getElementById(location.hash.slice(1));
    if (!place) return;
    const body = place.closest("tbody");
    if (body.hidden) unfold(body.previousElementSibling);
    for (const row of document.querySelectorAll(".diff tr[data-target]")) delete row.dataset.target;
    place.closest("tr").dataset.target = location.hash.charAt(1);
    place.scrollIntoView({ block: "center" });
  }

  async function copy(link) {
    try {
      await navigator.clipboard.writeText(link.href);
      document.getElementById("announcer").textContent = `${link.getAttribute("aria-label")} copied.`;
      link.classList.add("copied");
      setTimeout(() => link.classList.remove("copied"), 1500);
    } catch {
      // Without a clipboard the address bar still holds the link.
    }
  }

  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-unfold]");
    if (button) {
      const lines = unfold(button.closest("tbody"));
      lines.tabIndex = -1;
      lines.focus({ preventScroll: true });
    }
    const link = target.closest(".diff-no a");
    if (link) copy(link);
  });
  // Leaving a picker by Escape or by a click elsewhere closes it.
  document.addEventListener("keydown", (event) => {
    const picker = event.key === "Escape" && event.target.closest?.("details.picker[open]");
    if (!picker) return;
    event.preventDefault();
    picker.open = false;
    picker.querySelector("summary").focus();
  });
  document.addEventListener("click", ({ target }) => {
    for (const picker of document.querySelectorAll(".compare-side:has(.compare-what) details.picker[open]")) {
      if (!picker.contains(target)) picker.open = false;
    }
  });
  document.addEventListener("toggle", ({ target }) => {
    if (target.matches?.("details.picker[open]")) target.querySelector("input")?.focus();
  }, true);
  window.addEventListener("hashchange", show);
  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("htmx:afterSettle", ({ target }) => { if (target.id === "main") show(); });
})();
