"use strict";
// The cards of experiment 3, filtered and sorted as the address says, and steps from one card to the next.
{
  const form = document.getElementById("explore");
  const cards = [...document.querySelectorAll("#cards > .card")];

  function fits(card, { find, standing, noted, chosen }) {
    const { chosen: on, ...fields } = Object.fromEntries(new FormData(card.querySelector("form")));
    const note = Object.values(fields).join(" ").trim();
    const text = `${card.dataset.words} ${note}`.toLowerCase();
    return (
      find.toLowerCase().split(/\s+/).every((word) => text.includes(word)) &&
      (!standing || card.dataset.standing === standing) &&
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

  function step(by) {
    const length = (element, name) => parseFloat(getComputedStyle(element)[name]);
    const edge = length(document.documentElement, "scrollPaddingTop") + length(cards[0], "scrollMarginTop");
    const ahead = (card) => !card.hidden && by * (card.getBoundingClientRect().top - edge) > 2;
    const card = [...document.querySelectorAll("#cards > .card")].filter(ahead).at(by > 0 ? 0 : -1);
    card?.scrollIntoView({ behavior: "instant" });
    card?.querySelector("h2").focus({ preventScroll: true });
  }

  const asked = new URLSearchParams(location.search);
  for (const field of form) {
    if (asked.has(field.name)) field[field.type === "checkbox" ? "checked" : "value"] = asked.get(field.name);
  }
  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("click", ({ target }) => target.dataset.step && step(Number(target.dataset.step)));
  window.addEventListener("hashchange", () => {
    const card = document.getElementById(location.hash.slice(1))?.closest(".card[hidden]");
    if (!card) return;
    form.reset(); // a link leads to a card that the filter hides
    changed();
    card.scrollIntoView();
  });
  apply();
}
