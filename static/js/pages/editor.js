// The overlay form: findings one can go to, one slot at a time or all, tabs in the address, keys.
(() => {
  "use strict";
  const form = document.querySelector("form[data-editor]");
  if (!form) return;
  const places = () => [...form.querySelectorAll("[data-slot-place]")];
  const say = (words) => { document.getElementById("announcer").textContent = words; };

  // 1 The address holds the tab and the slot in sight.
  function remember(key, value) {
    const url = new URL(location.href);
    if (value) url.searchParams.set(key, value);
    else url.searchParams.delete(key);
    history.replaceState(history.state, "", url);
  }
  function tabOpened() {
    const body = document.getElementById("overlay-body");
    remember("tab", body.dataset.tab);
    for (const part of document.querySelectorAll("[data-for-tab]")) part.hidden = part.dataset.forTab !== body.dataset.tab;
  }
  // A check of what is typed may take the place of a view that was asked for: it asks for that too.
  document.addEventListener("click", (event) => {
    const tab = event.target.closest("#overlay-tabs [data-tab]");
    if (tab) form.elements.namedItem("tab").value = tab.dataset.tab;
  }, true);
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (detail.target?.id === "overlay-body" || detail.elt?.id === "overlay-body") tabOpened();
  });
  // A check brings every part again; what reads the same stays, with its focus and its place.
  document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
    const [now, next] = [detail.target, detail.fragment.firstElementChild];
    if (now && next && now.id === next.id && now.isEqualNode(next)) detail.shouldSwap = false;
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-open-tab]");
    if (!link) return;
    event.preventDefault();
    document.getElementById(`tab-${link.dataset.openTab}`)?.click();
    document.getElementById("overlay-right").scrollIntoView({ block: "nearest" });
  });

  // 2 One slot at a time.
  function see(name, focus = true) {
    const all = places();
    const at = all.findIndex((place) => place.dataset.slotPlace === name);
    all.forEach((place) => { place.hidden = at >= 0 && place.dataset.slotPlace !== name; });
    const nav = document.getElementById("slot-steps");
    nav.querySelector('[data-slot-step="all"]').toggleAttribute("aria-current", at < 0);
    nav.querySelector('[data-slot-step="one"]').toggleAttribute("aria-current", at >= 0);
    nav.querySelectorAll("[aria-current]").forEach((link) => link.setAttribute("aria-current", "true"));
    nav.querySelector("[data-slot-walk]").hidden = at < 0;
    for (const by of [-1, 1]) {
      const link = nav.querySelector(`[data-slot-step="${by}"]`);
      const to = at < 0 ? null : all[at + by];
      link.hidden = !to;
      if (to) { link.dataset.to = to.dataset.slotPlace; link.querySelector("span").textContent = to.dataset.slotLabel; }
    }
    form.elements.slot.value = at < 0 ? "" : name;
    remember("slot", at < 0 ? "" : name);
    document.dispatchEvent(new CustomEvent("editor:shown"));
    if (at >= 0) say(`${all[at].dataset.slotLabel}, slot ${at + 1} of ${all.length}`);
    if (focus && at >= 0) all[at].querySelector("textarea, input, select, button")?.focus();
  }
  function step(by) {
    const all = places();
    const at = all.findIndex((place) => place.dataset.slotPlace === form.elements.slot.value);
    const to = at < 0 ? all[by > 0 ? 0 : all.length - 1] : all[at + by];
    if (to) see(to.dataset.slotPlace);
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-slot-step]");
    if (!link) return;
    event.preventDefault();
    const kind = link.dataset.slotStep;
    if (kind === "all") see("");
    else if (kind === "one") see(form.elements.slot.value || places()[0].dataset.slotPlace);
    else step(Number(kind));
  });

  // 3 Going to a finding selects its words. Where an editor is drawn over the text (a list, a
  // glossary), that is the row that holds them; where neither can be, the first control.
  function select(field, start, end, index) {
    field.focus({ preventScroll: true });
    field.setSelectionRange(start, end);
    const top = window.fleetMarkPlace(field, index);
    if (top !== null) field.scrollTop = Math.max(0, top - field.clientHeight / 3);
    field.scrollIntoView({ block: "nearest" });
  }
  function go(field, start, end, index) {
    const place = field.closest("[data-slot-place]");
    if (place?.hidden) see(place.dataset.slotPlace, false);
    if (field.matches("textarea") && field.offsetParent) { select(field, start, end, index); return; }
    const words = (field.value || "").slice(start, end);
    const cells = [...place.querySelectorAll("[data-cell], input, select, textarea")].filter((cell) => cell.offsetParent);
    const cell = cells.find(({ value }) => words && value?.includes(words));
    const at = cell && cell.setSelectionRange ? cell.value.indexOf(words) : -1;
    if (at >= 0 && cell.matches("textarea, [type=text]")) select(cell, at, at + words.length, -1);
    else (cell || cells[0])?.focus();
  }
  document.addEventListener("click", (event) => {
    const finding = event.target.closest("[data-finding-field]");
    if (!finding || event.target.closest("button, a:not([href^='#'])")) return;
    const field = document.getElementById(finding.dataset.findingField);
    if (!field) return;
    event.preventDefault();
    const points = finding.dataset.findingSpan.split(",").map(Number);
    const [start, end] = window.fleetUnits(field.value || "", points);
    const mark = window.fleetMarks().find((one) => one.field === field && one.start === start && one.end === end);
    go(field, start, end, mark?.index);
  });
  let last = null;   // where an editor is drawn over the text there is no caret in the text
  function finding(by) {
    const all = window.fleetMarks();
    if (!all.length) return say("No finding is marked in the text.");
    const active = document.activeElement;
    const fields = [...form.querySelectorAll("textarea[data-slot]")];
    const own = active?.closest?.("[data-slot-place]")?.querySelector("textarea[data-slot]");
    const drawn = own && own !== active ? last?.start ?? -1 : active?.selectionStart ?? -1;
    const here = [fields.indexOf(own), drawn];
    const order = ({ field, start }) => [fields.indexOf(field), start];
    const after = (mark) => { const [f, s] = order(mark); return f > here[0] || (f === here[0] && s > here[1]); };
    const before = (mark) => { const [f, s] = order(mark); return f < here[0] || (f === here[0] && s < here[1]); };
    const next = (by > 0 ? all.find(after) : all.findLast(before)) || (by > 0 ? all[0] : all[all.length - 1]);
    go(next.field, next.start, next.end, next.index);
    last = next;
    return say(`Finding ${all.indexOf(next) + 1} of ${all.length}: ${next.message}`);
  }

  // 4 Keys. Each has a button that does the same.
  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const dialog = document.querySelector("dialog[open]");
    const control = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if (control && event.key.toLowerCase() === "s") {
      event.preventDefault();
      document.querySelector("[data-save]").click();
    } else if (control && event.key === "Enter" && !dialog) {
      event.preventDefault();
      document.querySelector("[data-submit-open]").click();
    } else if (event.key === "F8" && !dialog && !event.ctrlKey && !event.altKey) {
      event.preventDefault();
      finding(event.shiftKey ? -1 : 1);
    } else if (event.altKey && !dialog && (event.key === "PageUp" || event.key === "PageDown")) {
      event.preventDefault();
      step(event.key === "PageUp" ? -1 : 1);
    }
  });
})();
