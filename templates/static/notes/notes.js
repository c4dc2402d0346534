"use strict";
// Choice and notes: what was built into the page, overlaid with what this browser keeps.
{
  const { kept, keep, typing, report, selection, form, tray, differing } = featamp;
  const { parse, edit, mark, record, put, without, fields, canonical } = selection;
  const place = `featamp:${report.id}`;
  const built = canonical(report.built);

  const past = []; // what can be undone, the last at the end: in words, and the state before; none once another has written

  const now = {
    state: null, // what the fields show
    base: null, // what the edits started from
    known: null, // what the file has held since, as far as we know; the last is the newest
    text: null, // the file as last seen
    downloaded: false, // whether the last that was saved is a download, of which nobody knows where it went
    kept: true, // whether the browser keeps anything
    old: false, // whether somebody has built the pages anew since this one was loaded
    due: false, // whether it is to be loaded anew
  };

  // Start from what was built, overlaid with what the browser keeps; `field` is one to leave as it is.
  function recall(field) {
    const start = { state: structuredClone(report.built), base: report.built, known: [built], text: report.text };
    past.length = 0;
    Object.assign(now, start, { downloaded: false });
    try {
      const { state, base, known, downloaded, over, text } = kept(place);
      const whole = [state, base].map((some) => ({ writeup: {}, combination: [], ...some })); // there were none once
      for (const some of whole) parse(edit("", some));
      Object.assign(now, { state: whole[0], base: whole[1], known: known.map(String), downloaded });
      if (over === report.text) now.text = text;
    } catch {} // there is none, or none that can be used
    show();
    form.fill(now.state, field);
  }

  function remember() {
    const { state, base, known, downloaded, text } = now;
    const clean = canonical(state) === built && !unsaved() && text === report.text;
    const value = { state, base, known: known.slice(-9), downloaded, over: report.text, text };
    now.kept = keep(place, clean ? null : value) !== null;
  }

  const unsaved = () => canonical(now.state) !== now.known.at(-1);
  const parted = () => !now.known.includes(built); // the file was changed by somebody else

  // `word` is the last that was done, left as it is where there is none.
  function show(word) {
    const { state, kept, downloaded, due } = now;
    const saved = !unsaved() && canonical(state) !== built;
    const when = {
      undo: past.length > 0,
      unswept: state.chosen.some((dim) => !report.known[dim].page),
      kept: kept && unsaved(),
      unsaved: !kept && unsaved(),
      saved: saved && !downloaded,
      downloaded: saved && downloaded,
      due,
      lost: !kept,
      other: state.chosen.join() !== report.built.chosen.join(),
    };
    tray.show(state, when, composed().text, word);
    form.mark(state);
    document.dispatchEvent(new Event("noted"));
    window.onbeforeunload = when.unsaved ? (event) => event.preventDefault() : null; // whoever leaves loses it
  }

  function changed(word = "") {
    remember();
    show(word);
  }

  // Changed by something else than the fields, which show it.
  function refreshed(word) {
    changed(word);
    form.fill(now.state);
  }

  // ---- one change ----

  // What a person does can be undone; letters typed in a field while it has the focus are one step.
  function undoable(words, field) {
    if (!field || past.at(-1)?.field !== field) past.push({ words, field, state: structuredClone(now.state) });
  }

  function undo() {
    const last = past.pop();
    if (last) now.state = last.state;
    refreshed(last ? `Undone: ${last.words}.` : "Nothing to undo.");
  }

  const set = (part, name, value) => put(now.state, part, name, value.toWellFormed?.() ?? value);

  // Whether a choice or three letters in a row are left of what was built.
  function goesOn(part) {
    const [old, own] = [report.built, now.state].map((state) => record(state, ...part));
    return report.fields[part[0]].some(({ name, kind }) => {
      const [was = "", is = ""] = kind === "model" ? [] : [old[name], own[name]];
      const size = kind === "text" ? Math.min(3, was.length) : was.length;
      return size && [...was.slice(size - 1)].some((_, at) => is.includes(was.slice(at, at + size)));
    });
  }

  // Words are of this model, unless they go on from those on an earlier one.
  const rewritten = new Set();
  function say(part, name, value, field) {
    undoable(part[1] ? `${name} of ${part[1]}` : name, field);
    set(part, name, value);
    const { model } = record(now.state, ...part);
    const goes = model && goesOn(part);
    if (goes && rewritten.delete(part.join())) set(part, "model", record(report.built, ...part).model);
    if (goes || !report.model || model === report.model) return;
    if (model) rewritten.add(part.join());
    set(part, "model", report.model);
  }

  function setChosen(dim, chosen) {
    undoable("the choice");
    now.state.chosen = now.state.chosen.filter((other) => other !== dim);
    if (chosen) now.state.chosen.push(dim);
    chose();
  }

  // A choice is of this model, and so is what does not say of which it is.
  function chose() {
    now.state.model = report.model;
    mark(now.state, report.model);
  }

  // Whether what was written on an earlier model holds for this one, as the person says.
  function confirmed(part, holds) {
    undoable("that it holds");
    rewritten.delete(part.join());
    set(part, "model", holds ? report.model : record(report.built, ...part).model);
  }

  // Make these the choice; one that a person made is replaced only if they say so.
  function choose(dims) {
    const mine = now.state.chosen.join(", ");
    const wanted = dims.join(", ");
    if (mine && mine !== wanted && !confirm(`Choose ${wanted} instead of ${mine}?`)) return;
    undoable("the choice");
    now.state.chosen = dims;
    chose();
    refreshed();
  }

  function edited(field) {
    if (field.dataset.tick) setChosen(Number(field.dataset.tick), field.checked);
    else if (field.name === "model") confirmed(form.part(field.form), field.checked);
    else say(form.part(field.form), field.name, field.value, field);
    changed();
  }

  // ---- another version ----

  // The fields that a selection does not share with this page: their names.
  function differences(theirs) {
    const [mine, other] = [fields(now.state), fields(theirs)];
    return Object.keys({ ...mine, ...other }).filter((name) => mine[name] !== other[name]);
  }

  function take(name, theirs) {
    past.length = 0;
    const [where, key] = name.split(/\.(.*)/s);
    if (where === "combination") {
      const theirOwn = theirs.combination.filter((some) => some.name === key);
      now.state.combination = [...without(now.state.combination, key), ...theirOwn];
      return;
    }
    const part = where === "writeup" ? ["writeup"] : ["dimension", where];
    if (key) put(now.state, part, key, record(theirs, ...part)[key] ?? "");
    else now.state[name] = theirs[name];
  }

  // Whether the person has decided between this page and `theirs`, which `file` holds.
  async function ask(theirs, file) {
    const names = differences(theirs);
    const taken = await differing.ask(names, ...[now.state, theirs, now.base].map(fields), file);
    for (const name of taken ?? []) take(name, theirs);
    return taken !== null;
  }

  // The file holds `theirs`: what only it has changed is taken over, what only this browser has stays, and where both have
  // changed the same the person is asked. Whether all is settled, once the person has decided.
  async function reconcile(theirs, text, file) {
    const [mine, other, start] = [now.state, theirs, now.base].map(fields);
    const names = differences(theirs);
    for (const name of names) if (mine[name] === start[name]) take(name, theirs);
    if (names.some((name) => mine[name] !== start[name] && other[name] !== start[name])) {
      refreshed();
      if (!(await ask(theirs, file))) return false;
    }
    now.base = structuredClone(theirs);
    now.known.push(canonical(theirs));
    now.text = text;
    refreshed("Settled with the file.");
    return true;
  }

  // The file as it will be; `whole` says that it had to be written anew, which loses comments.
  function composed() {
    try {
      return { text: edit(now.text, now.state), whole: false };
    } catch {
      return { text: edit("", now.state), whole: true };
    }
  }

  // Load the page as it is built now, but not under the hands of somebody who types. `word` is said when it is loaded.
  function renew(word = "") {
    now.due = true;
    history.replaceState(word, "");
    if (typing(document.activeElement)) show(word);
    else location.reload();
  }

  // Whether what is built into this page is settled with what the browser holds.
  function agreed() {
    if (now.old) renew("Built anew: press Save again.");
    return !now.old && (!parted() || reconcile(report.built, report.text, `the built ${report.file}`));
  }

  // What save.js needs to write and to load the file.
  featamp.notes = { now, place, unsaved, differences, ask, reconcile, composed, agreed, changed, refreshed, renew, show };
  // For whoever else has something to note.
  Object.assign(featamp.notes, {
    setLabel(dim, label) {
      say(["dimension", dim], "label", label);
      refreshed();
    },
    // Whether the person agrees to replace one of the same name.
    combine(name, moves) {
      const there = record(now.state, "combination", name).moves;
      if (there && there !== moves && !confirm(`Replace “${name}”, ${there}, by ${moves}?`)) return false;
      undoable(`the combination ${name}`);
      set(["combination", name], "moves", moves);
      if (report.model) set(["combination", name], "model", report.model);
      refreshed("");
      return true;
    },
    // Whether the person agrees to replace an earlier result.
    setBlind(result) {
      if (now.state.blind && !confirm("End, and replace the earlier result?")) return false;
      now.state.blind = report.model ? { ...result, model: report.model } : result;
      changed();
      return true;
    },
  });

  document.addEventListener("input", ({ target }) => {
    if (target.dataset.tick || form.formOf(target)) edited(target);
  });
  document.addEventListener("submit", (event) => event.target.dataset.table && event.preventDefault());
  document.addEventListener("click", ({ target }) => {
    if (target.closest("#undo")) undo();
    const dims = target.closest("[data-choose]")?.dataset.choose;
    const dim = target.closest("[data-without]")?.dataset.without;
    const name = target.closest("[data-remove]")?.dataset.remove;
    if (dims) choose(dims.split(",").map(Number));
    if (dim) setChosen(Number(dim), false);
    if (name) {
      undoable(`the combination ${name}`);
      now.state.combination = without(now.state.combination, name);
    }
    if (dim || name) {
      refreshed();
      tray.focus();
    }
  });
  // Another page of the site has written, perhaps before it knew of the last key pressed here.
  window.addEventListener("storage", ({ key, newValue }) => {
    if (key !== place) return;
    const field = document.activeElement;
    const open = document.hasFocus() && !field.dataset.tick && form.formOf(field);
    const before = now.known.join();
    if (!newValue && now.known.at(-1) !== built) now.old = true; // what was saved is in the other's build
    else {
      recall(open && field);
      if (open) edited(field);
      if (parted() && now.known.join() !== before) now.old = true; // the other is of a newer build
    }
    if (now.old) renew();
  });
  document.addEventListener("focusout", ({ relatedTarget }) => {
    if (past.length) past.at(-1).field = null;
    if (now.due && !relatedTarget?.closest(".tray")) setTimeout(() => renew(history.state)); // when the next has the focus
  });
  window.onpageshow = ({ persisted }) => persisted && now.kept && location.reload();

  const early = document.activeElement; // somebody may have typed before this script was there
  const typed = form.formOf(early) && !early.dataset.tick && early.value !== early.defaultValue;
  recall(typed && early);
  if (parted() && canonical(now.state) === built) now.known = [built];
  if (!parted()) {
    now.base = report.built;
    now.known = now.known.slice(now.known.indexOf(built)); // what the file held before would be a change now
  }
  remember();
  if (typed) edited(early);
  agreed();
  show(history.state);
  history.replaceState(null, "");
}
