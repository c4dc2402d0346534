"use strict";
// One sample in every strip of the page; the address holds which.
{
  const { byId, all } = featamp;
  const sample = byId("sample");
  const show = () => all(".grid.single").forEach((grid) => grid.style.setProperty("--row", sample.value));
  const asked = new URLSearchParams(location.search).get("sample");
  if ([...sample.options].some(({ value }) => value === asked)) sample.value = asked;
  sample.onchange = () => {
    show();
    history.replaceState(null, "", `?sample=${sample.value}${location.hash}`);
  };
  show();
}
