"use strict";
// A person's label, tried on pairs of real images: how often the code agrees with the choice.
{
  const { all, byId } = featamp;
  const form = byId("trial-form");
  const result = byId("trial-result");
  const percent = (share) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)}\u00a0%`;

  function tell() {
    const pairs = all("fieldset", form);
    const chosen = pairs.map((pair) => pair.querySelector(":checked")?.value);
    const left = chosen.filter((value) => !value).length;
    if (left) {
      result.textContent = `${left} of ${pairs.length} to go.`;
      return;
    }
    const agreed = pairs.filter((pair, i) => pair.dataset.more === chosen[i]).length;
    const right = Math.max(agreed, pairs.length - agreed);
    const chance = JSON.parse(form.dataset.chances)[right];
    const way = `Raising α gives ${agreed === right ? "more" : "less"} of it.`;
    const doubt = "That may be chance: here the label says little about the dimension.";
    result.textContent =
      `The codes go with your choice in ${right} of ${pairs.length} pairs; guesses go with them as often in ` +
      `${percent(chance)} of trials. ${chance < form.dataset.level ? way : doubt}`;
  }

  if (form) form.onchange = tell;
}
