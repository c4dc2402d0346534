"use strict";
// The tray: the chosen dimensions as pictures, and what has become of what was typed.
{
  const { all, byId, make, report } = featamp;
  const root = document.documentElement.dataset.root;

  // A chosen dimension: the last frame of its first sample.
  function thumbnail(dim, label) {
    const number = make("span", {}, String(dim));
    const sprite = report.pictures[dim];
    if (!sprite) return number;
    const { alphas, samples } = report;
    const link = make("a", { class: "frame", href: `${root}dim/${dim}.html` }, number);
    link.ariaLabel = `Dimension ${dim}${label ? `: ${label}` : ""}`;
    const seen = { sprite: `url("${new URL(root + sprite, location)}")`, alphas, samples, k: alphas - 1, row: 0 };
    for (const [name, value] of Object.entries(seen)) link.style.setProperty(`--${name}`, value);
    return link;
  }

  // A chosen dimension with a button that takes it out.
  function item(dim, label) {
    const words = `Do not choose dimension ${dim}`;
    const button = make("button", { type: "button", "aria-label": words, "data-without": dim }, "×");
    return make("li", {}, thumbnail(dim, label), button);
  }

  // `when` says which of the sentences hold; `word` is the last that was done, left as it is where there is none.
  function show({ chosen, dimension }, when, text, word) {
    const off = chosen.length - report.expected;
    const wanted = off
      ? `, ${Math.abs(off)} ${off > 0 ? "more" : "fewer"} than the ${report.expected} wanted`
      : "";
    byId("save-count").textContent = `${chosen.length} chosen${wanted}.`;
    for (const words of all("[data-when]")) words.hidden = !when[words.dataset.when];
    if (word != null) byId("save-word").textContent = word;
    byId("toml-text").value = text;
    byId("tray-dims").replaceChildren(...chosen.map((dim) => item(dim, dimension[dim]?.label)));
  }

  featamp.tray = { show, focus: () => (byId("tray-dims").querySelector("button") ?? byId("save-toml")).focus() };
}
