// Who else has this overlay open. The page gives a sign of life every 10 s while it is in sight;
// whoever is silent for 30 s counts as gone.
(() => {
  "use strict";
  const EVERY_MS = 10000;
  const form = document.querySelector("form[data-editor]");
  if (!form) return;
  const box = document.getElementById("visitors");
  const pattern = document.getElementById("visitor-pattern").content.firstElementChild;
  let told = "";

  function show(others) {
    const now = JSON.stringify(others);
    if (now === told) return;   // a status that is written anew is read out anew
    told = now;
    box.replaceChildren(...others.map(({ name, since }) => {
      const one = pattern.cloneNode(true);
      one.querySelector("[data-who]").textContent = name;
      const time = one.querySelector("[data-when]");
      time.dateTime = since;
      time.textContent = window.fleetClock(since);
      time.title = new Date(since).toLocaleString();
      return one;
    }));
  }

  // Somebody else saved meanwhile: better said now than at the next save.
  function compare(saved) {
    if (!saved || saved.edition <= Number(form.elements.edition.value) || window.fleetSaving?.()) return;
    if (String(saved.by_id) === form.dataset.me && !window.fleetUnsaved()) return;
    window.fleetTheySaved(`${saved.by} saved this overlay at ${window.fleetClock(saved.at)} while you had it open.`);
  }

  async function beat() {
    if (document.visibilityState !== "visible") return;
    const body = new URLSearchParams({ csrfmiddlewaretoken: form.querySelector("[name=csrfmiddlewaretoken]").value });
    const edition = form.elements.edition.value;
    try {
      const answer = await fetch(form.dataset.visitUrl, { method: "POST", body });
      if (!answer.ok || answer.redirected) return;
      const found = await answer.json();
      show(found.others);
      if (edition === form.elements.edition.value) compare(found.saved);
    } catch { /* the save says when the server cannot be reached */ }
  }
  function leave() {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
    body.set("left", "1");
    navigator.sendBeacon(form.dataset.visitUrl, body);
  }
  window.addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", beat);
  document.addEventListener("submit", ({ target }) => { if (target === form) box.dataset.left = "yes"; });
  setInterval(beat, EVERY_MS);
  beat();
})();
