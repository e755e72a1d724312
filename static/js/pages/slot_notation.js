// How lists, glossaries and examples are written as the one text of a slot: rows of cells
// <-> text. The same notation as registry/slots on the server, which is the judge; a test holds
// the two against each other (tests/journeys/test_slot_notation.py).
(() => {
  "use strict";
  const QUESTION = "Q: ";
  const ANSWER = "A: ";
  const INDENT = "   ";
  const filled = (rows) => rows.map((row) => row.map((cell) => cell.replace(/\r\n?/g, "\n").trim()))
    .filter((row) => row.some((cell) => cell));
  const oneLine = (cell) => cell.replace(/\s*\n\s*/g, " ");

  const list = {
    read: (text, bullet) => bulleted(text, bullet)?.map((item) => [item]) ?? null,
    write: (rows, bullet) => filled(rows).map(([item]) => bullet + oneLine(item)).join("\n"),
  };

  const glossary = {
    read(text, bullet) {
      const items = bulleted(text, bullet);
      if (!items || items.some((item) => !item.includes(": "))) return null;
      return items.map((item) => {
        const at = item.indexOf(": ");
        return [item.slice(0, at), item.slice(at + 2)];
      });
    },
    // A colon and a blank end the term, so the term itself has none.
    write: (rows, bullet) => filled(rows)
      .map(([term, meaning]) => `${bullet}${oneLine(term).replace(/:\s+/g, ":")}: ${oneLine(meaning)}`).join("\n"),
  };

  const examples = {
    read(text) {
      const rows = [];
      let part = null;
      for (const line of text.split("\n")) {
        const row = rows.at(-1);
        if (line.startsWith(QUESTION)) {
          if (row && row.length < 2) return null;
          part = [line.slice(QUESTION.length)];
          rows.push([part]);
        } else if (line.startsWith(ANSWER) && row?.length === 1) {
          part = [line.slice(ANSWER.length)];
          row.push(part);
        } else if (part && (line === "" || (line.startsWith(INDENT) && line !== INDENT))) {
          part.push(line.slice(INDENT.length));
        } else return null;
      }
      if (rows.some((row) => row.length < 2)) return null;
      return rows.map((row) => row.map((lines) => lines.join("\n")));
    },
    write: (rows) => filled(rows)
      .map(([question, answer]) => `${QUESTION}${indented(question)}\n${ANSWER}${indented(answer)}`).join("\n"),
  };

  function bulleted(text, bullet) {
    const lines = text.split("\n");
    return lines.every((line) => line.startsWith(bullet)) ? lines.map((line) => line.slice(bullet.length)) : null;
  }

  function indented(text) {
    const [first, ...rest] = text.split("\n");
    return [first, ...rest.map((line) => (line ? INDENT + line : ""))].join("\n");
  }

  const KINDS = { list, glossary, examples };
  window.fleetNotation = {
    // Rows of a text; null where it is not written as the editor would write it.
    read(kind, text, bullet) {
      if (text === "") return [];
      const rows = KINDS[kind].read(text, bullet);
      return rows && KINDS[kind].write(rows, bullet) === text ? rows : null;
    },
    write: (kind, rows, bullet) => KINDS[kind].write(rows, bullet),
  };
})();
