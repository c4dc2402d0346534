"use strict";
// TOML: what stands where in a text, so that values can be changed and all else stays as the person wrote it.
{
  // Where values stand: `values` by path, and `places`, by the path of a table, where one more line can go; `heads` are where
  // the names of tables stand.
  function read(text) {
    const values = new Map();
    const places = new Map();
    const heads = new Map();
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
      const from = at;
      const path = [...table, ...key()];
      if (!take(/=/y)) fail("= is missing");
      blank();
      const id = JSON.stringify(path);
      if (values.has(id) || places.has(id)) fail(`${path.join(".")} stands twice`);
      values.set(id, { ...value(path), from });
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
      const from = at;
      if (take(/\[/y)) {
        base = key();
        if (!take(/\]/y)) fail("] is missing");
        const parents = base.map((_, i) => JSON.stringify(base.slice(0, i + 1)));
        if (places.has(parents.at(-1)) || parents.some((id) => values.has(id))) fail(`[${base.join(".")}] stands twice`);
        heads.set(parents.at(-1), { start: from, end: at });
      } else path = pair(base);
      take(/[ \t]*(?:#[^\r\n]*)?/y);
      if (at < text.length && !/[\r\n]/.test(text[at])) fail("the line should end here");
      places.set(JSON.stringify(base), { at, base });
      for (let depth = base.length + 1; path && depth < path.length; depth++) {
        places.set(JSON.stringify(path.slice(0, depth)), { at, base });
      }
    }
    return { values, places, heads };
  }

  // What to cut so that a piece of a text is gone: its lines, too, where nothing else stands on them, and an empty one before.
  function cut(text, { start, end }) {
    const before = /(?<=^|\n)(?:[ \t]*\r?\n)?[ \t]*$/.exec(text.slice(0, start));
    const after = /^[ \t]*(?:\r?\n|$)/.exec(text.slice(end));
    return before && after ? { start: before.index, end: end + after[0].length, text: "" } : { start, end, text: "" };
  }

  const quoted = (value) => JSON.stringify(value).replaceAll("\x7f", "\\u007f");

  const key = (name) => (/^[\w-]+$/.test(name) ? name : quoted(name));

  featamp.toml = { read, cut, quoted, key };
}
