"use strict";
// selection.toml: the choice and the notes that it holds, and a text of it with others in their place.
{
  const { report, toml } = featamp;

  // What a value has to be, by the kind of its field.
  const HOLDS = {
    text: (value) => typeof value === "string",
    model: (value) => typeof value === "string",
    choice: (value, { choices }) => value === "" || choices.includes(value),
    count: (value) => Number.isInteger(value) && value >= 0,
    moves: (value) => typeof value === "string" && moves(value).length > 0,
  };
  const TABLES = /^\[("blind"|"writeup"|"dimension"(,"(0|[1-9]\d*)")?|"combination"(,"(?:[^"\\]|\\.)*")?)?]$/;
  const MOVE = /^[ \t]*(0|[1-9]\d{0,8})[ \t]+([+-]?\d{1,9}(?:\.\d{1,9})?)[ \t]*$/;
  const NAME = /^(?! )[^\x00-\x1f\x7f]{1,60}(?<! )$/u; // of a combination

  // Dimensions and how far each is moved in standard deviations, of "94 +1.5, 12 -2"; none where a text is no such list.
  function moves(text) {
    const found = text.split(",").map((part) => MOVE.exec(part)?.slice(1).map(Number));
    const fit = found.every((move) => move?.[1]) && new Set(found.map(([dim]) => dim)).size === found.length;
    return fit ? found : [];
  }

  // One table of a selection: "writeup", "blind", "dimension" with its number, or "combination" with its name. Combinations are
  // a list: a person may call one what every object of a script has.
  const home = (selection, table) => (table === "dimension" ? selection.dimension : selection);
  const combined = ({ combination }, name) => combination.find((some) => some.name === name);
  const record = (selection, table, key) =>
    (table === "combination" ? combined(selection, key) : home(selection, table)[key ?? table]) ?? {};
  function put(selection, [table, key], name, value) {
    if (table !== "combination") home(selection, table)[key ?? table] ??= {};
    else if (!combined(selection, key)) selection.combination.push({ name: key });
    record(selection, table, key)[name] = value;
  }
  const without = (combination, name) => combination.filter((some) => some.name !== name);

  // What does not say for which model it was written is of this one.
  function mark({ dimension, writeup, blind, combination }, model) {
    for (const some of [...Object.values(dimension), writeup, blind ?? {}, ...combination]) {
      if (model && Object.values(some).some(Boolean)) some.model ||= model;
    }
  }

  // What a file holds; an Error with a sentence where it is no selection.
  function parse(text, dims = report.dims) {
    const selection = { chosen: [], model: "", dimension: {}, writeup: {}, blind: null, combination: [] };
    const { values, places } = toml.read(text);
    let chosen = [];
    const expect = (holds, id) => {
      if (!holds) throw new Error(`${JSON.parse(id).join(".")} is not what selection.toml holds`);
    };
    const expectDim = (dim, place, words, model) => {
      const known = isEarlier(model) ? Infinity : dims; // nobody knows how many an earlier model had
      if (Number.isInteger(dim) && dim >= 0 && dim < known) return;
      throw new Error(`${place} names dimension ${words}, expected 0 to ${dims - 1}`);
    };
    for (const id of places.keys()) {
      expect(TABLES.test(id), id);
      const [table, key] = JSON.parse(id);
      if (table === "blind") selection.blind = {};
      if (table === "combination" && key !== undefined) put(selection, [table, key], "moves", "");
    }
    for (const [id, { value }] of values) {
      if (value?.inline) continue;
      const path = JSON.parse(id);
      const name = path.pop();
      const [table, key] = path;
      if (table) {
        const field = report.fields[table].find((field) => field.name === name);
        const several = ["dimension", "combination"].includes(table);
        expect(field && HOLDS[field.kind](value, field) && several === Boolean(key), id);
        put(selection, path, name, value);
      } else if (name === "model") {
        expect(HOLDS.model(value), id);
        selection.model = value;
      } else {
        expect(name === "chosen" && Array.isArray(value), id);
        chosen = value;
        selection.chosen = value.map((item) => item.value);
        expect(new Set(selection.chosen).size === value.length, id);
      }
    }
    for (const { value, start, end } of chosen) expectDim(value, "chosen", text.slice(start, end), selection.model);
    mark(selection, selection.model);
    for (const id of places.keys()) {
      const [table, dim] = JSON.parse(id);
      if (table === "dimension" && dim) expectDim(Number(dim), `[dimension.${dim}]`, dim, (selection.dimension[dim] ?? selection).model);
    }
    for (const { name, moves: list, model } of selection.combination) {
      expect(NAME.test(name) && list, JSON.stringify(["combination", name]));
      for (const [dim] of moves(list)) expectDim(dim, `combination.${name}.moves`, dim, model);
    }
    const { blind } = selection;
    const counted = !blind || (blind.named <= blind.shown && blind.decoys_named <= blind.decoys_shown);
    expect(counted, '["blind"]'); // all four, too
    return selection;
  }

  // Whether something was written on another model than this one.
  const isEarlier = (model) => Boolean(report.model && model && model !== report.model);

  // Every filled field of a selection as text, by its name: "chosen", "94.label", "writeup.why", "blind", "combination.smile".
  // What it was written for counts where something is.
  function fields({ chosen, model, dimension, writeup, blind, combination }) {
    const named = (place, table, values) => {
      const filled = report.fields[table].filter(({ name }) => values[name]);
      const words = filled.some(({ kind }) => kind !== "model");
      return words ? filled.map(({ name }) => [`${place}.${name}`, values[name]]) : [];
    };
    const notes = Object.entries(dimension).flatMap(([dim, note]) => named(dim, "dimension", note));
    const counted = ({ name, kind }) => kind === "model" ? blind.model : `${name.replace("_", " ")} ${blind[name]}`;
    const counts = blind && report.fields.blind.map(counted).filter(Boolean).join(", ");
    const choice = [["chosen", chosen.join(", ")], ["model", chosen.length ? model : ""]];
    const together = combination.map(({ name, moves, notes, model }) => [
      `combination.${name}`,
      [moves, notes && toml.quoted(notes), model].filter(Boolean).join("; "),
    ]);
    const words = named("writeup", "writeup", writeup);
    const every = [...choice, ...notes, ...words, ["blind", counts], ...together.sort()];
    return Object.fromEntries(every.filter(([, value]) => value));
  }

  const canonical = (selection) => JSON.stringify(fields(selection));

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
  function edit(text, given) {
    const { values, places, heads } = toml.read(text);
    const first = values.get('["model"]');
    const wanted = structuredClone(given);
    const model = (wanted.chosen.length && wanted.model) || first?.value || "";
    mark(wanted, model);
    const eol = text.includes("\r\n") ? "\r\n" : "\n";
    let result = text && !text.endsWith("\n") ? text + eol : text;
    const end = result.length;
    const edits = [];
    const insert = (at, line) => edits.push({ start: at, end: at, text: line });
    const write = (table, key, value) => {
      const there = values.get(JSON.stringify([...table, key]));
      if (there ? there.value === value : value === "") return;
      if (there) return edits.push({ ...there, text: toml.quoted(value) });
      const id = JSON.stringify(table);
      if (!places.has(id)) {
        insert(end, `${text || edits.length ? eol : ""}[${table.map(toml.key).join(".")}]${eol}`);
        places.set(id, { at: end, base: table, fresh: true });
      }
      const place = places.get(id);
      const line = `${[...table.slice(place.base.length), key].map(toml.key).join(".")} = ${toml.quoted(value)}`;
      insert(place.at, place.inline ? (place.empty ? " " : ", ") + line : place.fresh ? line + eol : eol + line);
      place.empty = false;
    };
    const list = values.get('["chosen"]');
    if (list) {
      const there = list.value.map((item) => item.value).join();
      if (there !== wanted.chosen.join()) edits.push(...listEdits(list, wanted.chosen, text));
    } else if (wanted.chosen.length) insert(0, `chosen = [${wanted.chosen.join(", ")}]${eol}`);
    if (first || places.has("[]")) write([], "model", model);
    else if (model) insert(0, `model = ${toml.quoted(model)}${eol}`);
    const writeAll = (table, some) => {
      for (const { name, kind } of report.fields[table[0]]) {
        const value = some[name] ?? "";
        const told = kind === "model" && value === model && !values.has(JSON.stringify([...table, name]));
        if (!told) write(table, name, value); // else the file's first lines tell it
      }
    };
    for (const [dim, note] of Object.entries(wanted.dimension)) writeAll(["dimension", dim], note);
    writeAll(["writeup"], wanted.writeup);
    if (wanted.blind) writeAll(["blind"], wanted.blind);
    for (const some of wanted.combination) writeAll(["combination", some.name], some);
    const gone = (id) => {
      const [table, key] = JSON.parse(id);
      return table === "combination" && key !== undefined && !combined(wanted, key);
    };
    for (const [id, { value, from: start, end }] of values) {
      if (gone(id) && !value?.inline) edits.push(toml.cut(text, { start, end }));
    }
    for (const [id, head] of heads) if (gone(id)) edits.push(toml.cut(text, head));
    for (const { start, end, text } of edits.sort((a, b) => a.start - b.start || a.end - b.end).reverse()) {
      result = result.slice(0, start) + text + result.slice(end);
    }
    if (canonical(parse(result, Infinity)) !== canonical(wanted)) throw new Error("cannot be edited");
    return result;
  }

  featamp.selection = { parse, edit, mark, record, put, without, moves, isEarlier, fields, canonical, NAME };
}
