"use strict";
(() => {
  const all = [...document.querySelectorAll(".req")];
  const cells = [...document.querySelectorAll(".cell")];
  const text = document.getElementById("text");
  const suite = document.getElementById("suite");
  const verdicts = [...document.querySelectorAll("#verdicts input")];
  const shown = document.getElementById("shown");
  const index = new Map(all.map(r => [r, r.textContent.toLowerCase()]));
  const apply = () => {
    const wanted = new Set(verdicts.filter(v => v.checked).map(v => v.value));
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const visible = new Set();
    for (const r of all) {
      const fits = (wanted.size === 0 || wanted.has(r.dataset.verdict)) && (!suite.value || r.dataset.suite === suite.value) &&
        words.every(w => index.get(r).includes(w));
      r.hidden = !fits;
      if (fits) visible.add(r.id);
    }
    for (const c of cells) c.classList.toggle("dim", !visible.has(c.getAttribute("href").slice(1)));
    shown.textContent = visible.size + " of " + all.length;
  };
  for (const input of [text, suite, ...verdicts]) input.addEventListener("input", apply);
  const open = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    target.hidden = false;
    if (target.tagName === "DETAILS") target.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", open);
  apply();
  open();
})();
