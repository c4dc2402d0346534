"use strict";
// A dimension that is mentioned, by pointer or by keyboard: what it looks like, what it is called, and a tick.
{
  const { make, report, form, notes } = featamp;
  const { root } = document.documentElement.dataset;
  const WAIT = 250; // milliseconds: a pointer on its way elsewhere opens nothing
  let open = null; // the mention whose card is shown
  let waiting = 0;

  const card = make("span", { class: "mention", popover: "manual" });

  function content(dim) {
    const { picture, cells, page, verdict, attribute, sign } = report.known[dim];
    const named = attribute ? `: ${attribute.replaceAll("_", " ")} ${sign > 0 ? "+" : "−"}` : "";
    const tick = make("input", { type: "checkbox", "data-tick": dim });
    const label = make("label", {}, tick, `Choose dimension ${dim}`);
    const words = make("small", {}, `${verdict}${named}${page ? "" : "; no page yet: choose it and Save"}`);
    const seen = { src: root + (picture ?? ""), alt: `Dimension ${dim}`, width: 40 * cells, height: 40 };
    return [...(picture ? [make("img", seen)] : []), label, words];
  }

  function show(link) {
    if (open === link) return;
    hide();
    open = link;
    card.replaceChildren(...content(link.dataset.dim));
    link.after(card); // so that Tab leads from the mention into its card
    card.showPopover();
    form.mark(notes.now.state);
    place();
  }

  function place() {
    const at = open.getBoundingClientRect();
    const under = at.bottom + card.offsetHeight < innerHeight;
    card.style.left = `${Math.max(8, Math.min(at.left, innerWidth - card.offsetWidth - 8))}px`;
    card.style.top = `${under ? at.bottom : at.top - card.offsetHeight}px`;
  }

  function hide() {
    clearTimeout(waiting);
    if (open) card.hidePopover();
    card.remove();
    open = null;
  }

  const within = (target) => target instanceof Node && (card.contains(target) || open?.contains(target));
  const mentioned = ({ target }) => target.closest?.("a[data-dim]");

  document.addEventListener("pointerover", (event) => {
    clearTimeout(waiting);
    if (event.pointerType === "touch" || within(event.target)) return;
    const link = mentioned(event);
    waiting = setTimeout(() => (link ? show(link) : within(document.activeElement) || hide()), WAIT);
  });
  document.addEventListener("focusin", (event) => {
    const link = mentioned(event);
    const ticked = link?.closest("tr")?.querySelector("[data-tick]:not(.mention *)"); // the row has a tick of its own
    if (link?.matches(":focus-visible") && !ticked) show(link);
    else if (open && !within(event.target)) hide();
  });
  document.addEventListener("keydown", ({ key }) => key === "Escape" && hide());
  document.addEventListener("scroll", () => open && place(), true);
}
