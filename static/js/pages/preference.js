// Blind comparison by keyboard: 1 or the left arrow, 2 or the right arrow, 0 for no difference.
(() => {
  "use strict";
  const CHOICES = { 1: "1", ArrowLeft: "1", 2: "2", ArrowRight: "2", 0: "0" };
  const lettersOn = () => !document.cookie.split("; ").includes("fleet_letters=off");
  const form = document.querySelector("[data-blind]");
  if (!form) return;
  document.getElementById("blind-question").focus({ preventScroll: true });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || document.querySelector("dialog[open]")) return;
    if (event.target.closest?.("input:not([type=hidden]), textarea, select") || !lettersOn()) return;
    const choice = CHOICES[event.key];
    if (!choice) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector(`[data-choice="${choice}"]`));
  });
  addEventListener("pageshow", ({ persisted }) => { if (persisted) location.reload(); });
  form.addEventListener("submit", () => {  // a second press must not be a second choice
    setTimeout(() => form.querySelectorAll("button").forEach((button) => { button.disabled = true; }));
  });
})();
