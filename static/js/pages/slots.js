// Editors of lists, glossaries and examples, drawn over the text area that is sent.
// The text is the truth: an editor writes into it on every change and is drawn anew when
// something else has changed it (a fix, a restored draft, ready words).
// Keys: Enter (Alt-Enter in an example, whose fields have lines) adds a row, Backspace in an
// empty row removes it, Alt with arrows moves it.
(() => {
  "use strict";
  const editors = new WeakMap();
  const WIDTH = { list: 1, glossary: 2, examples: 2 };
  const say = (text) => { document.getElementById("announcer").textContent = text; };

  class Editor {
    constructor(root) {
      this.root = root;
      this.kind = root.dataset.slotEditor;
      this.bullet = root.dataset.bullet ?? "";
      this.most = Number(root.dataset.most) || Infinity;
      this.field = document.getElementById(root.dataset.for);
      this.box = root.querySelector("[data-rows]");
      this.shown = root.querySelector("[data-rows-box]") || this.box;
      this.pattern = root.querySelector("template").content.firstElementChild;
      this.byHand = false;
      // What is typed as text here is judged as it stands, with a fix to click, not put in order unseen.
      for (const loose of root.querySelectorAll("input[type=hidden]")) loose.disabled = true;
      root.addEventListener("input", (event) => this.typed(event));
      root.addEventListener("keydown", (event) => this.key(event));
      root.addEventListener("paste", (event) => this.paste(event));
      root.addEventListener("click", (event) => this.click(event));
      this.draw();
    }

    get rows() { return [...this.box.children]; }
    cells(row) { return [...row.querySelectorAll("[data-cell]")]; }
    values() { return this.rows.map((row) => this.cells(row).map((cell) => cell.value)); }

    // Draw the rows from the text; where the text cannot be read as rows, leave it as text.
    draw() {
      const rows = window.fleetNotation.read(this.kind, this.field.value, this.bullet);
      const asText = this.byHand || rows === null;
      this.shown.hidden = asText;
      this.root.querySelector("[data-as-text]").hidden = !asText;
      this.root.querySelector("[data-add]").hidden = asText;
      this.root.querySelector("[data-no-editor]").hidden = rows !== null;
      const toggle = this.root.querySelector("[data-as-text-toggle]");
      toggle.hidden = rows === null;
      toggle.textContent = asText ? `Edit as ${toggle.dataset.as}` : "Edit as text";
      if (asText) return;
      const kept = this.kind === "examples" || rows.length ? rows : [[""]];
      this.box.replaceChildren(...kept.map((cells) => this.row(cells)));
      this.number();
    }

    get isReadable() { return window.fleetNotation.read(this.kind, this.field.value, this.bullet) !== null; }

    // Whether the rows amount to this text; half a row typed is not lost for drawing it anew.
    says(text) { return window.fleetNotation.write(this.kind, this.values(), this.bullet) === text; }

    row(cells = []) {
      const row = this.pattern.cloneNode(true);
      this.cells(row).forEach((cell, at) => { cell.value = cells[at] ?? ""; });
      return row;
    }

    // Names for screen readers count the rows; the ends cannot move further.
    number() {
      const rows = this.rows;
      rows.forEach((row, at) => {
        for (const cell of this.cells(row)) cell.setAttribute("aria-label", `${cell.dataset.says} ${at + 1}`);
        for (const button of row.querySelectorAll("[data-act]")) {
          button.setAttribute("aria-label", `${button.dataset.says} ${at + 1}`);
          button.disabled = (button.dataset.act === "up" && at === 0) ||
            (button.dataset.act === "down" && at === rows.length - 1);
        }
        for (const mark of row.querySelectorAll("[data-number]")) mark.textContent = `${mark.dataset.says} ${at + 1}`;
      });
      this.root.querySelector("[data-add]").disabled = rows.length >= this.most;
    }

    // `quiet`: the input event that is under way goes on to the form by itself.
    write(quiet = false) {
      this.field.value = window.fleetNotation.write(this.kind, this.values(), this.bullet);
      this.number();
      if (!quiet) this.box.dispatchEvent(new Event("input", { bubbles: true }));
    }

    typed({ target, isTrusted }) {
      if (target.matches("[data-cell]")) return this.write(true);
      if (target !== this.field) return;
      if (isTrusted) this.byHand = true;   // whoever types there is not to lose the text area
      this.draw();
    }

    add(after = this.rows.at(-1), cells = []) {
      if (this.rows.length >= this.most) return say(`No more than ${this.most} fit here.`);
      const row = this.row(cells);
      if (after) after.after(row); else this.box.append(row);
      this.write();
      this.cells(row)[0].focus();
    }

    remove(row) {
      const at = this.rows.indexOf(row);
      const cells = this.cells(row).map((cell) => cell.value);
      const next = this.rows[at - 1] || this.rows[at + 1];
      row.remove();
      if (!this.rows.length && this.kind !== "examples") this.box.append(this.row());
      this.write();
      const target = (next && this.cells(next).at(-1)) || this.box.querySelector("[data-cell]") ||
        this.root.querySelector("[data-add]");
      target.focus();
      if (cells.some((cell) => cell.trim())) this.offerUndo(at, cells);
    }

    offerUndo(at, cells) {
      window.fleetUndo(`Removed “${cells[0].trim().slice(0, 60)}”.`, () => {
        const spare = this.rows.find((row) => this.cells(row).every((cell) => !cell.value));
        const row = this.row(cells);
        this.box.insertBefore(row, this.rows[at] || null);
        if (spare && spare !== row) spare.remove();
        this.write();
        this.cells(row)[0].focus();
      });
    }

    move(row, by) {
      const other = by < 0 ? row.previousElementSibling : row.nextElementSibling;
      if (!other) return;
      if (by < 0) other.before(row); else other.after(row);
      this.write();
      say(`Now number ${this.rows.indexOf(row) + 1} of ${this.rows.length}.`);
    }

    key(event) {
      const row = event.target.closest("[data-row]");
      if (!row || !event.target.matches("[data-cell]") || event.isComposing) return;
      const cells = this.cells(row);
      const at = cells.indexOf(event.target);
      const lines = event.target.matches("textarea");
      if (event.altKey && ["ArrowUp", "ArrowDown"].includes(event.key)) {
        this.move(row, event.key === "ArrowUp" ? -1 : 1);
        event.target.focus();
      } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && lines === event.altKey) {
        if (at < WIDTH[this.kind] - 1) cells[at + 1].focus();
        else if (cells.some((cell) => cell.value.trim())) this.add(row);
      } else if (event.key === "Backspace" && cells.every((cell) => !cell.value) && this.rows.length > 1) {
        this.remove(row);
      } else return;
      event.preventDefault();
    }

    // Several lines pasted into a list are several entries.
    paste(event) {
      const lines = (event.clipboardData?.getData("text") || "").split(/\r?\n/).filter((line) => line.trim());
      if (this.kind !== "list" || !event.target.matches("[data-cell]") || lines.length < 2) return;
      event.preventDefault();
      let row = event.target.closest("[data-row]");
      const fresh = lines.map((line) => [line.trim().replace(/^[-*•]\s+/, "")]);
      if (!event.target.value.trim()) event.target.value = fresh.shift()[0];
      for (const cells of fresh) { row.after(this.row(cells)); row = row.nextElementSibling; }
      this.write();
      this.cells(row)[0].focus();
    }

    click({ target }) {
      const button = target.closest("button");
      if (!button) return;
      if (button.matches("[data-add]")) this.add();
      else if (button.matches("[data-as-text-toggle]")) this.flip();
      else if (button.dataset.act === "remove") this.remove(button.closest("[data-row]"));
      else if (button.dataset.act) {
        this.move(button.closest("[data-row]"), button.dataset.act === "up" ? -1 : 1);
        button.focus();
      }
    }

    flip() {
      this.byHand = !this.byHand;
      this.draw();
      this.focus();
    }

    // The row that holds this place of the text: a line each, or from question to question.
    rowAt(start) {
      const lines = this.field.value.slice(0, start).split("\n");
      if (this.kind !== "examples") return this.rows[lines.length - 1];
      const asked = this.field.value.slice(0, start + 3).split("\n").filter((line) => line.startsWith("Q: "));
      return this.rows[asked.length - 1];
    }

    // What the last check found, at the rows it found it in.
    mark(found) {
      for (const row of this.rows) {
        const mine = found.filter(({ start }) => this.rowAt(start) === row);
        const blocked = mine.some(({ severity }) => severity === "block");
        row.classList.toggle("has-finding", mine.length > 0);
        row.classList.toggle("is-blocked", blocked);
        row.title = mine.map(({ message }) => message).join(" ");
        for (const cell of this.cells(row)) {
          if (blocked) cell.setAttribute("aria-invalid", "true"); else cell.removeAttribute("aria-invalid");
        }
      }
    }

    focus() {
      const cell = this.shown.hidden ? this.field : this.box.querySelector("[data-cell]");
      (cell || this.root.querySelector("[data-add]")).focus();
    }

    // A fix is put into the text area: it has to be there to take it, and to be seen taking it.
    openText() {
      this.byHand = true;
      this.draw();
    }

    closeText() {
      this.byHand = false;
      this.draw();
    }
  }

  function start() {
    for (const root of document.querySelectorAll("[data-slot-editor]")) {
      const editor = editors.get(root);
      if (!editor) editors.set(root, new Editor(root));
      else if (!editor.says(editor.field.value)) editor.draw();
    }
  }
  const editorOf = (field) => editors.get(field?.closest?.("[data-slot-editor]"));

  // Before the fix is applied the text is opened; afterwards the editor shows it again.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fix-field]");
    const field = button && document.getElementById(button.dataset.fixField);
    if (field?.matches("[role=radiogroup]")) {
      event.stopImmediatePropagation();
      window.fleetToast("info", "This slot offers set words only. Choose another of them.");
      return field.querySelector("input:checked")?.focus();
    }
    const editor = editorOf(field);
    if (!editor || (editor.byHand && editor.isReadable)) return;
    editor.openText();
    setTimeout(() => { editor.closeText(); editor.focus(); });
  }, true);

  // A finding about a field that lies under an editor, or about a choice, leads to what is shown.
  document.addEventListener("click", (event) => {
    const finding = event.target.closest("[data-finding-field]");
    const link = event.target.closest("a[href^='#slot-']");
    if (event.target.closest("button") || !(finding || link)) return;
    const field = document.getElementById(link ? link.hash.slice(1) : finding.dataset.findingField);
    const editor = editorOf(field);
    const isChoice = field?.matches("[role=radiogroup]");
    if (field?.closest("[data-slot-place]")?.hidden || (!isChoice && (!editor || editor.shown.hidden))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    field.closest(".field").scrollIntoView({ block: "nearest" });
    if (isChoice) { field.querySelector("input:checked")?.focus(); return; }
    const start = Number(finding?.dataset.findingSpan.split(",")[0] ?? 0);
    const row = editor.rowAt([...field.value].slice(0, start).join("").length);
    if (row) editor.cells(row)[0].focus(); else editor.focus();
  }, true);

  document.addEventListener("editor:marked", () => {
    const found = window.fleetMarks();
    for (const root of document.querySelectorAll("[data-slot-editor]")) {
      const editor = editors.get(root);
      editor?.mark(found.filter(({ field }) => field === editor.field));
    }
  });

  document.addEventListener("htmx:afterSettle", start);
  window.addEventListener("pageshow", start);   // the browser may have brought back what was typed
  start();
})();
