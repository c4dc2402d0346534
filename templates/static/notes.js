"use strict";
// Choice and notes: what was built into the page, overlaid with what was typed in this browser and is kept there.

const root = document.documentElement.dataset.root;
const place = `featamp:${report.id}`;

const built = canonical(report.built);
let state; // what the fields show
let base; // what the edits started from
let known; // what the file has held since, as far as we know; the last is the newest
let kept = true; // whether the browser keeps anything
let fileText; // the file as last seen
let downloaded; // whether the last that was saved is a download, of which nobody knows where it went
let old = false; // whether somebody has built the pages anew since this one was loaded
let due = false; // whether it is to be loaded anew

// Start from what was built, overlaid with what the browser keeps; `typing` is a field to leave as it is.
function recall(typing) {
  state = structuredClone(report.built);
  base = report.built;
  known = [built];
  fileText = report.text;
  downloaded = false;
  try {
    const record = featamp.kept(place);
    for (const selection of [record.state, record.base]) parseSelection(editSelection("", selection), report.dims, report.choices);
    known = record.known.map(String);
    ({ state, base, downloaded } = record);
    if (record.over === report.text) fileText = record.text;
  } catch {} // there is none, or none that can be used
  show();
  fill(typing);
}

function keep() {
  const clean = canonical(state) === built && !unsaved() && fileText === report.text;
  const record = { state, base, known: known.slice(-9), downloaded, over: report.text, text: fileText };
  kept = featamp.keep(place, clean ? null : record) !== null;
}

const unsaved = () => canonical(state) !== known.at(-1);
const parted = () => !known.includes(built); // the file was changed by somebody else

// The fields that a selection does not share with this page: their names.
function differences(theirs) {
  const [mine, other] = [fields(state), fields(theirs)];
  return Object.keys({ ...mine, ...other }).filter((name) => mine[name] !== other[name]);
}

function take(name, theirs) {
  const [dim, key] = name.split(".");
  if (key) setNote(dim, key, theirs.dimension[dim]?.[key] ?? "");
  else state[name] = theirs[name];
}

// The file holds `theirs`: what only it has changed is taken over, what only this browser has stays, and where both have
// changed the same the person is asked. Whether all is settled, once the person has decided.
async function reconcile(theirs, text, name) {
  const [mine, other, start] = [state, theirs, base].map(fields);
  const names = differences(theirs);
  for (const row of names) if (mine[row] === start[row]) take(row, theirs);
  if (names.some((row) => mine[row] !== start[row] && other[row] !== start[row])) {
    changed();
    fill();
    if (!(await ask(theirs, name))) return false;
  }
  base = structuredClone(theirs);
  known.push(canonical(theirs));
  fileText = text;
  changed("Settled with the file.");
  fill();
  return true;
}

// Show both and ask. A side that has not moved since they parted is not ticked; where both have, neither is.
// Whether the person has decided.
function ask(theirs, name) {
  const names = differences(theirs);
  const dialog = byId("differing");
  const [mine, other, start] = [state, theirs, base].map(fields);
  byId("differing-name").textContent = name;
  const side = (row, value, words, ticked) => {
    const radio = make("input", { type: "radio", name: row, value, required: "" });
    radio.checked = ticked;
    const whose = make("small", {}, value === "mine" ? " browser: " : " file: ");
    return make("td", {}, make("label", {}, radio, whose, words ?? "(empty)"));
  };
  const line = (row) => {
    const title = make("th", { scope: "row" }, row.includes(".") ? `dimension ${row.replace(".", ", ")}` : row);
    const ticked = [other[row] === start[row], mine[row] === start[row]];
    return make("tr", {}, title, side(row, "mine", mine[row], ticked[0]), side(row, "file", other[row], ticked[1]));
  };
  dialog.querySelector("tbody").replaceChildren(...names.map(line));
  const form = dialog.querySelector("form");
  form.onclick = ({ target }) => {
    if (target.value === "later") dialog.close();
    if (target.dataset.all) all(`[value=${target.dataset.all}]`, form).forEach((radio) => (radio.checked = true));
  };
  if (!dialog.open) dialog.showModal();
  return new Promise((decided) => {
    form.onsubmit = (event) => {
      event.preventDefault();
      for (const row of names) if (form.elements[row].value === "file") take(row, theirs);
      decided(true);
      dialog.close();
    };
    dialog.onclose = () => decided(false);
  });
}

function fill(typing) {
  for (const form of document.forms) {
    if (!form.dataset.dim) continue;
    const note = state.dimension[form.dataset.dim] ?? {};
    for (const key of KEYS) if (form.elements[key] !== typing) form.elements[key].value = note[key] ?? "";
    form.elements.chosen.checked = state.chosen.includes(Number(form.dataset.dim));
  }
}

// A chosen dimension in the tray: the last frame of its first sample.
function thumbnail(dim) {
  const number = make("span", {}, String(dim));
  const sprite = report.pictures[dim];
  if (!sprite) return number;
  const label = state.dimension[dim]?.label;
  const style = `--sprite:url("${new URL(root + sprite, location)}");--alphas:${report.alphas};--samples:${report.samples};--k:${report.alphas - 1};--row:0`;
  const words = `Dimension ${dim}${label ? `: ${label}` : ""}`;
  return make("a", { class: "frame", href: `${root}dim/${dim}.html`, "aria-label": words, style }, number);
}

