// Keyboard short cuts. A page offers one by data-key="e" on a link or button (a, e and r are
// named in the help dialog); n and p walk the elements marked data-change.
(() => {
  "use strict";
  // WCAG 2.1.4: single characters can be switched off, in the help dialog. A cookie keeps it.
  const COOKIE = "fleet_letters";
  const YEAR = 31536000;
  const lettersOn = () => !document.cookie.split("; ").includes(`${COOKIE}=off`);
  function switchLetters(on) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${COOKIE}=${on ? "on" : "off"}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
  }

  const typing = (element) => element.closest?.("input, textarea, select, [contenteditable=true]");

  function search() {
    const field = document.querySelector("[data-search], input[type=search]:not(#jump-input)");
    if (!field) return window.fleetJump?.();
    field.focus();
    return field.select();
  }

  // A row of a list may have its own target for a letter: [data-row-key] in the chosen row.
  function press(letter) {
    const own = document.querySelector(`[data-chosen] [data-row-key="${letter}"]`);
    if (own) { own.click(); return true; }
    const target = [...document.querySelectorAll(`[data-key="${letter}"]`)].find((element) => element.offsetParent);
    target?.focus();  // where a dialog gives the focus back to
    target?.click();
    return Boolean(target);
  }

  function change(by) {
    const all = [...document.querySelectorAll("[data-change]")].filter((element) => element.offsetParent);
    if (!all.length) return false;
    const at = all.findIndex((element) => element.hasAttribute("data-here"));
    const next = (at + by + all.length + (at < 0 && by < 0 ? 1 : 0)) % all.length;
    all.forEach((element, index) => element.toggleAttribute("data-here", index === next));
    all[next].scrollIntoView({ block: "center" });
    all[next].tabIndex = -1;
    all[next].focus({ preventScroll: true });
    document.getElementById("announcer").textContent = `Change ${next + 1} of ${all.length}`;
    return true;
  }

  const KEYS = {
    "/": () => { search(); return true; },
    "?": () => { document.getElementById("keys")?.showModal(); return true; },
    j: () => window.fleetStep(1),
    k: () => window.fleetStep(-1),
    n: () => change(1),
    p: () => change(-1),
    a: () => press("a"),
    e: () => press("e"),
    r: () => press("r"),
  };

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      if (window.fleetJump) { event.preventDefault(); window.fleetJump(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!lettersOn() || typing(event.target) || document.querySelector("dialog[open]")) return;
    if (KEYS[event.key]?.()) event.preventDefault();
  });
  for (const box of document.querySelectorAll("[data-letters]")) box.checked = lettersOn();
  document.addEventListener("change", ({ target }) => {
    if (target.matches("[data-letters]")) switchLetters(target.checked);
  });
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-change-step]");
    if (button) change(Number(button.dataset.changeStep));
  });
})();
