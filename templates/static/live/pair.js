"use strict";
// Two models side by side: one sample, and one slider for what both of them have. Their decoders are loaded one after the other,
// each by the scripts of the page Live, which take the model that `featamp.live` is meanwhile.
{
  const { byId, all, make } = featamp;
  const SIDES = [0, 1];
  const names = SIDES.map((side) => byId(`pair-model-${side}`));
  const rows = all("[data-keys]").map((element) => ({ element, id: element.dataset.pair, keys: JSON.parse(element.dataset.keys) }));
  const asked = new URLSearchParams(location.search);
  const moves = new Map(); // by row, in standard deviations
  let models = [];
  let wanted = 0; // changes so far
  let busy = false;

  const word = (text) => (byId("pair-word").textContent = text);
  const signed = (value) => `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value).toFixed(2)}`;

  function load(src) {
    const script = make("script", { src });
    const loaded = new Promise((yes, no) => {
      script.onload = yes;
      script.onerror = () => no(new Error(`${src} cannot be loaded from beside this page`));
    });
    document.head.append(script);
    return loaded;
  }

  async function openModel(name) {
    await load(`${name}/data/live.js`);
    const { live } = featamp;
    live.place = `${name}/`;
    for (const script of ["engine", "code"]) await load(`static/live/${script}.js`);
    if (live.weights > live.askedAbove && !confirm(`Load ${(live.weights / 1e6).toFixed(1)} MB of weights of ${name}?`))
      throw new Error(`the weights of ${name} were not loaded`);
    await live.open();
    await live.decode(live.numbers.mean); // where `serve` decodes: it answers
    return live;
  }

  async function open() {
    byId("pair-open").disabled = true;
    word("Loading …");
    try {
      models = [await openModel(nameOf(0)), await openModel(nameOf(1))];
      await load("static/live/picture.js");
    } catch (error) {
      byId("pair-open").disabled = false;
      return word(`The decoders do not open: ${error.message}`);
    }
    word("");
    byId("pair-opening").hidden = true;
    byId("pair-desk").hidden = false;
    start();
  }

  // ---- what is set ----

  const nameOf = (side) => names[side].value;
  const called = ({ key, dim, attribute }) => (dim === undefined ? `probe of ${attribute.replaceAll("_", " ")}` : `dimension ${key}`);
  const has = ({ keys }) => SIDES.every((side) => models[side].things.has(keys[nameOf(side)]?.[0]));

  function start() {
    const common = models[0].names.filter((name) => models[1].names.includes(name));
    byId("pair-from").prepend(...common.map((name) => make("option", {}, name)));
    const from = asked.get("from");
    byId("pair-from").value = common.includes(from) || from === "mean" ? from : common[0] ?? "mean";
    for (const side of SIDES) byId(`pair-name-${side}`).textContent = nameOf(side);
    const shared = rows.filter(has);
    for (const row of rows) row.element.hidden = !shared.includes(row);
    byId("pair-none").hidden = shared.length > 0;
    for (const row of shared) makeMovable(row);
    changed();
  }

  function makeMovable({ element, id, keys }) {
    const [range, number, back] = all("input, button", element);
    const [live] = models;
    const { low, high, step } = live;
    Object.assign(range, { min: low, max: high, step });
    const said = SIDES.map((side) => `${nameOf(side)}: ${called(models[side].things.get(keys[nameOf(side)][0]))}`);
    element.querySelector("small").textContent = said.join(" · ");
    const set = (alpha) => {
      if (alpha) moves.set(id, alpha);
      else moves.delete(id);
      range.value = alpha;
      number.value = Number(alpha.toFixed(4));
      changed();
    };
    range.oninput = () => set(Number(range.value));
    number.onchange = () => {
      const alpha = live.alphaOf(number.value);
      set(Number.isNaN(alpha) ? moves.get(id) ?? 0 : alpha);
    };
    back.onclick = () => set(0);
    element.set = set;
    const alpha = live.alphaOf(asked.get(id) ?? "");
    if (alpha) set(alpha);
  }

  function changed() {
    wanted += 1;
    const from = byId("pair-from").value;
    for (const side of SIDES) {
      const { now, move } = models[side];
      now.from = from;
      now.moves.clear();
      for (const { id, keys } of rows.filter((row) => moves.has(row.id))) {
        const [key, sign] = keys[nameOf(side)];
        move(key, sign * moves.get(id));
      }
      byId(`pair-alone-${side}`).href = `${nameOf(side)}/live.html${models[side].address()}`;
    }
    history.replaceState(null, "", address());
    show().catch((error) => word(`It cannot be decoded: ${error.message}`));
  }

  function address() {
    const set = { a: nameOf(0), b: nameOf(1), from: byId("pair-from").value, ...Object.fromEntries(moves) };
    return `?${new URLSearchParams(set)}`;
  }

  // ---- what is shown; changes that come meanwhile are shown together ----

  async function show() {
    if (busy) return;
    busy = true;
    try {
      for (let shown = -1; shown !== wanted; ) {
        shown = wanted;
        for (const side of SIDES) await draw(side, models[side]);
      }
    } finally {
      busy = false;
    }
  }

  async function draw(side, live) {
    const { picture } = featamp;
    const code = live.moved();
    const [before, after] = [await live.decode(live.start()), await live.decode(code)];
    const { distance } = live.support(code);
    picture.draw(picture.canvas(`pair-before-${side}`), before);
    picture.draw(picture.canvas(`pair-face-${side}`), after);
    const change = `${(255 * picture.change(after, before)).toFixed(1)} of 255 grey levels changed`;
    const limit = `${100 * live.within} % of real ones: within ${live.limit.toFixed(1)}`;
    const near = `${distance.toFixed(1)} σ to the nearest real code (${limit})`;
    const moved = [...live.now.moves].map(([key, alpha]) => `${called(live.things.get(key))} ${signed(alpha)} σ`);
    byId(`pair-of-${side}`).textContent = [nameOf(side), live.now.from, ...moved].join(", ");
    byId(`pair-face-${side}`).ariaLabel = `Decoded: ${byId(`pair-of-${side}`).textContent}`;
    byId(`pair-said-${side}`).textContent = `${change}; ${near}`;
  }

  function step(by) {
    const { options, selectedIndex } = byId("pair-from");
    byId("pair-from").selectedIndex = (selectedIndex + by + options.length) % options.length;
    changed();
  }

  for (const [side, key] of ["a", "b"].entries()) {
    const known = [...names[side].options].some(({ value }) => value === asked.get(key));
    if (known) names[side].value = asked.get(key);
    // another model is opened anew: the address holds what is set
    names[side].onchange = () => models.length && (location.search = address());
  }
  byId("pair-open").onclick = open;
  byId("pair-from").onchange = changed;
  byId("pair-before-it").onclick = () => step(-1);
  byId("pair-after-it").onclick = () => step(1);
  byId("pair-reset").onclick = () => rows.filter(({ id }) => moves.has(id)).forEach(({ element }) => element.set(0));
  if (asked.size) open(); // a link shows what it names
}
