// The merge view: whoever writes a text of both means that one.
(() => {
  "use strict";
  document.addEventListener("input", ({ target }) => {
    const name = target.dataset?.takes;
    if (!name) return;
    const choice = document.querySelector(`input[name="${CSS.escape(name)}"][value="edit"]`);
    if (choice) choice.checked = true;
  });
})();
