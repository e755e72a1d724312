// A finding's fix, put into the field it is about. The span counts code points of the text as
// it was checked; where the text has changed since, the quoted words are looked for instead.
(() => {
  "use strict";
  function replaced(text, from, to, quote, by) {
    const points = Array.from(text);
    const start = quote.replace(/…$/, "");     // a long quote is cut short
    if (points.slice(from, to).join("").startsWith(start)) {
      return points.slice(0, from).join("") + by + points.slice(to).join("");
    }
    const at = text.indexOf(quote);
    return at < 0 ? null : text.slice(0, at) + by + text.slice(at + quote.length);
  }

  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-fix-field]");
    const field = button && document.getElementById(button.dataset.fixField);
    if (!field) return;
    const [from, to] = button.dataset.fixSpan.split(",").map(Number);
    const text = replaced(field.value, from, to, button.dataset.fixQuote, button.dataset.fixText);
    if (text === null) {
      window.fleetToast("warning", "The text has changed since it was checked. Look at the finding again.");
      return;
    }
    field.focus();
    field.select();
    // insertText keeps the browser's undo; setting the value is the fallback.
    if (!document.execCommand("insertText", false, text)) field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
