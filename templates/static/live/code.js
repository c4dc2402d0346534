"use strict";
// The code that is shown: where it starts, how far it has moved along what, and what that says. The address holds it.
{
  const { live } = featamp;
  const SET_ASIDE = ["from", "lock", "hand"]; // names in an address that are no moves
  const FARTHEST = 1000; // standard deviations

  // `from` is the name of an image, "mean", or "prior-" and a seed; `moves` are by key, in standard deviations.
  const now = { from: "", moves: new Map(), locked: new Set(), hand: "" };
  const things = new Map([...(live.dimensions ?? []), ...(live.directions ?? [])].map((thing) => [thing.key, thing]));

  const row = (array, k) => array.subarray(k * live.dims, (k + 1) * live.dims);

  // ---- codes ----

  // Numbers from 0 to 1, the same for the same seed (mulberry32).
  function random(seed) {
    let a = seed >>> 0;
    return () => {
      a = (a + 0x6d2b79f5) >>> 0;
      let t = Math.imul(a ^ (a >>> 15), a | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }

  // A draw from the prior, a standard normal in raw units (Box and Muller).
  function drawn(seed) {
    const next = random(seed);
    return Float32Array.from({ length: live.dims }, () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()));
  }

  function start() {
    const { codes, mean } = live.numbers;
    if (now.from === "mean") return mean.slice();
    if (now.from.startsWith("prior-")) return drawn(Number(now.from.slice(6)));
    return row(codes, live.names.indexOf(now.from)).slice();
  }

  // The start, moved; `other` gives some keys other moves.
  function moved(other = new Map()) {
    const code = start();
    for (const [key, alpha] of new Map([...now.moves, ...other])) add(code, key, alpha);
    return code;
  }

  function add(code, key, alpha) {
    const { std, moves } = live.numbers;
    const at = (live.directions ?? []).findIndex((direction) => direction.key === key);
    if (at < 0) code[key] += alpha * std[key];
    else row(moves, at).forEach((length, dim) => (code[dim] += alpha * length));
  }

  // ---- what a code says ----

  let real = null; // the real codes that the page holds, in standard deviations

  // The code at row `k`, in standard deviations; what has collapsed counts for nothing.
  const inSigma = (codes, k) => row(codes, k).map((value, dim) => (live.numbers.spread[dim] > 0 ? value / live.numbers.spread[dim] : 0));
  const apart = (a, b) => Math.sqrt(a.reduce((sum, value, dim) => sum + (value - b[dim]) ** 2, 0));

  // The nearest of the real codes that the page holds, but for the start itself, and the distance in standard deviations; and
  // whether the code lies farther out in the direction of its move than all but a few of them.
  function support(code) {
    const here = inSigma(code, 0);
    const begin = inSigma(start(), 0);
    const step = here.map((value, dim) => value - begin[dim]);
    const along = (values) => values.reduce((sum, value, dim) => sum + value * step[dim], 0);
    real ??= live.names.map((_, k) => inSigma(live.numbers.codes, k));
    const others = real.map((values, k) => ({ name: live.names[k], distance: apart(values, here), along: along(values) }));
    const nearest = others.filter(({ name }) => name !== now.from).reduce((a, b) => (b.distance < a.distance ? b : a));
    const places = others.map((other) => other.along).sort((a, b) => a - b);
    const edge = Math.floor(live.tail * places.length);
    const moves = step.some((part) => part !== 0);
    return { ...nearest, beyond: moves && (along(here) < places[edge] || along(here) > places.at(-1 - edge)) };
  }

  // Change of each attribute's logit since the start, in its standard deviations over images, the largest first.
  function read(code) {
    const begin = start();
    const { readers } = live.numbers;
    const change = (k) => row(readers, k).reduce((sum, weight, dim) => sum + weight * (code[dim] - begin[dim]), 0);
    return live.readers.map((name, k) => ({ name, change: change(k) })).sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
  }

  // ---- changes ----

  // Standard deviations that are typed or stand in an address, with a comma or a long minus, too; NaN for all else.
  function alphaOf(text) {
    const alpha = Number(text.trim().replace(",", ".").replace("−", "-") || NaN);
    return Math.abs(alpha) <= FARTHEST ? Number(alpha.toFixed(4)) : NaN;
  }

  function move(key, alpha) {
    if (!things.has(key) || now.locked.has(key) || !Number.isFinite(alpha)) return;
    if (alpha) now.moves.set(key, alpha);
    else now.moves.delete(key);
    now.hand = key;
  }

  // Back to the start; what is locked stays.
  const reset = () => [...now.moves.keys()].filter((key) => !now.locked.has(key)).forEach((key) => now.moves.delete(key));

  function lock(key, on) {
    if (on) now.locked.add(key);
    else now.locked.delete(key);
  }

  // ---- the address ----

  function address() {
    const set = { from: now.from, ...Object.fromEntries(now.moves) };
    if (now.locked.size) set.lock = [...now.locked].join(" ");
    set.hand = now.hand;
    return `?${new URLSearchParams(set)}`;
  }

  // What an address says, as far as it is known here.
  function recall(search) {
    const asked = new URLSearchParams(search);
    const from = asked.get("from") ?? "";
    const known = live.names.includes(from) || from === "mean" || /^prior-\d{1,10}$/.test(from);
    now.from = known ? from : live.names[0];
    now.moves.clear();
    now.locked.clear();
    for (const [key, value] of asked) if (!SET_ASIDE.includes(key)) move(key, alphaOf(value));
    for (const key of (asked.get("lock") ?? "").split(" ")) if (things.has(key)) now.locked.add(key);
    const hand = asked.get("hand");
    now.hand = things.has(hand) ? hand : now.hand || [...things.keys()][0];
    return asked.size > 0;
  }

  Object.assign(live, { now, things, start, moved, support, read, alphaOf, move, reset, lock, address, recall });
}
