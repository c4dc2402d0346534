"use strict";
// Tables that sort and search. Pages read well without.

function sortable(table) {
  const body = table.tBodies[0];
  for (const head of table.querySelectorAll("th[data-sort]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    head.append(button);
    if (!head.hasAttribute("aria-sort")) head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => sortBy(table, body, head));
  }
}

function sortBy(table, body, head) {
  const number = head.dataset.sort === "number";
  const first = number && head !== head.parentNode.cells[0] ? "descending" : "ascending";
  const other = first === "ascending" ? "descending" : "ascending";
  const order = head.getAttribute("aria-sort") === first ? other : first;
  for (const cell of head.parentNode.cells) if (cell.dataset.sort) cell.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", order);
  const value = (row) => {
    const cell = row.cells[head.cellIndex];
    const text = cell.dataset.value ?? cell.textContent.trim();
    return number ? Number(text) : text;
  };
  const sign = order === "ascending" ? 1 : -1;
  const compare = number ? (a, b) => a - b : (a, b) => a.localeCompare(b);
  const rows = [...body.rows].map((row) => [value(row), row]);
  rows.sort((a, b) => sign * compare(a[0], b[0]));
  body.append(...rows.map(([, row]) => row));
}

function searchable(table) {
  const bar = document.createElement("p");
  bar.className = "search";
  const input = document.createElement("input");
  input.type = "search";
  input.placeholder = table.dataset.search;
  input.setAttribute("aria-label", table.dataset.search);
  const count = document.createElement("output");
  count.className = "quiet";
  bar.append(input, count);
  table.parentNode.before(bar);
  const rows = [...table.tBodies[0].rows].map((row) => [row, row.textContent.toLowerCase()]);
  const search = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const [row, text] of rows) {
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) shown += 1;
    }
    count.textContent = words.length ? `${shown} of ${rows.length} rows` : `${rows.length} rows`;
  };
  input.addEventListener("input", search);
  search();
}

document.querySelectorAll("table.sortable").forEach(sortable);
document.querySelectorAll("table[data-search]").forEach(searchable);
