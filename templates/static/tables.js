"use strict";
// Tables that sort and search. They read well without.
{
  const { all, make } = featamp;

  function sortable(table) {
    const body = table.tBodies[0];
    for (const head of all("th[data-sort]", table)) {
      const word = head.querySelector(".word"); // a button holds no link: what the word means stands beside it
      word?.replaceWith(...word.childNodes);
      const button = make("button", { type: "button", class: "sort" }, ...head.childNodes);
      head.append(button);
      if (word) {
        word.ariaLabel = `What ${button.textContent.trim()} means`;
        word.replaceChildren("?");
        head.append(" ", word);
      }
      head.ariaSort ??= "none";
      button.onclick = () => sortBy(table, body, head);
    }
  }

  function sortBy(table, body, head) {
    const number = head.dataset.sort === "number";
    const first = number && head !== head.parentNode.querySelector("[data-sort]") ? "descending" : "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const order = head.ariaSort === first ? other : first;
    for (const cell of head.parentNode.cells) if (cell.dataset.sort) cell.ariaSort = "none";
    head.ariaSort = order;
    const value = (row) => {
      const cell = row.cells[head.cellIndex];
      const text = cell.dataset.value ?? cell.textContent.trim();
      return number ? Number(text) : text;
    };
    const sign = order === "ascending" ? 1 : -1;
    const last = (a) => ["", "–", NaN].includes(a);
    const compare = (a, b) => last(a) - last(b) || sign * (number ? a - b : a.localeCompare(b));
    body.append(...[...body.rows].sort((a, b) => compare(value(a), value(b))));
  }

  function searchable(table) {
    const input = make("input", { type: "search", placeholder: table.dataset.search, "aria-label": table.dataset.search });
    const count = make("output", { class: "quiet" });
    table.parentNode.before(make("p", { class: "search" }, input, count));
    const rows = [...table.tBodies[0].rows];
    const search = () => {
      const words = input.value.toLowerCase().split(/\s+/);
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
      }
      count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows`;
    };
    input.oninput = search;
    if (table.matches(".asked")) input.value = new URLSearchParams(location.search).get("find") ?? "";
    search();
    const reveal = () => {
      const row = featamp.byId(location.hash.slice(1))?.closest("tr[hidden]");
      if (!row) return;
      input.value = "";
      search();
      row.scrollIntoView();
    };
    window.addEventListener("hashchange", reveal);
    reveal();
  }

  all("table.sortable").forEach(sortable);
  all("table[data-search]").forEach(searchable);
}
