"use strict";
// The cards of experiment 3: filtered and sorted, steps from one to the next, all of them or one at a time.
{
  const { all, byId, listing } = featamp;
  const form = byId("explore");

  const alone = byId("alone");
  const cards = all("#cards > .card");

  const changed = listing(form, (card, { verdict, noted, chosen }) => {
    const { chosen: on, ...fields } = Object.fromEntries(new FormData(card.querySelector("form")));
    const note = Object.values(fields).join(" ").trim();
    return (
      (!verdict || card.dataset.verdict === verdict) &&
      (!noted || (noted === "yes") === Boolean(note)) &&
      (!chosen || on)
    );
  });

  // To the next of the cards that are shown, these or those of blind.js.
  function step(by) {
    const length = (element, name) => parseFloat(getComputedStyle(element)[name]);
    const edge = (card) => length(document.documentElement, "scrollPaddingTop") + length(card, "scrollMarginTop");
    const ahead = (card) => card.checkVisibility() && by * (card.getBoundingClientRect().top - edge(card)) > 2;
    const card = single() ? beside(by) : all(".card").filter(ahead).at(by > 0 ? 0 : -1);
    if (card) go(card);
  }

  function go(card) {
    if (single()) {
      card.querySelector("details").open = current().querySelector("details").open;
      only(card);
    }
    card.scrollIntoView({ behavior: "instant" });
    card.querySelector("h2, h3").focus({ preventScroll: true });
    tell();
  }

  // ---- one at a time ----

  const single = () => alone.ariaPressed === "true" && !document.documentElement.classList.contains("blind");
  const shown = () => all("#cards > .card:not([hidden])"); // in their order now
  const current = () => document.querySelector("#cards > .current:not([hidden])") ?? shown()[0];
  const beside = (by) => shown()[shown().indexOf(current()) + by];

  function only(card) {
    for (const other of cards) other.classList.toggle("current", other === card);
  }

  function turn(on) {
    const card = document.activeElement.closest("#cards > .card") ?? current();
    alone.ariaPressed = String(on);
    byId("cards").classList.toggle("alone", on);
    if (card) go(card);
  }

  function tell() {
    const noted = cards.filter((card) => all(".field > [name]", card).some((field) => field.value.trim())).length;
    const chosen = cards.filter((card) => card.querySelector("[name=chosen]").checked).length;
    const at = single() ? `${shown().indexOf(current()) + 1} of ${shown().length} · ` : "";
    byId("progress").textContent = `${at}${noted} of ${cards.length} noted, ${chosen} of them chosen`;
  }

  // A link leads to a card that the filter hides.
  function reveal() {
    const card = byId(location.hash.slice(1))?.closest("#cards > .card");
    if (!card || card.checkVisibility()) return;
    form.reset();
    changed();
    go(card);
  }

  document.addEventListener("click", ({ target }) => target.dataset.step && step(Number(target.dataset.step)));
  alone.onclick = () => turn(!single());
  form.addEventListener("input", () => {
    only(current());
    tell();
  });
  document.addEventListener("input", tell);
  document.addEventListener("click", () => setTimeout(tell)); // Undo, and the tray, change notes, too
  window.onhashchange = reveal;
  only(current());
  tell();
  reveal();
}
