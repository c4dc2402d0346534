"use strict";
// Naming blind: what is typed stays in the browser; when the person ends it, it is counted and revealed.
{
  const [room, result, start, end, leave, again, take] = ["", "-result", "-start", "-end", "-leave", "-again", "-take"].map(
    (name) => document.getElementById(`blind${name}`),
  );
  const cards = [...room.querySelectorAll("[data-card]")].map((card) => ({ card, id: card.dataset.card, inputs: card.querySelectorAll("input") }));
  const place = `featamp-blind-${room.dataset.place}`;
  const state = { on: false, ended: false, names: {}, nothing: {}, ...featamp.kept(place) };
  const isDecoy = (id) => isNaN(id);

  function count() {
    const counts = { named: 0, shown: 0, decoys_named: 0, decoys_shown: 0 };
    for (const { id } of cards) {
      const kind = isDecoy(id) ? "decoys_" : "";
      const named = Boolean(state.names[id]?.trim());
      counts[`${kind}named`] += named;
      counts[`${kind}shown`] += named || Boolean(state.nothing[id]);
    }
    return counts;
  }

  // As blind_verdict in report/readings.py.
  function verdict({ named, shown, decoys_named, decoys_shown }) {
    if (!shown || !decoys_shown) return "few";
    if (decoys_named * shown >= named * decoys_shown) return "chance";
    return decoys_named ? "more" : "clear";
  }

  // Names of dimensions that have no label yet.
  function free() {
    const label = (dim) => document.getElementById(`label-${dim}`).value;
    return Object.entries(state.names).filter(([id, name]) => !isDecoy(id) && name.trim() && !label(id));
  }

  function show() {
    document.documentElement.classList.toggle("blind", state.on);
    room.hidden = !state.on;
    result.hidden = !state.ended;
    end.hidden = state.ended;
    take.hidden = !free().length;
    take.textContent = `Take over as labels: ${free().map(([, name]) => name.trim()).join(", ")}`;
    const counts = count();
    for (const cell of result.querySelectorAll("[data-count]")) cell.textContent = counts[cell.dataset.count];
    for (const line of result.querySelectorAll("[data-verdict]")) line.hidden = line.dataset.verdict !== verdict(counts);
    for (const { card, id, inputs: [name, nothing] } of cards) {
      name.value = state.names[id] ?? "";
      nothing.checked = state.nothing[id];
      name.disabled = nothing.disabled = state.ended;
      card.querySelector("small").hidden = !state.ended;
    }
  }

  function change(values, focus) {
    Object.assign(state, values);
    featamp.keep(place, state);
    show();
    focus.focus();
  }

  room.addEventListener("input", () => {
    for (const { id, inputs: [name, nothing] } of cards) [state.names[id], state.nothing[id]] = [name.value, nothing.checked];
    featamp.keep(place, state);
  });
  start.addEventListener("click", () => change({ on: true }, room));
  leave.addEventListener("click", () => change({ on: false }, start));
  again.addEventListener("click", () => change({ ended: false, names: {}, nothing: {} }, room));
  end.addEventListener("click", () => {
    change({ ended: true }, result);
    featamp.notes.setBlind(count());
  });
  take.addEventListener("click", () => {
    for (const [id, name] of free()) featamp.notes.set(Number(id), "label", name.trim());
    show();
  });
  show();
}
