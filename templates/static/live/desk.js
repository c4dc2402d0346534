"use strict";
// The page Live: opens the decoder, and shows at once what is moved; the strip and what is measured follow when it rests.
{
  const { byId, make, live, picture, sliders, keeping } = featamp;
  const { signed, title } = sliders;
  const RESTS = 120; // ms without a change
  let before = null; // the start, decoded, and what it is of
  let wanted = 0; // changes so far
  let resting = 0;
  let busy = false;

  const word = (text) => (byId("live-word").textContent = text);
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

  // What is shown, in words: "000123.jpg, dimension 94 +1.50 σ".
  function said(without) {
    const { from, moves } = live.now;
    const begin = from === "mean" ? "the mean code" : from.startsWith("prior-") ? `a draw from the prior (${from.slice(6)})` : from;
    const moved = [...moves].filter(([key]) => key !== without).map(([key, alpha]) => `${title(live.things.get(key))} ${signed(alpha)} σ`);
    return [begin, ...moved].join(", ");
  }

  async function reconstruction() {
    if (before?.of !== live.now.from) before = { of: live.now.from, pixels: await live.decode(live.start()) };
    return before.pixels;
  }

  // The face as it is set now; changes that come meanwhile are shown together.
  async function face() {
    if (busy) return;
    busy = true;
    try {
      for (let shown = -1; shown !== wanted; ) {
        shown = wanted;
        const [start, pixels] = [await reconstruction(), await live.decode(live.moved())];
        picture.draw(picture.canvas("live-face"), pixels);
        picture.draw(picture.canvas("live-before"), start);
        picture.draw(picture.canvas("live-difference"), picture.difference(pixels, start));
        byId("live-face").ariaLabel = `Decoded: ${said()}`;
        byId("live-of").textContent = said();
        byId("live-change").textContent = `${(255 * picture.change(pixels, start)).toFixed(1)} of 255 grey levels`;
      }
    } catch (error) {
      word(`It cannot be decoded: ${error.message}`);
    } finally {
      busy = false;
    }
  }

  // What takes longer: the strip of all steps along what is in hand, the nearest real image, the probes.
  async function rest() {
    const { hand } = live.now;
    const code = live.moved();
    const near = live.support(code);
    const far = near.distance > live.limit ? "farther than" : "as near as";
    const beyond = near.beyond ? "; beyond them in the direction of the move" : "";
    const rule = `${far} real codes are to each other (${100 * live.within} % within ${live.limit.toFixed(1)} σ)`;
    byId("live-distance").textContent = `${near.distance.toFixed(1)} σ to the nearest, ${rule}${beyond}`;
    byId("live-outside").hidden = !(near.distance > live.limit || near.beyond);
    readers(code);
    const rows = [...live.steps.map((step) => live.moved(new Map([[hand, step]]))), nearestCode(near.name)];
    const codes = new Float32Array(rows.length * live.dims);
    rows.forEach((row, k) => codes.set(row, k * live.dims));
    const pixels = await live.decode(codes);
    const strip = picture.canvas("live-strip", live.steps.length);
    live.steps.forEach((_, k) => picture.draw(strip, pixels, k, k));
    strip.ariaLabel = `${title(live.things.get(hand))} from ${signed(live.steps[0])} to ${signed(live.steps.at(-1))} σ`;
    byId("live-strip-of").textContent = `${strip.ariaLabel}, all else as above`;
    picture.draw(picture.canvas("live-near"), pixels, live.steps.length);
    byId("live-near").ariaLabel = `The nearest real image, ${near.name}, reconstructed`;
    byId("live-near-of").textContent = `nearest: ${near.name}`;
  }

  const nearestCode = (name) => {
    const k = live.names.indexOf(name);
    return live.numbers.codes.subarray(k * live.dims, (k + 1) * live.dims);
  };

  function readers(code) {
    const line = ({ name, change }) =>
      make("div", {}, make("dt", {}, name.replaceAll("_", " ")), make("dd", {}, signed(change)));
    byId("live-readers")?.replaceChildren(...live.read(code).slice(0, 8).map(line));
  }

  // Something was moved.
  function changed() {
    wanted += 1;
    sliders.show();
    keeping.show();
    history.replaceState(null, "", live.address());
    face();
    clearTimeout(resting);
    resting = setTimeout(() => rest().catch((error) => word(error.message)), RESTS);
  }

  function startFrom(from) {
    live.now.from = from;
    if (live.names.includes(from) || from === "mean") byId("live-from").value = from;
    else byId("live-from").value = "prior";
    changed();
  }

  const draw = () => startFrom(`prior-${crypto.getRandomValues(new Uint32Array(1))[0]}`);

  function step(by) {
    const at = live.names.indexOf(live.now.from);
    startFrom(live.names[(at + by + live.names.length) % live.names.length]);
  }

  async function open() {
    if (live.weights > live.askedAbove && !confirm(`Load ${megabytes(live.weights)} of weights?`)) return;
    byId("live-open").disabled = true;
    word("Loading …");
    try {
      await live.open();
    } catch (error) {
      byId("live-open").disabled = false;
      return word(`The decoder does not open: ${error.message}`);
    }
    word("");
    byId("live-opening").hidden = true;
    byId("live-desk").hidden = false;
    sliders.start(changed);
    keeping.start(changed);
    startFrom(live.now.from);
  }

  const caption = (what, without) => [`${what}: ${said(without)}`, `${document.title}, checkpoint ${live.checkpoint}`];
  const ACTS = {
    "live-reset": () => {
      live.reset();
      sliders.arrange();
      changed();
    },
    "live-before-it": () => step(-1),
    "live-after-it": () => step(1),
    "live-draw": draw,
    "live-keep-face": () => picture.download(byId("live-face"), caption("Decoded"), "live-face.png"),
    "live-keep-strip": () => picture.download(byId("live-strip"), caption(byId("live-strip").ariaLabel, live.now.hand), "live-strip.png"),
    "live-copy": copyCode,
  };

  // The code as a list that Python and JSON read; shown where the clipboard is blocked.
  async function copyCode() {
    const text = `[${[...live.moved()].join(", ")}]`;
    byId("live-code").value = text;
    byId("live-code").hidden = false;
    byId("live-code").select();
    await navigator.clipboard?.writeText(text).then(() => word("Copied."), () => word("Press Ctrl+C to copy it."));
  }

  if (live.served && !location.protocol.startsWith("http")) byId("live-opening").hidden = true;
  else if (!live.reason) {
    const asked = live.recall(location.search);
    for (const [id, act] of Object.entries(ACTS)) byId(id).onclick = act;
    byId("live-from").onchange = ({ target: { value } }) => (value === "prior" ? draw() : startFrom(value));
    byId("live-open").onclick = open;
    if (asked) open(); // a link shows what it names
  }
}
