"use strict";
// The page reads without this script. It narrows the matrices down and keeps in the address what was chosen; it never writes markup, only text.
(() => {
  const words = JSON.parse(document.getElementById("words").textContent);
  const filters = [...document.querySelectorAll("[data-filter]")];
  const grids = [...document.querySelectorAll("section.grid")];
  const links = [...document.querySelectorAll(".languages a")].map((each) => [each, each.getAttribute("href")]);
  const before = Object.fromEntries(filters.map((each) => [each.dataset.filter, each.value]));
  const place = { base: 0, government: 5, "high-risk": 10, legal: 1, organisational: 2, semantic: 3, technical: 4 };
  const names = { w: "works", f: "fails", u: "unknown" };
  const number = new Intl.NumberFormat(document.documentElement.lang);

  function show(grid, chosen, at) {
    const counts = { w: 0, f: 0, u: 0 };
    const heads = [...grid.querySelectorAll("thead th")].slice(1);
    const columns = heads.map((head) => !chosen.provider || head.dataset.country === chosen.provider);
    heads.forEach((head, column) => { head.hidden = !columns[column]; });
    for (const row of grid.querySelectorAll("tbody tr")) {
      row.hidden = Boolean(chosen.consumer) && row.dataset.country !== chosen.consumer;
      const cells = row.getElementsByTagName("td");
      for (let column = 0; column < cells.length; column += 1) {
        const cell = cells[column];
        const letter = cell.dataset.s[at];
        cell.hidden = !columns[column];
        if (!row.hidden && columns[column]) counts[letter] += 1;
        if (cell.className === letter) continue;
        const [sign, word] = cell.firstElementChild.children;
        cell.className = letter;
        [sign.textContent, word.textContent] = words[letter];
      }
    }
    for (const letter of Object.keys(counts)) grid.querySelector(`[data-count=${names[letter]}]`).textContent = number.format(counts[letter]);
    return counts.w + counts.f + counts.u;
  }

  function filter() {
    const chosen = Object.fromEntries(filters.map((each) => [each.dataset.filter, each.value]));
    const at = place[chosen.class] + (place[chosen.layer] || 0);
    let shown = 0;
    for (const grid of grids) {
      grid.hidden = Boolean(chosen.profile) && grid.dataset.profile !== chosen.profile;
      if (!grid.hidden) shown += show(grid, chosen, at);
    }
    document.getElementById("shown").textContent = number.format(shown);
    document.getElementById("narrowed").hidden = chosen.class === before.class && !chosen.layer;
    const fields = new URLSearchParams(Object.entries(chosen).filter(([field, value]) => value !== before[field]));
    const hash = fields.size ? `#${fields}` : "";
    history.replaceState(null, "", hash || location.pathname);
    for (const [link, href] of links) link.setAttribute("href", href + hash);
  }

  function arrive() {
    const fields = new URLSearchParams(location.hash.slice(1));
    for (const each of filters) {
      const wanted = fields.get(each.dataset.filter);
      each.value = wanted !== null && [...each.options].some((option) => option.value === wanted) ? wanted : before[each.dataset.filter];
    }
    filter();
  }

  document.documentElement.classList.add("script");
  for (const each of filters) each.addEventListener("change", filter);
  window.addEventListener("hashchange", arrive);
  if (location.hash.includes("=")) arrive();
})();
