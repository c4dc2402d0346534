"use strict";
// selection.toml: read it, and change values in it so that all else stays as the person wrote it.

const KEYS = ["label", "effect", "quality", "consistent", "notes"];
const BLIND = ["named", "shown", "decoys_named", "decoys_shown"];

// Where values stand: `values` by path, and `places`, by the path of a table, where one more line can go.
function readToml(text) {
  const values = new Map();
  const places = new Map();
  let at = 0;
  let base = [];
  const fail = (what) => {
    throw new Error(`line ${text.slice(0, at).split("\n").length}: ${what}`);
  };
  const take = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found?.[0];
  };
  const blank = () => take(/[ \t]*/y);
  const gap = () => take(/(?:[ \t\r\n]|#[^\n]*)*/y);
  const unescape = (raw) =>
    raw.replace(/\\(?:u([\da-fA-F]{4})|U([\da-fA-F]{8})|([btnfr"\\])|[ \t]*\n[ \t\n]*|[^])/g, (all, four, eight, one) => {
      if (one) return JSON.parse(`"${all}"`);
      const code = parseInt(four || eight, 16);
      if (code < 0x110000 && code >> 11 !== 27) return String.fromCodePoint(code); // no half of a pair
      return all.includes("\n") ? "" : fail(`${all} is not known`);
    });
  const string = () => {
    const long = take(/"""(?:\\[^]|[^"\\]|""?(?!"))*"{3,5}|'''(?:[^']|''?(?!'))*'{3,5}/y);
    const raw = long ?? take(/"(?:\\[^\n]|[^"\\\n])*"|'[^'\n]*'/y) ?? fail("a text does not end");
    const cut = long ? 3 : 1;
    const inner = raw.slice(cut, -cut).replace(/\r\n/g, "\n");
    const content = long ? inner.replace(/^\n/, "") : inner;
    return raw[0] === '"' ? unescape(content) : content;
  };
  const key = () => {
    const parts = [];
    do {
      blank();
      parts.push(take(/[\w-]+/y) ?? (/["']/.test(text[at]) ? string() : fail("a key is missing")));
      blank();
    } while (take(/\./y));
    return parts;
  };
  const pair = (table) => {
    const path = [...table, ...key()];
    if (!take(/=/y)) fail("= is missing");
    blank();
    const id = JSON.stringify(path);
    if (values.has(id) || places.has(id)) fail(`${path.join(".")} stands twice`);
    values.set(id, value(path));
    return path;
  };
  const list = () => {
    const items = [];
    for (at += 1, gap(); !take(/\]/y); gap()) {
      const item = value(null);
      items.push(item);
      gap();
      if (take(/,/y)) item.comma = at;
      else if (text[at] !== "]") fail("] is missing");
    }
    return items;
  };
  const inline = (path) => {
    const place = { at: ++at, base: path ?? fail("a table is not expected"), inline: true, empty: true };
    places.set(JSON.stringify(path), place);
    for (blank(); !take(/\}/y); ) {
      pair(path);
      Object.assign(place, { at, empty: false });
      blank();
      if (!take(/,/y) && text[at] !== "}") fail("} is missing");
    }
    return place;
  };
  const value = (path) => {
    const start = at;
    const scalar = () => {
      const word = take(/[^\s,#\]}]+/y) ?? fail("a value is missing");
      const whole = /^(?:[+-]?(?:0|[1-9]\d*(?:_\d+)*)|0[xob][\da-fA-F]+(?:_[\da-fA-F]+)*)$/;
      return whole.test(word) ? Number(word.replaceAll("_", "")) : { word };
    };
    const read = { '"': string, "'": string, "[": list, "{": () => inline(path) }[text[at]] ?? scalar;
    return { value: read(), start, end: at };
  };
  at = text.search(/[\0-\x08\v\f\x0e-\x1f\x7f]|\r(?!\n)/);
  if (at >= 0) fail("a control character");
  at = 0;
  while (gap(), at < text.length) {
    let path;
    if (take(/\[/y)) {
      base = key();
      if (!take(/\]/y)) fail("] is missing");
      const parents = base.map((_, i) => JSON.stringify(base.slice(0, i + 1)));
      if (places.has(parents.at(-1)) || parents.some((id) => values.has(id))) fail(`[${base.join(".")}] stands twice`);
    } else path = pair(base);
    take(/[ \t]*(?:#[^\r\n]*)?/y);
    if (at < text.length && !/[\r\n]/.test(text[at])) fail("the line should end here");
    places.set(JSON.stringify(base), { at, base });
    for (let depth = base.length + 1; path && depth < path.length; depth++) {
      places.set(JSON.stringify(path.slice(0, depth)), { at, base });
    }
  }
  return { values, places };
}

// The choice and the notes that a file holds; an Error with a sentence where it holds something else.
function parseSelection(text, dims, choices) {
  const selection = { chosen: [], dimension: {}, blind: null };
  const { values, places } = readToml(text);
  const expect = (holds, id) => {
    if (!holds) throw new Error(`${JSON.parse(id).join(".")} is not what selection.toml holds`);
  };
  const expectDim = (dim, place, words) => {
    if (!Number.isInteger(dim) || dim < 0 || dim >= dims) throw new Error(`${place} names dimension ${words}, expected 0 to ${dims - 1}`);
  };
  for (const id of places.keys()) {
    expect(/^\[("blind"|"dimension"(,"(0|[1-9]\d*)")?)?]$/.test(id), id);
    const [top, dim] = JSON.parse(id);
    if (dim) expectDim(Number(dim), `[dimension.${dim}]`, dim);
    if (top === "blind") selection.blind = {};
  }
  for (const [id, { value }] of values) {
    const [top, name, key] = JSON.parse(id);
    if (value?.inline) continue;
    if (key) {
      expect(KEYS.includes(key) && typeof value === "string" && (!value || (choices[key]?.includes(value) ?? true)), id);
      (selection.dimension[name] ??= {})[key] = value;
    } else if (name) {
      expect(top === "blind" && BLIND.includes(name) && Number.isInteger(value) && value >= 0, id);
      selection.blind[name] = value;
    } else {
      expect(top === "chosen" && Array.isArray(value), id);
      for (const item of value) expectDim(item.value, top, text.slice(item.start, item.end));
      selection.chosen = value.map((item) => item.value);
      expect(new Set(selection.chosen).size === value.length, id);
    }
  }
  const { blind } = selection;
  expect(!blind || (blind.named <= blind.shown && blind.decoys_named <= blind.decoys_shown), '["blind"]'); // all four, too
  return selection;
}

// Every filled field of a selection as text, by its name: "chosen", "94.label", "blind".
function fields({ chosen, dimension, blind }) {
  const notes = Object.entries(dimension).flatMap(([dim, note]) => KEYS.map((key) => [`${dim}.${key}`, note[key]]));
  const counts = blind && BLIND.map((key) => `${key.replace("_", " ")} ${blind[key]}`).join(", ");
  return Object.fromEntries([["chosen", chosen.join(", ")], ...notes, ["blind", counts]].filter(([, value]) => value));
}

const canonical = (selection) => JSON.stringify(fields(selection));

const quoted = (value) => JSON.stringify(value).replaceAll("\x7f", "\\u007f");

// What changes in the list of the chosen: one by one where there are comments behind them.
function listEdits({ value: items, start, end }, chosen, text) {
  const staying = items.filter((item) => chosen.includes(item.value));
  if (!text.slice(start, end).includes("#") || staying.some((item, i) => item.value !== chosen[i])) {
    return [{ start, end, text: `[${chosen.join(", ")}]` }];
  }
  const gone = items.filter((item) => !staying.includes(item));
  const added = chosen.slice(staying.length).join(", ");
  const at = staying.at(-1)?.end ?? start + 1;
  return [
    ...gone.map((item) => ({ start: item.start, end: item.comma ?? item.end, text: "" })),
    { start: at, end: at, text: (added && staying.length ? ", " : "") + added },
  ];
}

// `text` with the values of `wanted`; an Error where it is written in a way that cannot be changed piece by piece.
function editSelection(text, wanted) {
  const { values, places } = readToml(text);
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  let result = text && !text.endsWith("\n") ? text + eol : text;
  const end = result.length;
  const edits = [];
  const insert = (at, line) => edits.push({ start: at, end: at, text: line });
  const put = (table, key, value) => {
    const there = values.get(JSON.stringify([...table, key]));
    if (there ? there.value === value : value === "") return;
    if (there) return edits.push({ ...there, text: quoted(value) });
    const id = JSON.stringify(table);
    if (!places.has(id)) {
      insert(end, `${text || edits.length ? eol : ""}[${table.join(".")}]${eol}`);
      places.set(id, { at: end, base: table, fresh: true });
    }
    const place = places.get(id);
    const line = `${[...table.slice(place.base.length), key].join(".")} = ${quoted(value)}`;
    insert(place.at, place.inline ? (place.empty ? " " : ", ") + line : place.fresh ? line + eol : eol + line);
    place.empty = false;
  };
  const list = values.get('["chosen"]');
  if (list) {
    if (list.value.map((item) => item.value).join() !== wanted.chosen.join()) edits.push(...listEdits(list, wanted.chosen, text));
  } else if (wanted.chosen.length) insert(0, `chosen = [${wanted.chosen.join(", ")}]${eol}`);
  for (const [dim, note] of Object.entries(wanted.dimension)) {
    for (const key of KEYS) put(["dimension", dim], key, note[key] || "");
  }
  for (const key of wanted.blind ? BLIND : []) put(["blind"], key, wanted.blind[key]);
  for (const edit of edits.sort((a, b) => a.start - b.start || a.end - b.end).reverse()) {
    result = result.slice(0, edit.start) + edit.text + result.slice(edit.end);
  }
  if (canonical(parseSelection(result, Infinity, {})) !== canonical(wanted)) throw new Error("cannot be edited");
  return result;
}
