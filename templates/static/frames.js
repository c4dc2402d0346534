"use strict";
// Frames cut from sprites: a slider that runs through a sweep, and any frame large on click.
{
  const { all, byId } = featamp;
  const large = byId("large");
  const names = large.dataset.names.split("/");
  const css = (path) => `url("${new URL(path, location.href).href}")`;
  document.documentElement.style.setProperty("--originals", css(large.dataset.samples));

  // A section with a range, an output and frames: what it shows (sprite, steps, of what) is in its data.
  function slider(section) {
    const [range, output, frames] = ["[type=range]", "output", ".frames"].map((what) => section.querySelector(what));
    const show = (k = range.value) => {
      const steps = section.dataset.steps.split("|");
      range.max = steps.length - 1;
      range.value = k;
      output.textContent = steps[range.value];
      range.ariaValueText = output.textContent;
      frames.style.setProperty("--sprite", css(section.dataset.sprite));
      frames.style.setProperty("--alphas", steps.length);
      frames.style.setProperty("--k", range.value);
    };
    range.oninput = () => show();
    return show;
  }

  const turn = slider(large);
  const frame = large.querySelector(".frame");

  function sample(next) {
    frame.dataset.row = (next + names.length) % names.length;
    frame.style.setProperty("--row", frame.dataset.row);
    byId("large-title").textContent = `${names[frame.dataset.row]} · ${large.dataset.of}`;
  }

  function enlarge({ sprite, steps, of }, k, row) {
    Object.assign(large.dataset, { sprite, steps, of });
    sample(row);
    turn(k);
    large.showModal();
  }

  // x and y: where in the picture, as shares of it.
  function enlargePicture({ dataset, parentNode, firstElementChild }, x, y) {
    const row = parentNode.matches(".single") ? parentNode.style.getPropertyValue("--row") : Math.floor(y * names.length);
    const shown = { of: "Samples", ...dataset, sprite: firstElementChild.getAttribute("src") };
    enlarge(shown, Math.floor(x * dataset.steps.split("|").length), Number(row));
  }

  document.addEventListener("click", ({ target, clientX, clientY }) => {
    const picture = target.closest(".picture[data-steps]");
    const section = target.closest("button.frame") && target.closest(".slider");
    if (picture) {
      const box = picture.getBoundingClientRect();
      enlargePicture(picture, (clientX - box.left) / box.width, (clientY - box.top) / box.height);
    } else if (section) enlarge(section.dataset, section.querySelector("[type=range]").value, Number(target.dataset.row));
    else if (target.dataset.by) sample(Number(frame.dataset.row) + Number(target.dataset.by));
  });

  for (const picture of all(".picture[data-of]")) {
    picture.tabIndex = 0;
    picture.role = "button";
    picture.ariaLabel = `Enlarge: ${picture.firstElementChild.alt}`;
    picture.onkeydown = (event) => {
      if (!"Enter ".includes(event.key)) return;
      event.preventDefault();
      enlargePicture(picture, 0.999, 0);
    };
  }
  for (const section of all("main .slider[data-sprite]")) slider(section)();
  featamp.slider = slider;
}
