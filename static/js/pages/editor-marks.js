// Findings marked in the text itself: behind each textarea[data-slot] lies the same text with
// <mark>s, in the same place and wrapped the same way. Spans count code points, as the server
// does; strings here count UTF-16 units. While somebody types, marks move with their words,
// and those whose words are touched go until the next check.
(() => {
  "use strict";
  const RANK = { block: 0, review: 1, warn: 2 };
  const WORDS = { block: "Must be changed", review: "Needs a reviewer's look", warn: "Worth a look" };
  const COPIED = [
    "direction", "unicodeBidi", "fontFamily", "fontSize", "fontStyle", "fontWeight", "fontVariant",
    "fontFeatureSettings", "fontKerning", "letterSpacing", "lineHeight", "paddingTop", "paddingRight",
    "paddingBottom", "paddingLeft", "tabSize", "textAlign", "textIndent", "textTransform", "wordSpacing",
    "wordBreak", "lineBreak", "hyphens",
  ];
  const backs = new WeakMap();  // textarea -> {back, inner, marks: [{start, end, severity, message}], text}

  // Place in UTF-16 units of each of the given numbers of code points.
  function toUnits(text, points) {
    if (!/[\ud800-\udbff]/.test(text)) return points;
    const asked = [...points].sort((a, b) => a - b);
    const found = new Map();
    let unit = 0;
    let point = 0;
    for (const next of asked) {
      while (point < next && unit < text.length) {
        unit += text.codePointAt(unit) > 0xffff ? 2 : 1;
        point += 1;
      }
      found.set(next, unit);
    }
    return points.map((place) => found.get(place));
  }

  function made(field) {
    const known = backs.get(field);
    if (known) return known;
    const box = document.createElement("div");
    box.className = "marked";
    const back = document.createElement("div");
    back.className = "marks";
    back.setAttribute("aria-hidden", "true");
    const inner = document.createElement("div");
    back.append(inner);
    const focused = document.activeElement === field;
    field.before(box);
    box.append(back, field);
    if (focused) field.focus();
    if (!field.dir) field.dir = "auto";
    const state = { back, inner, marks: [], text: field.value };
    backs.set(field, state);
    place(field);
    field.addEventListener("scroll", () => follow(field), { passive: true });
    field.addEventListener("pointermove", (event) => tell(field, event), { passive: true });
    new ResizeObserver(() => place(field)).observe(field);
    return state;
  }

  // The layer takes the text's box: a scroll bar, a resized corner or another font included.
  function place(field) {
    const { back, inner } = backs.get(field);
    const style = getComputedStyle(field);
    const box = {
      top: field.offsetTop + field.clientTop, left: field.offsetLeft + field.clientLeft,
      width: field.clientWidth, height: field.clientHeight,
    };
    const copied = COPIED.map((name) => style[name]);
    COPIED.forEach((name, n) => { back.style[name] = copied[n]; });
    inner.style.unicodeBidi = style.unicodeBidi;   // not inherited: each line has its own direction
    for (const [side, value] of Object.entries(box)) back.style[side] = `${value}px`;
    follow(field);
  }

  function follow(field) {
    const { back } = backs.get(field);
    back.scrollTop = field.scrollTop;
    back.scrollLeft = field.scrollLeft;
  }

  // Overlapping findings: each stretch is marked once, by the worst of them.
  function stretches(marks, length) {
    const edges = new Set([0, length]);
    for (const { start, end } of marks) edges.add(start).add(end);
    const sorted = [...edges].sort((a, b) => a - b);
    return sorted.slice(0, -1).map((start, n) => {
      const end = sorted[n + 1];
      const over = marks.filter((mark) => mark.start <= start && mark.end >= end);
      over.sort((a, b) => RANK[a.severity] - RANK[b.severity]);
      return { start, end, over };
    });
  }

  function paint(field) {
    const state = backs.get(field);
    state.text = field.value;
    const parts = stretches(state.marks, field.value.length).map(({ start, end, over }) => {
      const words = field.value.slice(start, end);
      if (!over.length) return words;
      const mark = document.createElement("mark");
      mark.className = `mark-${over[0].severity}`;
      mark.dataset.index = over[0].index;
      mark.textContent = words;
      return mark;
    });
    // A last line that is empty takes room in a textarea, but not in a box of its own.
    state.inner.replaceChildren(...parts, "\u200b");
    // Marks of what cannot be seen (a zero-width character) have no width of their own.
    for (const mark of state.inner.querySelectorAll("mark")) {
      if (!/[\p{L}\p{N}\p{P}\p{S}]/u.test(mark.textContent)) mark.classList.add("is-thin");
    }
    follow(field);
  }

  // What stayed at the beginning and at the end is known; in between somebody typed.
  function shift(field) {
    const state = backs.get(field);
    const [old, now] = [state.text, field.value];
    let head = 0;
    const most = Math.min(old.length, now.length);
    while (head < most && old[head] === now[head]) head += 1;
    let tail = 0;
    while (tail < most - head && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1;
    const by = now.length - old.length;
    state.marks = state.marks.flatMap((mark) => {
      if (mark.end <= head) return [mark];
      if (mark.start >= old.length - tail) return [{ ...mark, start: mark.start + by, end: mark.end + by }];
      return [];
    });
    paint(field);
  }

  // Where the pointer rests on marked words, the field says what is wrong with them.
  function tell(field, { clientX: x, clientY: y }) {
    const state = backs.get(field);
    const under = [...state.inner.querySelectorAll("mark")].find((mark) =>
      [...mark.getClientRects()].some((r) => x >= r.left - 2 && x <= r.right + 2 && y >= r.top && y <= r.bottom + 3));
    const mark = under && state.marks.find(({ index }) => String(index) === under.dataset.index);
    field.title = mark ? `${WORDS[mark.severity]}: ${mark.message}` : "";
  }

  const fields = () => document.querySelectorAll("#overlay-form textarea[data-slot]");

  // Take what the last check found and mark it. Findings without a place are listed only.
  function take() {
    const body = document.getElementById("overlay-body");
    if (!body) return;
    const found = JSON.parse(body.dataset.findings || "[]");
    for (const field of fields()) {
      const mine = found.map((finding, index) => ({ ...finding, index }))
        .filter(({ slot, span }) => span && slot === field.dataset.slot);
      const state = made(field);
      const units = toUnits(field.value, mine.flatMap(({ span }) => span));
      const marks = mine.map(({ severity, message, index, quote }, n) =>
        ({ start: units[2 * n], end: units[2 * n + 1], severity, message, index, quote }))
        .filter(({ start, end }) => start < end && end <= field.value.length);
      const same = state.text === field.value && JSON.stringify(marks) === JSON.stringify(state.marks);
      state.marks = marks;
      if (!same) paint(field);
      if (mine.some(({ severity }) => severity === "block")) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
    document.dispatchEvent(new CustomEvent("editor:marked"));
  }

  document.addEventListener("input", ({ target }) => {
    if (backs.has(target)) shift(target);
  });
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (detail.target?.id === "overlay-body" || detail.elt?.id === "overlay-body") take();
  });
  document.addEventListener("editor:shown", () => fields().forEach((field) => backs.has(field) && place(field)));

  // All marks of the page in reading order, for "next finding".
  window.fleetMarks = () => [...fields()].flatMap((field) =>
    [...(backs.get(field)?.marks || [])].sort((a, b) => a.start - b.start).map((mark) => ({ field, ...mark })));
  window.fleetMarkPlace = (field, index) =>
    backs.get(field)?.inner.querySelector(`mark[data-index="${index}"]`)?.offsetTop ?? null;
  window.fleetUnits = toUnits;
  take();
})();
