"use strict";
// Two versions of the notes: both are shown, and the person says of each field which to keep.
{
  const { all, byId, make } = featamp;

  const title = (name) => {
    const [place, key] = name.split(/\.(.*)/s);
    if (!key) return name;
    if (place === "combination") return `combination ${key}`;
    return `${place === "writeup" ? "write-up" : `dimension ${place}`}, ${key}`;
  };

  // One version of a field, and a button to keep it.
  function side(name, value, words, ticked) {
    const radio = make("input", { type: "radio", name, value, required: "" });
    radio.checked = ticked;
    const whose = make("small", {}, value === "mine" ? " browser: " : " file: ");
    return make("td", {}, make("label", {}, radio, whose, words ?? "(empty)"));
  }

  // The fields `names` of two versions, by name, and of what both started from. A side that has not moved since is not
  // ticked; where both have, neither is. The names to take from the file, or null where the person has not decided.
  function ask(names, mine, theirs, start, file) {
    const dialog = byId("differing");
    byId("differing-name").textContent = file;
    const line = (name) => {
      const ticked = [theirs[name] === start[name], mine[name] === start[name]];
      return make(
        "tr",
        {},
        make("th", { scope: "row" }, title(name)),
        side(name, "mine", mine[name], ticked[0]),
        side(name, "file", theirs[name], ticked[1]),
      );
    };
    dialog.querySelector("tbody").replaceChildren(...names.map(line));
    const form = dialog.querySelector("form");
    form.onclick = ({ target }) => {
      if (target.value === "later") dialog.close();
      if (target.dataset.all) for (const radio of all(`[value=${target.dataset.all}]`, form)) radio.checked = true;
    };
    if (!dialog.open) dialog.showModal();
    return new Promise((decided) => {
      form.onsubmit = (event) => {
        event.preventDefault();
        decided(names.filter((name) => form.elements[name].value === "file"));
        dialog.close();
      };
      dialog.onclose = () => decided(null);
    });
  }

  featamp.differing = { ask };
}
