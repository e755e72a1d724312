// Toasts: notices in the corner that link to what happened. Errors and warnings stay
// until dismissed; the rest leave after a while, unless someone is reading them.
(() => {
  "use strict";
  const STAYS_MS = 8000;
  const box = () => document.getElementById("toasts");

  function watch(toast) {
    if (toast.dataset.watched) return;
    toast.dataset.watched = "yes";
    if (["error", "warning"].includes(toast.dataset.toast)) return;
    const leave = () => {
      if (toast.matches(":hover, :focus-within")) setTimeout(leave, STAYS_MS);
      else toast.remove();
    };
    setTimeout(leave, STAYS_MS);
  }

  // level: info, success, warning or error. The text is put in as text, never as markup.
  function show(level, text, url, link) {
    const patterns = document.getElementById("toast-patterns")?.content;
    const pattern = patterns?.querySelector(`[data-toast="${CSS.escape(level)}"]`);
    if (!pattern || !box()) return;
    const toast = pattern.cloneNode(true);
    const words = toast.querySelector(".toast-text");
    words.textContent = text;
    if (url) {
      const anchor = document.createElement("a");
      anchor.href = url;
      anchor.textContent = link || "See it";
      words.append(" ", anchor);
    }
    box().append(toast);
    watch(toast);
  }

  document.addEventListener("click", (event) => {
    event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove();
  });
  const watchAll = () => box()?.querySelectorAll("[data-toast]").forEach(watch);
  document.addEventListener("htmx:oobAfterSwap", watchAll);
  // A view may answer with the header HX-Trigger: {"toast": {"level", "text", "url", "link"}}.
  document.addEventListener("toast", ({ detail }) =>
    show(detail.level || "info", detail.text, detail.url, detail.link));
  watchAll();
  window.fleetToast = show;
})();
