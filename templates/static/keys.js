"use strict";
// Keys, declared in the page: data-key names the keys of an element, data-does says what they do. A link or a button is
// pressed, a slider moves, a field takes the focus; data-hold turns all frames back for as long as it is held.
{
  const ARROWS = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };
  const wanted = document.getElementById("keys-on");
  const shown = document.documentElement.dataset;

  const bound = (scope) => [...scope.querySelectorAll("[data-key]")].filter((e) => !e.disabled && e.checkVisibility());
  const typing = (e) => e.isContentEditable || e.matches("textarea, select, input:not([type=range], [type=checkbox], [type=radio])");
  const release = () => delete shown.shown;
  const hold = (button) => button && (shown.shown = button.dataset.hold);

  // Of several with the same key, that of the card which has the focus, else of the one in view.
  function bearing(key) {
    const all = bound(document.querySelector("dialog[open]") ?? document).filter((e) => e.dataset.key.split(" ").includes(key));
    const card = document.activeElement.closest(".card");
    const inView = (e) => e.closest(".card")?.getBoundingClientRect().bottom > innerHeight / 3;
    return all.find((e) => card?.contains(e)) ?? all.find(inView) ?? all[0];
  }

  function press(element, key) {
    if (element.dataset.hold) hold(element);
    else if (element.type === "range") {
      element.value = Number(element.value) + (key === "ArrowRight" ? 1 : -1);
      element.dispatchEvent(new Event("input", { bubbles: true }));
    } else if (element.matches("a, button, [type=checkbox]")) element.click();
    else element.focus();
  }

  document.addEventListener("keydown", (event) => {
    const active = document.activeElement ?? document.body;
    if (event.ctrlKey || event.altKey || event.metaKey || typing(active)) return;
    const held = active.dataset.hold && " Enter".includes(event.key);
    const moves = event.key in ARROWS && active.closest(".scroll, input"); // by itself
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const element = held ? active : wanted.checked && !moves && bearing(key);
    if (!element) return;
    event.preventDefault();
    if (!event.repeat || element.type === "range") press(element, key);
  });
  document.addEventListener("pointerdown", (event) => hold(event.target.closest("[data-hold]")));
  for (const end of ["keyup", "pointerup", "pointercancel", "visibilitychange"]) document.addEventListener(end, release);

  document.querySelector("[data-key='?']").addEventListener("click", () => {
    const line = (e) => `<div><dt>${e.dataset.key.replace(/\S+/g, (key) => `<kbd>${ARROWS[key] ?? key}</kbd>`)}</dt><dd>${e.dataset.does}</dd></div>`;
    document.getElementById("keys-list").innerHTML = [...new Set(bound(document).map(line))].join("");
    document.getElementById("keys").showModal();
  });

  // What the browser keeps; null where storage is blocked or full.
  window.featamp ??= {};
  featamp.typing = typing;
  const attempt = (use) => {
    try {
      return use(localStorage);
    } catch {
      return null; // it lasts as long as the page
    }
  };
  featamp.kept = (place) => attempt((storage) => storage.getItem(place));
  featamp.keep = (place, text) => attempt((storage) => (text === null ? storage.removeItem(place) : storage.setItem(place, text)));
  wanted.checked = featamp.kept("featamp-keys") !== "off";
  wanted.addEventListener("change", () => featamp.keep("featamp-keys", wanted.checked ? "on" : "off"));
}
