"use strict";
// Items that are filtered and sorted as a form says, and the form as the address says. The form names the items, and in
// data-up what is sorted upwards; all else begins with the largest. `fits` says what else an item has to be.
featamp.listing = (form, fits = () => true) => {
  const { all } = featamp;
  const items = all(form.dataset.items);
  const up = form.dataset.up.split(" ");

  // What is said of an item, and what a person has written on it.
  function words(item) {
    const labels = all("[data-label]", item).map((label) => label.textContent);
    const fields = all("form [name]:not([type=checkbox])", item).map((field) => field.value);
    return [item.dataset.words, ...labels, ...fields].join(" ").toLowerCase();
  }

  function before(name) {
    const sign = up.includes(name) ? 1 : -1;
    return ({ dataset: { [name]: a } }, { dataset: { [name]: b } }) =>
      !a - !b || (isNaN(a) ? a.localeCompare(b) : sign * (a - b)); // blanks last
  }

  function apply() {
    const wanted = Object.fromEntries(new FormData(form));
    const found = wanted.find.toLowerCase().split(/\s+/);
    for (const item of items.toSorted(before(wanted.sort || up[0]))) {
      item.hidden = !found.every((word) => words(item).includes(word)) || !fits(item, wanted);
      item.parentNode.append(item);
    }
    const shown = items.filter((item) => !item.hidden).length;
    form.querySelector("output").textContent = `${shown} of ${items.length} shown`;
    for (const none of all("[data-none]")) none.hidden = shown > 0;
    for (const link of all("[data-search-all]")) link.search = new URLSearchParams({ find: wanted.find });
  }

  function changed() {
    apply();
    const set = [...new FormData(form)].filter(([, value]) => value);
    history.replaceState(null, "", `?${new URLSearchParams(set)}${location.hash}`);
  }

  const asked = new URLSearchParams(location.search);
  for (const field of form) {
    if (!asked.has(field.name)) continue;
    if (field.type === "checkbox") field.checked = asked.get(field.name) === field.value;
    else field.value = asked.get(field.name);
    if (field.selectedIndex < 0) field.selectedIndex = 0;
  }
  form.oninput = changed;
  form.onreset = () => setTimeout(changed);
  form.onsubmit = (event) => event.preventDefault();
  apply();
  return changed;
};

// The contact sheet of the overview.
if (featamp.byId("sheet-tools")) featamp.listing(featamp.byId("sheet-tools"));
