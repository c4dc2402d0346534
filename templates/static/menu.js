"use strict";
// The pages, folded on a small screen.
{
  const menu = featamp.byId("menu");
  const fold = (open) => (menu.ariaExpanded = String(open));
  menu.onclick = () => fold(menu.ariaExpanded === "false");
  document.addEventListener("keydown", ({ key }) => key === "Escape" && fold(false));
}
