"use strict";
// Two sweeps beside each other, moved together or apart, and one sample along every chosen dimension; the address holds the
// view.
{
  const { byId, slider } = featamp;
  const [a, b, sample, together] = ["a", "b", "sample", "together"].map(byId);
  b.append(...a.cloneNode(true).children);
  const sides = [a, b].map((select) => {
    const pane = select.closest(".pane");
    return { select, pane, range: pane.querySelector("[type=range]"), turn: slider(pane) };
  });

  // `at` is where each side stands; one side alone moves the other where both move together.
  function show(at, moved) {
    for (const [i, { select, pane, turn }] of sides.entries()) {
      const option = select.selectedOptions[0];
      delete pane.dataset.zero;
      Object.assign(pane.dataset, option.dataset, { of: option.text });
      turn(together.checked && moved ? at[sides.indexOf(moved)] : at[i]);
    }
    byId("across-grid").style.setProperty("--row", sample.value);
    const [k, kb] = places();
    const view = { a: a.value, b: b.value, k, ...(k === kb ? {} : { kb }), sample: sample.value };
    history.replaceState(null, "", `?${new URLSearchParams(view)}${location.hash}`);
  }

  const places = () => sides.map(({ range }) => range.value);

  const asked = new URLSearchParams(location.search);
  b.value = "control-random-1";
  for (const select of [a, b, sample]) {
    for (const { value } of select.options) if (value === asked.get(select.id)) select.value = value;
    select.onchange = () => show(places());
  }
  const last = 999; // beyond any sweep: a range stops at its end
  together.checked = !asked.has("kb");
  show([asked.get("k") ?? last, asked.get("kb") ?? asked.get("k") ?? last]);
  for (const side of sides) side.range.addEventListener("input", () => show(places(), side));
  byId("swap").onclick = () => {
    [a.value, b.value] = [b.value, a.value];
    show(places().reverse());
  };
}
