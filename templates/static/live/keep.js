"use strict";
// What is set, kept in the notes as a combination of dimensions with a name; and those that stand there, to be set again.
{
  const { byId, make, live, notes, report, selection, sliders } = featamp;
  let changed = () => {};

  const words = (moves) => selection.moves(moves).map(([dim, alpha]) => `dimension ${dim} ${sliders.signed(alpha)} σ`).join(", ");

  // What is set, as the notes hold it: "94 +1.5, 12 -2"; none where no dimension is moved.
  function moves() {
    const rounded = [...live.now.moves].map(([key, alpha]) => [live.things.get(key).dim, Number(alpha.toFixed(4))]);
    const moved = rounded.filter(([dim, alpha]) => dim !== undefined && alpha);
    const text = moved.map(([dim, alpha]) => `${dim} ${alpha < 0 ? "-" : "+"}${Math.abs(alpha)}`).join(", ");
    return selection.moves(text).length ? text : "";
  }

  // What the notes would hold of what is set, and what they cannot.
  function show() {
    const directions = [...live.now.moves.keys()].map((key) => live.things.get(key)).filter(({ dim }) => dim === undefined);
    const left = directions.length ? `Only dimensions can be kept, not: ${directions.map(sliders.title).join(", ")}.` : "";
    const set = moves();
    byId("live-add").disabled = !set;
    byId("live-set").textContent = [set ? `Keeps ${words(set)}.` : "No dimension is moved yet.", left].join(" ").trim();
  }

  function add(event) {
    event.preventDefault();
    const { value } = byId("live-name");
    const name = (value.toWellFormed?.() ?? value).trim();
    const fits = selection.NAME.test(name);
    const added = fits && moves() && notes.combine(name, moves());
    if (added) byId("live-name").value = "";
    else byId("live-name").focus();
    const done = added ? `Added; Save keeps it in ${report.file}, the next build sweeps it.` : "Not added.";
    byId("live-added").textContent = fits ? done : "Give it a name first, of at most 60 characters.";
  }

  // Set what stands in the notes; what is locked stays.
  function set(moves) {
    live.reset();
    for (const [dim, alpha] of selection.moves(moves)) live.move(String(dim), alpha);
    sliders.arrange();
    changed();
  }

  function line({ name, moves, model }) {
    const earlier = selection.isEarlier(model);
    const movable = selection.moves(moves).every(([dim]) => live.things.has(String(dim)));
    const button = make("button", { type: "button", "aria-label": `Set ${name}` }, name);
    button.disabled = earlier || !movable;
    button.onclick = () => set(moves);
    const why = earlier ? "; of an earlier model" : movable ? "" : "; not every one is active";
    return make("li", {}, button, " ", make("small", {}, words(moves) + why));
  }

  function list() {
    const { combination } = notes.now.state;
    byId("live-combinations").replaceChildren(...combination.map(line));
    byId("live-kept").hidden = !combination.length;
  }

  function start(whenChanged) {
    changed = whenChanged;
    byId("live-keep").onsubmit = add;
    document.addEventListener("noted", list);
    list();
  }

  featamp.keeping = { start, show };
}
