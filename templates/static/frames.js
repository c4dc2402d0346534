"use strict";
// Frames cut from sprites: a slider that runs through a sweep and plays it, and any frame large on click.
{
  const { all, byId } = featamp;
  const TICK = 220; // milliseconds a frame, while it plays
  const LAST = 999; // beyond any sweep: a range stops at its end
  const large = byId("large");
  const names = large.dataset.names.split("/");
  const css = (path) => `url("${new URL(path, location.href).href}")`;
  document.documentElement.style.setProperty("--originals", css(large.dataset.samples));

  // Where a slider can stand: at each column of a sprite, and at alpha = 0 before the column `zero`, where there is none.
  function stops({ steps, zero }) {
    const columns = steps.split("|").map((words, column) => ({ words, column }));
    if (zero) columns.splice(zero, 0, { words: "0, the reconstruction", column: null });
    return columns;
  }

  // Alpha as a number in the last units that the words of a stop give.
  const alpha = ({ words }) => Number((words.match(/([+−]?[\d.,]+) σ$/)?.[1] ?? "0").replace("−", "-").replace(/,/g, ""));

  // A section with a range, an output and frames: what it shows (sprite, steps, zero, of what) is in its data.
  function slider(section) {
    const part = (what) => section.querySelector(what);
    const [range, output, typed, play] = ["[type=range]", "output", "[type=number]", "[data-play]"].map(part);
    const frames = part(".frames");
    let playing = 0;

    const show = (at = range.value) => {
      const all = stops(section.dataset);
      range.max = all.length - 1;
      range.value = at;
      const { words, column } = all[range.value];
      output.textContent = words;
      range.ariaValueText = words;
      typed.value = alpha(all[range.value]);
      frames.classList.toggle("at-zero", column === null);
      section.style.setProperty("--sprite", css(section.dataset.sprite));
      section.style.setProperty("--alphas", section.dataset.steps.split("|").length);
      section.style.setProperty("--k", column ?? 0);
    };
    const moved = () => range.dispatchEvent(new Event("input", { bubbles: true }));

    const stop = () => {
      clearInterval(playing);
      playing = 0;
      play.ariaPressed = "false";
    };
    const run = () => {
      let by = -1;
      play.ariaPressed = "true";
      playing = setInterval(() => {
        if (!section.checkVisibility()) return stop();
        if (range.value === range.max) by = -1;
        if (range.value === "0") by = 1;
        range.value = Number(range.value) + by;
        moved();
      }, TICK);
    };
    play.onclick = () => (playing ? stop() : run());
    range.addEventListener("input", (event) => {
      if (event.isTrusted && playing) stop();
      show();
    });
    // To the stop that is nearest to what was typed.
    typed.onchange = () => {
      const all = stops(section.dataset);
      const off = all.map((stop) => Math.abs(alpha(stop) - typed.value));
      range.value = off.indexOf(Math.min(...off));
      moved();
    };
    return show;
  }

  const turn = slider(large);
  const frame = large.querySelector(".frame");

  function sample(next) {
    frame.dataset.row = (next + names.length) % names.length;
    frame.style.setProperty("--row", frame.dataset.row);
    byId("large-title").textContent = `${names[frame.dataset.row]} · ${large.dataset.of}`;
  }

  function enlarge({ sprite, steps, zero, of }, at, row) {
    delete large.dataset.zero;
    Object.assign(large.dataset, { sprite, steps, of }, zero && { zero });
    sample(row);
    turn(at);
    large.showModal();
  }

  // x and y: where in the picture, as shares of it.
  function enlargePicture({ dataset, classList, parentNode, firstElementChild }, x, y) {
    const shown = { of: "Samples", sprite: firstElementChild.getAttribute("src"), ...dataset };
    const places = stops(shown);
    if (classList.contains("turned")) {
      const at = [0, places.findIndex((stop) => alpha(stop) === 0), places.length - 1][Math.floor(3 * y)];
      return enlarge(shown, at, Math.floor(x * names.length));
    }
    const row = parentNode.matches(".single") ? parentNode.style.getPropertyValue("--row") : Math.floor(y * names.length);
    const column = Math.floor(x * dataset.steps.split("|").length);
    enlarge(shown, places.findIndex((stop) => stop.column === column), Number(row));
  }

  document.addEventListener("click", ({ target, clientX, clientY }) => {
    const picture = target.closest(".picture[data-steps]");
    const section = target.closest("button.frame") && target.closest(".slider");
    if (picture) {
      const box = picture.getBoundingClientRect();
      enlargePicture(picture, (clientX - box.left) / box.width, (clientY - box.top) / box.height);
    } else if (section) {
      const at = target.dataset.end === "first" ? 0 : section.querySelector("[type=range]")[target.dataset.end ? "max" : "value"];
      enlarge(section.dataset, at, Number(target.dataset.row));
    } else if (target.dataset.by) sample(Number(frame.dataset.row) + Number(target.dataset.by));
  });

  for (const picture of all(".picture[data-of]")) {
    picture.tabIndex = 0;
    picture.role = "button";
    picture.ariaLabel = `Enlarge: ${picture.firstElementChild.alt}`;
    picture.onkeydown = (event) => {
      if (!"Enter ".includes(event.key)) return;
      event.preventDefault();
      enlargePicture(picture, ...(picture.matches(".turned") ? [0, 0.999] : [0.999, 0]));
    };
  }
  for (const section of all("main .slider[data-sprite]")) slider(section)(LAST);
  featamp.slider = slider;
}
