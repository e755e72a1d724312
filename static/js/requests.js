// What happens around a request: a bar when it takes long (a form's too, until the next page
// is there), and for those of htmx a plain sentence when it fails, the focus back where it was after a swap, and progress said aloud.
(() => {
  "use strict";
  const SLOW_MS = 300;
  const SAY_EVERY_MS = 10000;
  let running = 0;
  let timer = null;

  function settleBar() {
    const bar = document.getElementById("busy");
    clearTimeout(timer);
    if (running === 0) bar.hidden = true;
    else timer = setTimeout(() => { bar.hidden = false; }, SLOW_MS);
  }
  // A polling fragment asks again and again; it shows its own progress.
  const polls = (element) => (element?.getAttribute?.("hx-trigger") || "").includes("every");
  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (!polls(detail.elt)) { running += 1; settleBar(); }
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!polls(detail.elt)) { running = Math.max(0, running - 1); settleBar(); }
  });
  // One approval is checked in a quarter of a second; fifty at once look like a dead button.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("hx-post")) return;
    running += 1;
    settleBar();
  });
  window.addEventListener("pageshow", () => { running = 0; settleBar(); });

  const SENTENCES = {
    400: "The server could not read what was sent. Reload the page and try again.",
    401: "You are signed out.",
    403: "You may not do this, or the page is too old. Reload it; if it stays so, ask an operator.",
    404: "This is no longer there. Reload the page to see what is.",
    410: "This is no longer there. Reload the page to see what is.",
    413: "This is too long to be saved. Shorten it and try again.",
    429: "Too many requests at once. Wait a moment and try again.",
  };
  const kept = "What you typed is still here.";
  document.addEventListener("htmx:responseError", ({ detail }) => {
    const { status } = detail.xhr;
    const kind = detail.xhr.getResponseHeader("Content-Type") || "";
    const said = status < 500 && kind.startsWith("text/plain") ? detail.xhr.responseText : "";
    const sentence = said || SENTENCES[status] ||
      "The server had a problem and the act was not finished. Try again; if it stays so, tell an operator.";
    window.fleetToast("error", `${sentence} ${kept}`);
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, ({ detail }) => {
      if (polls(detail.elt)) return;
      window.fleetToast("error", `The server cannot be reached. Check the connection and try again. ${kept}`);
    });
  }

  // Signed out meanwhile: the answer is the sign-in page. Never put it into a fragment.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const login = document.body.dataset.loginUrl;
    const answered = event.detail.xhr?.responseURL;
    if (!login || !answered || new URL(answered).pathname !== login) return;
    if (location.pathname === login) return;
    event.detail.shouldSwap = false;
    window.fleetToast("error", `You were signed out. ${kept} Sign in in another tab, then reload here.`,
      login, "Sign in");
  });

  // htmx keeps the focus on elements with an id; this covers rows and buttons without one.
  let lost = null;
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const active = document.activeElement;
    if (!active || active === document.body || !detail.target?.contains(active)) { lost = null; return; }
    const row = active.closest("[id]");
    lost = { target: detail.target.id, key: active.dataset.key, name: active.getAttribute("name"), row: row?.id };
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!lost) return;
    const was = lost;
    lost = null;
    if (document.activeElement && document.activeElement !== document.body) return;
    const scope = document.getElementById(was.target) || document;
    const found = (was.key && scope.querySelector(`[data-key="${CSS.escape(was.key)}"]`)) ||
      (was.name && scope.querySelector(`[name="${CSS.escape(was.name)}"]`)) ||
      (was.row && document.getElementById(was.row)) || document.getElementById("main");
    if (found && found.tabIndex < 0 && !found.hasAttribute("tabindex")) found.tabIndex = -1;
    found?.focus({ preventScroll: true });
  });

  // A progress that is polled every second would be read out every second.
  let said = 0;
  document.addEventListener("htmx:afterSettle", () => {
    const line = document.querySelector("[data-announce]");
    const over = line?.dataset.announce === "done";
    if (!line || (!over && Date.now() - said < SAY_EVERY_MS)) return;
    const announcer = document.getElementById("announcer");
    if (announcer.textContent !== line.textContent) announcer.textContent = line.textContent;
    said = Date.now();
  });
})();
