"use strict";
// Naming blind: what is typed stays in the browser; when the person ends it, it is counted and revealed.
{
  const { all, byId, kept, keep, notes } = featamp;
  const part = (name) => byId(`blind-${name}`);
  const room = byId("blind");
  const [result, start, end, leave, again] = ["result", "start", "end", "leave", "again"].map(part);
  const [take, lost] = ["take", "lost"].map(part);
  const cards = all("[data-card]", room);
  const shown = cards.map((card) => ({
    id: card.dataset.card,
    picture: card.querySelector("[data-of] img"),
    which: card.querySelector("small"),
  }));
  const least = JSON.parse(room.dataset.least);
  const place = `featamp-blind-${room.dataset.place}`;
  const state = { on: false, ended: false, names: {}, nothing: {}, order: [], ...kept(place) };
  const isDecoy = (id) => isNaN(id);

  function remember() {
    lost.hidden = keep(place, state) !== null;
  }

  function count() {
    const counts = { named: 0, shown: 0, decoys_named: 0, decoys_shown: 0 };
    for (const { id } of shown) {
      const kind = isDecoy(id) ? "decoys_" : "";
      const named = Boolean(state.names[id]?.trim());
      counts[`${kind}named`] += named;
      counts[`${kind}shown`] += named || Boolean(state.nothing[id]);
    }
    return counts;
  }

  const answered = () => count().shown + count().decoys_shown;

  // By the test that the build has made of every outcome.
  function verdict({ named, shown, decoys_named, decoys_shown }) {
    const wanted = least[shown][decoys_shown];
    if (wanted[0] === null) return "few"; // not even all against none would tell
    return wanted[decoys_named] !== null && named >= wanted[decoys_named] ? "more" : "chance";
  }

  const hold = (event) => event.preventDefault();

  // Whether it can be ended, and whether whoever leaves before loses it.
  function ending() {
    end.disabled = !answered();
    const losing = !lost.hidden && !state.ended && answered();
    window[losing ? "addEventListener" : "removeEventListener"]("beforeunload", hold);
  }

  // Names of dimensions that have no label yet.
  function free() {
    const label = (dim) => byId(`label-${dim}`).value;
    return Object.entries(state.names).filter(([id, name]) => !isDecoy(id) && name.trim() && !label(id));
  }

  function show() {
    document.documentElement.classList.toggle("blind", state.on);
    room.hidden = !state.on;
    result.hidden = !state.ended;
    end.hidden = state.ended;
    ending();
    take.hidden = !free().length;
    take.textContent = `Take over as labels: ${free().map(([, name]) => name.trim()).join(", ")}`;
    const counts = count();
    for (const cell of all("[data-count]", result)) cell.textContent = counts[cell.dataset.count];
    for (const line of all("[data-verdict]", result)) line.hidden = line.dataset.verdict !== verdict(counts);
    const order = shown.toSorted((a, b) => state.order.indexOf(a.id) - state.order.indexOf(b.id));
    for (const [i, { id, picture, which }] of order.entries()) {
      const [name, nothing] = all("input", cards[i]);
      cards[i].dataset.card = id;
      cards[i].querySelector("[data-of]").append(picture);
      cards[i].querySelector("h3").append(which);
      name.value = state.names[id] ?? "";
      nothing.checked = state.nothing[id];
      name.disabled = nothing.disabled = state.ended;
      which.hidden = !state.ended;
    }
  }

  function change(values, focus) {
    Object.assign(state, values);
    remember();
    show();
    focus.scrollIntoView({ behavior: "instant" });
    focus.focus({ preventScroll: true });
  }

  room.oninput = ({ target }) => {
    const card = target.closest("[data-card]");
    const [name, nothing] = all("input", card);
    state.names[card.dataset.card] = name.value;
    state.nothing[card.dataset.card] = nothing.checked;
    remember();
    ending();
  };
  // Another page of the site has written; whether it is blind is its own affair.
  window.addEventListener("storage", ({ key }) => {
    if (key !== place) return;
    Object.assign(state, kept(place), { on: state.on });
    show();
  });
  start.onclick = () => change({ on: true }, room);
  leave.onclick = () => change({ on: false }, start);
  again.onclick = () => {
    const order = shown.map(({ id }) => [Math.random(), id]).sort().map(([, id]) => id);
    change({ ended: false, names: {}, nothing: {}, order }, room);
  };
  end.onclick = () => {
    if (notes.setBlind(count())) change({ ended: true }, result);
  };
  take.onclick = () => {
    for (const [id, name] of free()) notes.setLabel(id, name.trim());
    show();
  };
  remember();
  show();
}
