// Buttons with data-copy="text", or data-copy-from="ID" for the text of an element.
(() => {
  "use strict";
  const SHOWN_MS = 1500;
  async function put(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    // Over plain http on another host the clipboard API is missing.
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("copy refused");
    return undefined;
  }
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (!button) return;
    event.preventDefault();
    const source = document.getElementById(button.dataset.copyFrom);
    const text = button.dataset.copy ?? source?.dataset.plain ?? source?.textContent ?? "";
    try {
      await put(text);
      button.classList.add("copied");
      document.getElementById("announcer").textContent = "Copied.";
      setTimeout(() => button.classList.remove("copied"), SHOWN_MS);
    } catch {
      window.fleetToast("warning", "The browser did not allow copying. Select the text and copy it by hand.");
    }
  });
})();
