// The review page: a form under a line of the comparison, and what a typed time is in UTC.
(() => {
  "use strict";

  // A link "comment on line n" opens its form under that line; a form that is open stays.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-line-comment]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      openForm(link);
    }
    const cancel = event.target.closest("[data-comment-cancel]");
    if (cancel) {
      event.preventDefault();
      close(cancel.closest("tr"));
    }
  });

  function openForm(link) {
    const row = link.closest("tr");
    const open = [...document.querySelectorAll(".diff-threads")].find((one) => one.opener === link);
    if (open) return open.querySelector("textarea")?.focus();
    window.htmx.ajax("GET", link.getAttribute("href"), { source: row, target: row, swap: "afterend" }).then(() => {
      const form = row.nextElementSibling;
      form.opener = link;
      form.querySelector("textarea")?.focus();
    });
  }

  // What hangs under the line stays; only the form goes, and the focus returns to the line.
  function close(row) {
    const opener = row.opener;
    if (row.querySelector(".thread")) row.querySelector(".comment-form:not(.thread .comment-form)")?.remove();
    else row.remove();
    opener?.focus();
  }

  document.addEventListener("keydown", (event) => {
    const form = event.key === "Escape" && event.target.closest?.(".diff-threads .comment-form");
    if (form && !event.target.value) close(form.closest("tr"));
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.target.closest?.(".comment-form")?.requestSubmit();
    }
  });

  // How far a zone is from UTC at a moment, in ms, as the browser's own calendar has it.
  function offset(zone, at) {
    const parts = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
      hour: "numeric", minute: "numeric", second: "numeric",
    }).formatToParts(at);
    const part = Object.fromEntries(parts.map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second) - at.getTime();
  }

  function inUtc(local, zone) {
    const wall = Date.parse(`${local}Z`);
    if (Number.isNaN(wall)) return "";
    const guess = wall - offset(zone, new Date(wall));
    const at = new Date(wall - offset(zone, new Date(guess)));
    const words = at.toLocaleString("en-GB", { timeZone: "UTC", weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
    return `That is ${words} UTC.`;
  }

  function tell(field) {
    const from = document.getElementById(field.dataset.zoneFrom || "");
    const zone = from ? from.value : field.dataset.zone;
    document.getElementById(field.dataset.utcTo).textContent = field.value ? inUtc(field.value, zone) : "";
  }
  const fields = () => document.querySelectorAll("[data-utc-to]");
  document.addEventListener("input", ({ target }) => { if (target.matches("[data-utc-to]")) tell(target); });
  document.addEventListener("change", () => fields().forEach(tell));
  fields().forEach(tell);
})();
