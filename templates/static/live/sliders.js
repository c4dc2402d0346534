"use strict";
// One row a dimension or direction that can be moved: a slider, a number to type, a reset and a lock. Rows are made when they
// are first shown; which are shown, and in which order, is said by the search and the order above them.
{
  const { byId, make, live, report } = featamp;
  const FEW = 20; // rows that are shown at first
  const MORE = 200; // and with each press of the button below them
  const LAST = "\uffff"; // after every label
  const VERDICTS = ["nameable", "visible", "light", "pose", "faint", "unclear", "nothing"];
  const rows = new Map();
  let most = FEW;
  let changed = () => {};

  const spaced = (name) => name.replaceAll("_", " ");
  const signed = (value, digits = 2) => `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value).toFixed(digits)}`;
  const label = ({ dim }) => featamp.notes?.now.state.dimension[dim]?.label ?? report.built.dimension[dim]?.label ?? "";

  // What a row is called: "Dimension 94: smile", "Probe of Smiling".
  function title(thing) {
    if (thing.dim !== undefined) return `Dimension ${thing.dim}${label(thing) ? `: ${label(thing)}` : ""}`;
    return thing.attribute ? `Probe of ${spaced(thing.attribute)}` : "First principal component";
  }

  function facts(thing) {
    if (thing.dim === undefined) return "direction";
    return [thing.verdict, spaced(thing.attribute), `rank ${thing.rank}`].filter(Boolean).join(" · ");
  }

  function makeRow(thing) {
    const { key } = thing;
    const name = title(thing);
    const range = make("input", { type: "range", min: live.low, max: live.high, step: live.step, "aria-label": `${name}, in σ` });
    const number = make("input", { class: "alpha", autocomplete: "off", "aria-label": `${name}, in σ, typed` });
    const raw = make("output", {});
    const back = make("button", { type: "button", "aria-label": `Reset ${name}` }, "↺");
    const lock = make("input", { type: "checkbox", "aria-label": `Lock ${name}` });
    const heading = thing.page ? make("a", { href: `dim/${key}.html` }, name) : name;
    const top = make("p", {}, make("b", {}, heading), " ", make("small", {}, facts(thing)));
    const controls = make("div", { class: "control" }, range, number, raw, back, make("label", {}, lock, "lock"));
    const element = make("li", { "data-row": key }, top, controls);
    const set = (alpha) => {
      live.move(key, alpha);
      changed();
    };
    range.oninput = () => set(Number(range.value));
    number.onchange = () => set(live.alphaOf(number.value));
    number.onkeydown = ({ key: pressed }) => {
      const by = { ArrowUp: live.step, ArrowDown: -live.step }[pressed];
      if (by) set(live.alphaOf(String(live.alphaOf(number.value) + by)));
    };
    back.onclick = () => set(0);
    lock.onchange = () => {
      live.lock(key, lock.checked);
      changed();
    };
    element.onfocusin = () => {
      if (live.now.hand === key) return;
      live.now.hand = key;
      changed();
    };
    return { element, range, number, raw, back, lock };
  }

  function fill(thing, { range, number, raw, back, lock }) {
    const { moves, locked } = live.now;
    const alpha = moves.get(thing.key) ?? 0;
    range.value = alpha;
    number.value = alpha;
    raw.value = thing.std === undefined ? `${signed(alpha)} σ` : `${signed(alpha * thing.std)} raw`;
    range.ariaValueText = `${signed(alpha)} σ, ${raw.value}`;
    lock.checked = locked.has(thing.key);
    for (const field of [range, number, back]) field.disabled = lock.checked;
  }

  const ORDERS = {
    verdict: (thing) => (thing.verdict ? VERDICTS.indexOf(thing.verdict) : 0.5), // directions after what has a name
    variance: (thing) => thing.rank ?? 0,
    attribute: (thing) => spaced(thing.attribute) || LAST,
    label: (thing) => label(thing).toLowerCase() || LAST,
  };

  // What fits the search, what has been moved first.
  function fitting() {
    const words = byId("live-find").value.toLowerCase().split(/\s+/);
    const { moves, hand } = live.now;
    const order = ORDERS[byId("live-order").value];
    const key = (thing) => [moves.has(thing.key) || thing.key === hand ? 0 : 1, order(thing), thing.rank ?? -1];
    const text = (thing) => `${title(thing)} ${facts(thing)}`.toLowerCase();
    const compare = (a, b) => {
      const [left, right] = [key(a), key(b)];
      const k = left.findIndex((part, i) => part !== right[i]);
      return k < 0 ? 0 : left[k] < right[k] ? -1 : 1;
    };
    return [...live.things.values()].filter((t) => words.every((word) => text(t).includes(word))).sort(compare);
  }

  // Show the rows anew, in their order; not while somebody drags one of them.
  function arrange() {
    const those = fitting();
    const shown = those.slice(0, Math.max(most, live.now.moves.size));
    const rest = those.length - shown.length;
    for (const thing of shown) if (!rows.has(thing.key)) rows.set(thing.key, makeRow(thing));
    byId("live-rows").replaceChildren(...shown.map((thing) => rows.get(thing.key).element));
    byId("live-count").value = `${shown.length} of ${live.things.size} shown`;
    byId("live-unfold").hidden = !rest && shown.length <= FEW;
    byId("live-unfold").textContent = rest ? `Show ${Math.min(rest, MORE)} more` : "Fold";
    show();
  }

  // Show what is set, in the rows as they stand.
  function show() {
    for (const [key, row] of rows) if (row.element.isConnected) fill(live.things.get(key), row);
  }

  function start(whenChanged) {
    changed = whenChanged;
    byId("live-find").oninput = () => {
      most = byId("live-find").value.trim() ? MORE : FEW;
      arrange();
    };
    byId("live-order").onchange = arrange;
    byId("live-unfold").onclick = () => {
      most = byId("live-rows").children.length < fitting().length ? most + MORE : FEW;
      arrange();
    };
    arrange();
  }

  featamp.sliders = { start, arrange, show, title, signed };
}
