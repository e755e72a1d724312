// Small helps around a slot's value: undo in a notice, ready words by a click, a number by steps.
(() => {
  "use strict";
  // A notice with buttons: Undo, which puts back what was there, and others by their words.
  window.fleetUndo = (text, undo, others = {}) => {
    window.fleetToast("info", text);
    const notice = [...document.querySelectorAll("#toasts [data-toast]")].at(-1);
    for (const [words, act] of Object.entries({ Undo: undo, ...others })) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: words });
      button.className = "link-button";
      button.addEventListener("click", () => { notice.remove(); act(); });
      notice?.querySelector(".toast-text").append(" ", button);
    }
  };

  const changed = (field) => field.dispatchEvent(new Event("input", { bubbles: true }));

  // What the text becomes: lists take what they have not yet, free text goes on a new line.
  function withWords(field, words, others) {
    const text = field.value;
    if (!text.trim() || others.includes(text)) return words;
    if (field.hasAttribute("data-number-slot")) return words;
    if (field.closest("[data-slot-editor]")?.dataset.slotEditor !== "list") return `${text}\n${words}`;
    const there = new Set(text.split("\n"));
    return [text, ...words.split("\n").filter((line) => !there.has(line))].join("\n");
  }

  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-ask]");
    const field = button && document.getElementById(button.dataset.for);
    if (!field) return;
    const others = [...button.parentElement.querySelectorAll("[data-ask]")].map((one) => one.dataset.ask);
    const before = field.value;
    const after = withWords(field, button.dataset.ask, others);
    if (after === before) window.fleetToast("info", `“${button.dataset.askLabel}” is there already.`);
    else put(button, field, before, after);
  });

  function put(button, field, before, after) {
    const { ask: words, askLabel: label } = button.dataset;
    const write = (text) => { field.value = text; changed(field); };
    write(after);
    // Typed on meanwhile: only the ready words go.
    const undo = () => {
      write(field.value === after ? before : field.value.replace(words, "").trim());
      button.focus();
    };
    const isAdded = before.trim() && after.startsWith(before);
    const instead = { "Use it instead of mine": () => put(button, field, before, words) };
    window.fleetUndo(`“${label}” ${isAdded ? "added below your text" : "put in"}.`, undo, isAdded ? instead : {});
  }

  // Numbers: plus, minus and the arrow keys, within the limits; Enter does not send the form.
  const plain = (number) => String(Number(number.toFixed(6)));
  function step(field, direction) {
    const { low, high, step: size } = field.dataset;
    const from = Number(field.value || field.dataset.default || low || 0);
    if (!Number.isFinite(from)) return;
    let to = from + direction * Number(size);
    if (low) to = Math.max(to, Number(low));
    if (high) to = Math.min(to, Number(high));
    field.value = plain(to);
    changed(field);
  }
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-step-by]");
    if (button) step(document.getElementById(button.dataset.for), Number(button.dataset.stepBy));
  });
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.("[data-number-slot]")) return;
    if (event.key === "ArrowUp" || event.key === "ArrowDown") step(event.target, event.key === "ArrowUp" ? 1 : -1);
    else if (event.key !== "Enter") return;
    event.preventDefault();
  });

  // What needs JavaScript is shown by JavaScript.
  for (const part of document.querySelectorAll("[data-asks], [data-step-by]")) part.hidden = false;
})();
