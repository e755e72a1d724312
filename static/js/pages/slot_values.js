// Small helps around a slot's value: undo in a notice, ready words by a click, a number by steps.
(() => {
  "use strict";
  // A notice with an Undo button. `undo` puts back what was there.
  window.fleetUndo = (text, undo) => {
    window.fleetToast("info", text);
    const notice = [...document.querySelectorAll("#toasts [data-toast]")].at(-1);
    const words = notice?.querySelector(".toast-text");
    if (!words) return;
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Undo" });
    button.className = "link-button";
    button.addEventListener("click", () => { notice.remove(); undo(); });
    words.append(" ", button);
  };

  const changed = (field) => field.dispatchEvent(new Event("input", { bubbles: true }));

  // What the text becomes: lists take what they have not yet, free text goes on a new line.
  function withWords(field, words, others) {
    const text = field.value;
    if (!text.trim() || others.includes(text)) return words;
    if (field.dataset.slot && !field.closest("[data-slot-editor]")) return `${text}\n${words}`;
    const kind = field.closest("[data-slot-editor]")?.dataset.slotEditor;
    if (!kind) return words;
    if (kind !== "list") return `${text}\n${words}`;
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
    const label = button.dataset.askLabel;
    if (after === before) return window.fleetToast("info", `“${label}” is there already.`);
    field.value = after;
    changed(field);
    const how = before.trim() && after.startsWith(before) ? "added below your text" : "put in";
    window.fleetUndo(`“${label}” ${how}.`, () => {
      // Typed on meanwhile: only the ready words go.
      field.value = field.value === after ? before : field.value.replace(button.dataset.ask, "").trim();
      changed(field);
      button.focus();
    });
  });

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