// The button that takes a dimension out of the tray.
function without(dim) {
  const button = make("button", { type: "button", "aria-label": `Do not choose dimension ${dim}` }, "×");
  button.onclick = () => {
    setChosen(dim, false);
    changed();
    fill();
    (byId("tray-dims").querySelector("button") ?? byId("save-toml")).focus();
  };
  return button;
}

// `word` is the last that was done, left as it is where there is none.
function show(word) {
  const count = state.chosen.length;
  const off = count - report.expected;
  const wanted = off ? `, ${Math.abs(off)} ${off > 0 ? "more" : "fewer"} than the ${report.expected} wanted` : "";
  const saved = !unsaved() && canonical(state) !== built;
  const now = {
    kept: kept && unsaved(),
    unsaved: !kept && unsaved(),
    saved: saved && !downloaded,
    downloaded: saved && downloaded,
    due,
    lost: !kept,
    other: state.chosen.join() !== report.built.chosen.join(),
  };
  byId("save-count").textContent = `${count} chosen${wanted}.`;
  for (const words of all("[data-when]")) words.hidden = !now[words.dataset.when];
  if (word != null) byId("save-word").textContent = word;
  byId("toml-text").value = composed().text;
  byId("tray-dims").replaceChildren(...state.chosen.map((dim) => make("li", {}, thumbnail(dim), without(dim))));
}

function changed(word = "") {
  keep();
  show(word);
}

function edited(form, field) {
  const dim = Number(form.dataset.dim);
  if (field.name === "chosen") setChosen(dim, field.checked);
  else setNote(dim, field.name, field.value);
  changed();
}

function setNote(dim, key, value) {
  (state.dimension[dim] ??= {})[key] = value.toWellFormed?.() ?? value;
}

function setChosen(dim, chosen) {
  state.chosen = state.chosen.filter((other) => other !== dim);
  if (chosen) state.chosen.push(dim);
}

// Make exactly these the choice; a choice that a person made is replaced only if they say so.
function choose(dims) {
  const mine = state.chosen.join(", ");
  if (mine === dims.join(", ") || (mine && !confirm(`Choose ${dims.join(", ")} instead of ${mine}?`))) return;
  state.chosen = dims;
  changed();
  fill();
}

// The file as it will be; `whole` says that it had to be written anew, which loses comments.
function composed() {
  try {
    return { text: editSelection(fileText, state), whole: false };
  } catch {
    return { text: editSelection("", state), whole: true };
  }
}

// Load the page as it is built now, but not under the hands of somebody who types. `word` is said when it is loaded.
function renew(word = "") {
  due = true;
  history.replaceState(word, "");
  if (featamp.typing(document.activeElement)) show(word);
  else location.reload();
}

// For the other scripts of a page.
featamp.notes = {
  set(dim, key, value) {
    setNote(dim, key, value);
    changed();
    fill();
  },
  // Whether the person agrees to replace an earlier result.
  setBlind(result) {
    if (state.blind && !confirm("End, and replace the earlier result?")) return false;
    state.blind = result;
    changed();
    return true;
  },
};

document.addEventListener("input", ({ target }) => target.form?.dataset.dim && edited(target.form, target));
document.addEventListener("submit", (event) => event.target.dataset.dim && event.preventDefault());
document.addEventListener("click", ({ target }) => {
  const dims = target.closest("[data-choose]")?.dataset.choose;
  if (dims) choose(dims.split(",").map(Number));
});
// Another page of the site has written, perhaps before it knew of the last key pressed here.
window.addEventListener("storage", ({ key, newValue }) => {
  if (key !== place) return;
  const field = document.activeElement;
  const typing = document.hasFocus() && KEYS.includes(field.name) && field.form?.dataset.dim;
  const before = known.join();
  if (!newValue && known.at(-1) !== built) old = true; // what was saved is in the other's build
  else {
    recall(typing && field);
    if (typing) edited(field.form, field);
    if (parted() && known.join() !== before) old = true; // the other is of a newer build
  }
  if (old) renew();
});
document.addEventListener("focusout", ({ relatedTarget }) => {
  if (due && !relatedTarget?.closest(".tray")) setTimeout(() => renew(history.state)); // when the next has the focus
});
window.onpageshow = ({ persisted }) => persisted && kept && location.reload();
window.addEventListener("beforeunload", (event) => {
  if (!kept && unsaved()) event.preventDefault();
});

function agreed() {
  if (old) renew("Built anew: press Save again.");
  return !old && (!parted() || reconcile(report.built, report.text, "the built selection.toml"));
}

recall();
if (parted() && canonical(state) === built) known = [built];
if (!parted()) {
  base = report.built;
  known = known.slice(known.indexOf(built)); // what the file held before would be a change now
}
keep();
agreed();
show(history.state);
history.replaceState(null, "");

