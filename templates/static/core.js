"use strict";
// The one name that all scripts share. Each takes from it, by name, what it uses of the others, and puts there what they use.
document.documentElement.className = "js"; // before anything is shown
window.featamp = {
  byId: (id) => document.getElementById(id),
  all: (selector, within = document) => [...within.querySelectorAll(selector)],

  make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  },

  // Whether keys that are pressed in an element are text.
  typing: (e) =>
    e.isContentEditable || e.matches("textarea, select, input:not([type=range], [type=checkbox], [type=radio])"),

  // What the browser keeps; null where storage is blocked or full: then it lasts as long as the page.
  kept: (place) => featamp.attempt((storage) => JSON.parse(storage.getItem(place))),
  keep: (place, value) =>
    featamp.attempt((storage) =>
      value ? storage.setItem(place, JSON.stringify(value)) : storage.removeItem(place),
    ),
  attempt(use) {
    try {
      return use(localStorage);
    } catch {
      return null;
    }
  },
};
