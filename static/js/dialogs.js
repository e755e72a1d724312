// Dialogs and menus. A button with data-dialog-open="ID" opens <dialog id="ID">;
// data-dialog-close closes the one around it; data-dialog-now opens it with the page.
(() => {
  "use strict";
  function open(id) {
    const dialog = document.getElementById(id);
    if (!dialog || dialog.open) return;
    dialog.showModal();
    dialog.querySelector("[data-first]")?.focus();
  }
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog-open]");
    if (opener) open(opener.dataset.dialogOpen);
    event.target.closest("[data-dialog-close]")?.closest("dialog").close();
    // The backdrop belongs to the dialog element itself: its content is a child.
    if (event.target instanceof HTMLDialogElement && !event.target.querySelector("textarea")) event.target.close();
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  const openNow = () => document.querySelectorAll("dialog[data-dialog-now]").forEach(({ id }) => open(id));
  document.addEventListener("htmx:afterSettle", openNow);
  openNow();
})();
