"use strict";
// The tray: the chosen dimensions as pictures, and what has become of what was typed.
{
  const { all, byId, make, report } = featamp;
  const root = document.documentElement.dataset.root;

  // A chosen dimension: the first sample at the positive end.
  function thumbnail(dim, label) {
    const number = make("span", {}, String(dim));
    const { picture, place, cells, shown } = report.known[dim];
    const link = make("a", { class: "frame", href: root + place }, number);
    link.ariaLabel = `Dimension ${dim}${label ? `: ${label}` : ""}`;
    if (!picture) return link;
    const seen = { sprite: `url("${new URL(root + picture, location)}")`, alphas: cells, samples: 1, k: shown, row: 0 };
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
    const left = report.expected - chosen.length;
    const to = left > 0 ? `, ${left} to go` : left < 0 ? `, ${-left} too many` : "";
    byId("save-count").textContent = `${chosen.length} chosen${to}.`;
    for (const words of all("[data-when]")) words.hidden = !when[words.dataset.when];
    if (word != null) byId("save-word").textContent = word;
    byId("toml-text").value = text;
    byId("tray-dims").replaceChildren(...chosen.map((dim) => item(dim, dimension[dim]?.label)));
  }

  featamp.tray = { show, focus: () => (byId("tray-dims").querySelector("button") ?? byId("save-toml")).focus() };
}
