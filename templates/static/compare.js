"use strict";
// Two sweeps beside each other, moved together, and one sample along every chosen dimension; the address holds the view.
{
  const { byId, slider } = featamp;
  const [a, b, sample, range] = ["a", "b", "sample", "alpha-a"].map(byId);
  b.append(...a.cloneNode(true).children);
  const panes = [a, b].map((select) => [select, select.closest(".pane"), slider(select.closest(".pane"))]);

  function show(k) {
    for (const [select, pane, turn] of panes) {
      const option = select.selectedOptions[0];
      Object.assign(pane.dataset, option.dataset, { of: option.text });
      turn(k);
    }
    byId("across-grid").style.setProperty("--row", sample.value);
    const view = new URLSearchParams({ a: a.value, b: b.value, k: range.value, sample: sample.value });
    history.replaceState(null, "", `?${view}${location.hash}`);
  }

  const asked = new URLSearchParams(location.search);
  b.value = "control-random-1";
  for (const select of [a, b, sample]) {
    for (const { value } of select.options) if (value === asked.get(select.id)) select.value = value;
    select.onchange = () => show(range.value);
  }
  show(asked.get("k") ?? 99); // the last
  for (const [, pane] of panes) pane.addEventListener("input", ({ target }) => target.type === "range" && show(target.value));
  byId("swap").onclick = () => {
    [a.value, b.value] = [b.value, a.value];
    show(range.value);
  };
}
