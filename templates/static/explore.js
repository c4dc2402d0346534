"use strict";
// The cards of experiment 3, filtered and sorted as the address says, and steps from one card to the next.
{
  const { all, byId } = featamp;
  const form = byId("explore");
  const cards = all("#cards > .card");

  function fits(card, { find, verdict, noted, chosen }) {
    const { chosen: on, ...fields } = Object.fromEntries(new FormData(card.querySelector("form")));
    const note = Object.values(fields).join(" ").trim();
    const text = `${card.dataset.words} ${note}`.toLowerCase();
    return (
      find.toLowerCase().split(/\s+/).every((word) => text.includes(word)) &&
      (!verdict || card.dataset.verdict === verdict) &&
      (!noted || (noted === "yes") === Boolean(note)) &&
      (!chosen || on)
    );
  }

  function apply() {
    const wanted = Object.fromEntries(new FormData(form));
    const value = (card) => (wanted.sort ? -card.dataset[wanted.sort] : Number(card.dataset.rank));
    for (const card of cards.toSorted((a, b) => value(a) - value(b))) {
      card.hidden = !fits(card, wanted);
      card.parentNode.append(card);
    }
    form.querySelector("output").textContent = `${cards.filter((card) => !card.hidden).length} of ${cards.length} shown`;
  }

  function changed() {
    apply();
    const set = [...new FormData(form)].filter(([, value]) => value);
    history.replaceState(null, "", `?${new URLSearchParams(set)}${location.hash}`);
  }

  // To the next of the cards that are shown, these or those of blind.js.
  function step(by) {
    const length = (element, name) => parseFloat(getComputedStyle(element)[name]);
    const edge = (card) => length(document.documentElement, "scrollPaddingTop") + length(card, "scrollMarginTop");
    const ahead = (card) => card.checkVisibility() && by * (card.getBoundingClientRect().top - edge(card)) > 2;
    const card = all(".card").filter(ahead).at(by > 0 ? 0 : -1);
    card?.scrollIntoView({ behavior: "instant" });
    card?.querySelector("h2, h3").focus({ preventScroll: true });
  }

  // A link leads to a card that the filter hides.
  function reveal() {
    const card = byId(location.hash.slice(1))?.closest(".card[hidden]");
    if (!card) return;
    form.reset();
    changed();
    card.scrollIntoView();
  }

  const asked = new URLSearchParams(location.search);
  for (const field of form) {
    if (!asked.has(field.name)) continue;
    if (field.type === "checkbox") field.checked = asked.get(field.name) === field.value;
    else field.value = asked.get(field.name);
    if (field.selectedIndex < 0) field.selectedIndex = 0;
  }
  form.oninput = changed;
  form.onsubmit = (event) => event.preventDefault();
  document.addEventListener("click", ({ target }) => target.dataset.step && step(Number(target.dataset.step)));
  window.onhashchange = reveal;
  apply();
  reveal();
}
