"use strict";
// The fields of a page: which of a selection each is, and what they show.
{
  const { all, report, selection } = featamp;

  // The form of a field that belongs to a selection, or nothing.
  const formOf = (field) => (field?.form?.dataset.table ? field.form : null);

  // The part of a selection that a form shows, by its name there: "writeup", or "dimension" and its number, or
  // "combination" and its name.
  const part = (form) => [form.dataset.table, form.dataset.dim];

  // A field of one line would run its words together.
  const lines = (field, text) => (field.type === "text" ? text.replace(/\s*[\r\n]\s*/g, " ") : text);

  // Show a selection; `typing` is a field to leave as it is.
  function fill(state, typing) {
    for (const form of document.forms) {
      if (!formOf(form.elements[0])) continue;
      const values = selection.record(state, ...part(form));
      for (const field of form.elements) {
        if (field.dataset.tick || field === typing) continue;
        if (field.name === "model") field.checked = values.model === report.model;
        else field.value = lines(field, values[field.name] ?? "");
      }
    }
    mark(state);
  }

  // What a page shows of a selection outside of its forms: ticks, labels, and which combinations there are.
  function mark({ chosen, dimension, combination }) {
    for (const tick of all("[data-tick]")) tick.checked = chosen.includes(Number(tick.dataset.tick));
    for (const words of all("[data-label]")) words.textContent = dimension[words.dataset.label]?.label ?? "";
    const names = combination.map(({ name }) => name);
    for (const part of all("[data-combination]")) part.hidden = !names.includes(part.dataset.combination);
  }

  featamp.form = { formOf, part, fill, mark };
}
