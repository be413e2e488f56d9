"use strict";
// The page reads without this script. It switches the language, filters the table and copies command lines; it never writes markup, only text.
(() => {
  const texts = JSON.parse(document.getElementById("texts").textContent);
  const root = document.documentElement;
  const translated = [...document.querySelectorAll("[data-t]")];
  const switches = [...document.querySelectorAll("[data-lang]")];
  let chosen = false;

  // The address keeps the language: #CORE-ERR-001 is a place, #lang=pl a language, #lang=pl&at=CORE-ERR-001 both.
  function address() {
    const hash = location.hash.slice(1);
    const fields = new URLSearchParams(hash);
    return fields.has("lang") ? { lang: fields.get("lang"), at: fields.get("at") } : { lang: null, at: hash };
  }

  function remember(at) {
    const fields = new URLSearchParams({ lang: root.lang });
    if (at) fields.set("at", at);
    history.replaceState(null, "", "#" + fields);
  }

  function speak(lang) {
    if (!Object.hasOwn(texts, lang)) return false;
    root.lang = lang;
    for (const node of translated) node.textContent = texts[lang][node.dataset.t];
    for (const button of switches) button.setAttribute("aria-pressed", String(button.dataset.lang === lang));
    return true;
  }

  function reveal(id) {
    const place = id && document.getElementById(id);
    if (!place) return;
    if (place.hidden) clear();
    for (let node = place; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
    place.scrollIntoView();
  }

  function arrive() {
    const { lang, at } = address();
    if (lang) chosen = speak(lang) || chosen;
    if (at) reveal(at);
    if (at && !lang && chosen) remember(at);
  }

  for (const button of switches) {
    button.addEventListener("click", () => {
      chosen = speak(button.dataset.lang);
      remember(address().at);
    });
  }

  const filters = [...document.querySelectorAll("[data-filter]")];
  const rows = [...document.querySelectorAll("table.all tbody tr")];

  function filter() {
    let shown = 0;
    for (const row of rows) {
      row.hidden = filters.some((each) => each.value && row.dataset[each.dataset.filter] !== each.value);
      if (!row.hidden) shown += 1;
    }
    document.getElementById("shown").textContent = shown;
  }

  function clear() {
    for (const each of filters) each.value = "";
    filter();
  }

  for (const each of filters) each.addEventListener("change", filter);

  // Characters that are written out on the page are copied as themselves.
  function original(code) {
    return [...code.childNodes]
      .map((node) => (node.dataset?.code ? String.fromCodePoint(parseInt(node.dataset.code, 16)) : node.textContent))
      .join("");
  }

  async function copy(text) {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea"); // a page read over plain HTTP has no clipboard interface
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("the browser does not let the page copy");
    return undefined;
  }

  for (const button of document.querySelectorAll("button.copy")) {
    const block = button.closest(".curl");
    const status = block.querySelector("[role=status]");
    const word = block.querySelector(".copied");
    button.addEventListener("click", async () => {
      try {
        await copy(original(block.querySelector("code")));
      } catch {
        getSelection().selectAllChildren(block.querySelector("code"));
        return;
      }
      word.hidden = false;
      status.textContent = word.textContent;
      setTimeout(() => {
        word.hidden = true;
        status.textContent = "";
      }, 3000);
    });
  }

  root.classList.add("script");
  const preferred = (navigator.languages || []).map((each) => each.slice(0, 2)).find((each) => Object.hasOwn(texts, each));
  if (preferred && preferred !== root.lang) speak(preferred);
  window.addEventListener("hashchange", arrive);
  filter();
  arrive();
})();
