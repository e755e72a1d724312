// The draft saves itself: 2 s after the last key, when the field is left and when the page goes
// out of sight. One save at a time; what was typed meanwhile goes with the next. A refused save
// never touches what is typed.
(() => {
  "use strict";
  const PAUSE_MS = 2000;
  const RETRY_MS = 10000;
  const MOST_WITH_KEEPALIVE = 60000;  // bytes; the browser refuses more while a page goes away
  const form = document.querySelector("form[data-editor]");
  if (!form) return;
  const state = document.getElementById("save-state");
  const problem = document.getElementById("save-problem");
  let timer = null;
  let running = null;
  let stopped = false;   // somebody else saved: a person decides
  let theirs = "";       // what is said of it while nothing was typed here yet
  let leaving = false;
  let saved = served();

  // A slot is a text area, a chosen radio button or a number: what counts is what would be sent.
  function texts() {
    return JSON.stringify([...new FormData(form)].filter(([name]) => name.startsWith("slot-")));
  }
  // What the server wrote into the page: who types before this script runs is heard as well.
  function served() {
    const fields = [...form.elements].filter(({ name }) => name?.startsWith("slot-"));
    const sent = fields.filter((field) => field.type !== "radio" || field.defaultChecked);
    return JSON.stringify(sent.map((field) => [field.name, field.defaultValue]));
  }
  const unsaved = () => texts() !== saved;

  function clock(when) {
    return new Date(when).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  }
  const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

  function say(...parts) { state.replaceChildren(...parts); }
  function saySaved(at, by) {
    const time = document.createElement("time");
    time.dateTime = at;
    time.textContent = clock(at);
    time.title = `${new Date(at).toLocaleString()}, ${zone()}`;
    say("Saved ", time, by ? ` by ${by}` : "");
  }
  function sayNot(words, buttons = []) {
    say(`Not saved: ${words}`);
    problem.replaceChildren(`Not saved: ${words} What you typed is still here. `, ...buttons);
    problem.hidden = false;
  }
  function button(words, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "btn";
    made.textContent = words;
    made.addEventListener("click", act);
    return made;
  }
  const link = (words, href) => {
    const made = document.createElement("a");
    made.href = href;
    made.target = "_blank";
    made.rel = "noopener";
    made.textContent = words;
    return made;
  };

  // Signing in again in another tab changes the token of every form.
  async function freshToken() {
    const answer = await fetch(form.dataset.visitUrl, { headers: { Accept: "application/json" } });
    if (answer.redirected || !answer.ok) return false;
    const { token } = await answer.json();
    for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
    return true;
  }

  async function send(data, keepalive) {
    const body = new URLSearchParams(data);
    const small = keepalive && body.toString().length < MOST_WITH_KEEPALIVE;
    const answer = await fetch(form.dataset.saveUrl, { method: "POST", body, keepalive: small });
    if (answer.status !== 403 || keepalive || !(await freshToken())) return answer;
    data.set("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
    return fetch(form.dataset.saveUrl, { method: "POST", body: new URLSearchParams(data) });
  }

  function payload() {
    const data = new FormData(form);
    for (const name of [...data.keys()]) {
      if (!/^(slot-|type-|bullet-|edition$|opened_on$|csrfmiddlewaretoken$)/.test(name)) data.delete(name);
    }
    return data;
  }

  async function attempt(keepalive) {
    const sent = texts();
    try {
      const answer = await send(payload(), keepalive);
      if (answer.redirected) return signedOut();
      const isJson = (answer.headers.get("Content-Type") || "").includes("json");
      const found = isJson ? await answer.json() : null;
      if (answer.ok && found) return kept(sent, found.saved);
      if (answer.status === 409 && found?.conflict) return refused(found);
      return failed(answer, found?.problem, isJson ? "" : await answer.text());
    } catch {
      return later("the server cannot be reached.");
    }
  }

  function kept(sent, { edition, at, by, by_id: byId }) {
    saved = sent;
    form.elements.edition.value = edition;
    form.elements.opened_on.value = "draft";
    problem.hidden = true;
    document.getElementById("discard-place").hidden = false;
    saySaved(at, String(byId) === form.dataset.me ? "" : by);
    document.dispatchEvent(new CustomEvent("editor:saved"));
    if (unsaved()) soon();
    return true;
  }
  function refused({ problem: words }) {
    stopped = true;
    sayNot(words, [button("Compare and merge", () => { leaving = true; form.requestSubmit(document.querySelector("[data-save]")); })]);
    return false;
  }
  function signedOut() {
    sayNot("you were signed out.", [link("Sign in in another tab", document.body.dataset.loginUrl || "/"),
      "; then it is saved by itself. ", button("Try again", () => save())]);
    timer = setTimeout(save, RETRY_MS);
    return false;
  }
  function failed(answer, words, text) {
    const plain = (answer.headers.get("Content-Type") || "").startsWith("text/plain") ? text : "";
    const known = {
      400: "the text is too long or cannot be stored.", 403: "you may not write this overlay.",
      404: "this variant is not there any more.", 413: "the text is too long.",
    };
    sayNot(words || plain || known[answer.status] || "the server had a problem.", [button("Try again", () => save())]);
    if (answer.status >= 500) timer = setTimeout(save, RETRY_MS);
    return false;
  }
  function later(words) {
    sayNot(words, [button("Try again", () => save())]);
    timer = setTimeout(save, RETRY_MS);
    return false;
  }

  async function save({ keepalive = false } = {}) {
    clearTimeout(timer);
    if (running) await running;
    if (stopped || !unsaved()) return !stopped;
    say("Saving…");
    running = attempt(keepalive);
    const done = await running;
    running = null;
    return done;
  }
  function soon() {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(save, PAUSE_MS);
  }

  const isSlot = (element) => element.closest?.("form[data-editor] [data-slot-place]");
  document.addEventListener("input", ({ target }) => {
    if (!target.closest?.("form[data-editor]") || !unsaved()) return;
    if (theirs) { refused({ problem: theirs }); theirs = ""; }
    if (!running && !stopped && problem.hidden) say("Not saved yet");
    soon();
  });
  document.addEventListener("focusout", ({ target }) => { if (isSlot(target) && unsaved()) save(); });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && unsaved()) save({ keepalive: true });
  });

  // A submit waits for the save that is on its way: it would be refused as the older of the two.
  document.addEventListener("submit", (event) => {
    if (event.target !== form) return;
    clearTimeout(timer);
    if (!running) { leaving = true; return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    const by = event.submitter;
    running.finally(() => setTimeout(() => form.requestSubmit(by)));
  }, true);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-save]") || stopped || leaving) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!unsaved() && problem.hidden) return;
    save().then((done) => { if (done) document.getElementById("announcer").textContent = "Draft saved."; });
  }, true);
  window.addEventListener("beforeunload", (event) => {
    if (unsaved() && !leaving) event.preventDefault();
  });
  window.addEventListener("pageshow", () => { leaving = false; });

  // Times the server wrote, on the reader's clock.
  for (const time of document.querySelectorAll("time[data-local-time]")) {
    time.title = `${new Date(time.dateTime).toLocaleString()}, ${zone()}`;
    time.textContent = clock(time.dateTime);
  }
  document.addEventListener("DOMContentLoaded", () => {
    if (!unsaved()) return;
    soon();
    document.body.dispatchEvent(new Event("check"));  // what stands under the fields is older
  });
  window.fleetSave = save;
  window.fleetClock = clock;
  // Heard from the heartbeat: with nothing typed here there is nothing to merge.
  window.fleetTheySaved = (words) => {
    if (stopped) return;
    if (unsaved()) { refused({ problem: words }); return; }
    stopped = true;
    theirs = words;
    problem.replaceChildren(`${words} `, button("Show their text", () => location.reload()));
    problem.hidden = false;
  };
  window.fleetSaving = () => Boolean(running);
  window.fleetUnsaved = unsaved;
})();
