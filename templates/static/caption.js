"use strict";
// Buttons that copy the caption of a figure. Where the clipboard is blocked, the caption is shown, selected.
{
  const { make } = featamp;

  function showCaption(button) {
    const words = { readonly: "", rows: 4, "aria-label": "The caption: press Ctrl+C to copy it" };
    const box = make("textarea", words, button.dataset.caption);
    button.replaceWith(box);
    box.focus();
    box.select();
  }

  async function copyCaption(button) {
    try {
      await navigator.clipboard.writeText(button.dataset.caption);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy caption"), 2000);
    } catch {
      showCaption(button);
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-caption]");
    if (button) copyCaption(button);
  });
}
