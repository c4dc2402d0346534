"use strict";
// Notes and choice: what was built into the page, overlaid with what is typed here, written as selection.toml.

const KEYS = ["label", "effect", "quality", "consistent", "notes"];
const selection = JSON.parse(document.getElementById("selection-data").textContent);
const forms = [...document.querySelectorAll("form.note")];
const text = document.getElementById("toml-text");
const state = document.getElementById("save-state");
let dirty = false;

function quoted(value) {
  const escape = (c) => {
    const known = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r" }[c];
    return known ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
  };
  const whole = value.toWellFormed ? value.toWellFormed() : value;
  return `"${whole.replace(/["\\\u0000-\u001f\u007f]/g, escape)}"`;
}

function toml() {
  const lines = [`chosen = [${selection.chosen.join(", ")}]`];
  const dims = Object.keys(selection.dimension).map(Number).sort((a, b) => a - b);
  for (const dim of dims) {
    const note = selection.dimension[dim];
    const keys = KEYS.filter((key) => note[key]);
    if (keys.length) lines.push("", `[dimension.${dim}]`, ...keys.map((key) => `${key} = ${quoted(note[key])}`));
  }
  return lines.join("\n") + "\n";
}

function show() {
  const count = selection.chosen.length;
  const wanted = count === Number(state.dataset.expected) ? "" : `, ${state.dataset.expected} are wanted`;
  state.textContent = `${count} chosen${count ? ` (${selection.chosen.join(", ")})` : ""}${wanted}.${dirty ? " Not saved yet." : ""}`;
  text.value = toml();
}

function edited(form, field) {
  const dim = Number(form.dataset.dim);
  if (field.name === "chosen") {
    selection.chosen = selection.chosen.filter((other) => other !== dim);
    if (field.checked) selection.chosen.push(dim);
  } else {
    selection.dimension[dim] ??= {};
    selection.dimension[dim][field.name] = field.value;
  }
  dirty = true;
  show();
}

function saved() {
  dirty = false;
  show();
}

function download() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([toml()], { type: "application/toml" }));
  link.download = "selection.toml";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  saved();
}

async function copy() {
  try {
    await navigator.clipboard.writeText(toml());
    saved();
  } catch {
    text.closest("details").open = true;
    text.select();
    state.textContent = "Copying is blocked here: the text is selected, press Ctrl+C.";
  }
}

for (const form of forms) {
  form.addEventListener("input", (event) => edited(form, event.target));
  form.addEventListener("submit", (event) => event.preventDefault());
}
document.getElementById("download-toml").addEventListener("click", download);
document.getElementById("copy-toml").addEventListener("click", copy);
window.addEventListener("beforeunload", (event) => {
  if (dirty) event.preventDefault();
});
show();
