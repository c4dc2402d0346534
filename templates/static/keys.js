"use strict";
// Keys, declared in the page: data-key names the keys of an element, data-does says what they do. A link or a button is
// pressed, a slider moves, a field takes the focus; data-hold turns all frames back for as long as it is held.
{
  const { all, byId, make, kept, keep, typing } = featamp;
  const ARROWS = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };
  const wanted = byId("keys-on");
  const shown = document.documentElement.dataset;

  const bound = (scope) => all("[data-key]", scope).filter((e) => !e.disabled && e.checkVisibility());
  const release = () => delete shown.shown;
  const hold = (button) => button && (shown.shown = button.dataset.hold);

  const scope = () => document.querySelector("dialog[open]") ?? document;

  // Of several with the same key, that of the card which has the focus, else of the one in view.
  function bearing(key) {
    const those = bound(scope()).filter((e) => e.dataset.key.split(" ").includes(key));
    const card = document.activeElement.closest(".card");
    const inView = (e) => {
      const box = e.closest(".card")?.getBoundingClientRect();
      return !box || (box.bottom > innerHeight / 3 && box.top < innerHeight);
    };
    return those.find((e) => card?.contains(e)) ?? those.find(inView);
  }

  // One of the choices of a list; the same again takes it back.
  function choose(list, index) {
    list.selectedIndex = list.selectedIndex === index ? 0 : index;
    list.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function press(element, key) {
    if (element.dataset.hold) hold(element);
    else if (element.type === "range") {
      element.value = Number(element.value) + (key === "ArrowRight" ? 1 : -1);
      element.dispatchEvent(new Event("input", { bubbles: true }));
    } else if (element.matches("select[data-key]")) choose(element, element.dataset.key.split(" ").indexOf(key) + 1);
    else if (element.matches("a, button, summary, [type=checkbox]")) element.click();
    else element.focus();
  }

  document.addEventListener("keydown", (event) => {
    const active = document.activeElement ?? document.body;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (typing(active)) return event.key === "Escape" && active.closest(".card")?.querySelector("h2, h3").focus();
    const held = active.dataset.hold && " Enter".includes(event.key);
    const moves = event.key in ARROWS && active.closest(".scroll, input"); // by itself
    const element = held ? active : wanted.checked && !moves && bearing(event.key);
    if (!element) return;
    event.preventDefault();
    if (!event.repeat || element.type === "range") press(element, event.key);
  });
  document.addEventListener("pointerdown", (event) => hold(event.target.closest("[data-hold]")));
  for (const end of ["keyup", "pointerup", "pointercancel"]) document.addEventListener(end, release);
  window.onblur = release;

  document.addEventListener("click", ({ target }) => {
    if (!target.closest("[data-key='?']")) return;
    const lines = new Map(bound(scope()).map(({ dataset: { key, does } }) => [key, does]));
    const kbd = (key) => [make("kbd", {}, ARROWS[key] ?? key), " "];
    const line = ([keys, does]) => make("div", {}, make("dt", {}, ...keys.split(" ").flatMap(kbd)), make("dd", {}, does));
    byId("keys-list").replaceChildren(...[...lines].map(line));
    byId("keys").showModal();
  });

  wanted.checked = !kept("featamp-no-keys");
  wanted.onchange = () => keep("featamp-no-keys", !wanted.checked);
}
