import { $, $$, on, ready, typing } from "./dom.js";

const pause = 1200; // ms between g and the letter after it

// sequence answers a function that is told each key with its time, and answers the letter that followed a g, or "".
export function sequence() {
  let g = -Infinity;
  return (key, now) => {
    const follows = now - g < pause;
    g = key === "g" && !follows ? now : -Infinity;
    return follows ? key : "";
  };
}

// open shows a dialog of the page and tells so at once; its toggle event comes when somebody may have typed already.
export function open(id) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return;
  dialog.showModal();
  dialog.dispatchEvent(new Event("opened", { bubbles: true }));
}

export function keys() {
  const next = sequence();
  document.addEventListener("keydown", (event) => {
    if ((event.metaKey || event.ctrlKey) && !event.altKey && event.key.toLowerCase() === "k" && $("#palette")) {
      event.preventDefault();
      return open("palette");
    }
    if (event.metaKey || event.ctrlKey || event.altKey || event.repeat || typing(event.target) || $("dialog[open]")) return;
    const letter = next(event.key, event.timeStamp);
    const link = /^[a-z]$/.test(letter) && $(`a[data-key="${letter}"]`);
    if (link) return location.assign(link.href);
    if (event.key === "/") {
      event.preventDefault();
      const search = $("[data-search]");
      if (search) search.focus();
      else open("palette");
    }
    if (event.key === "?") open("keys");
  });
  on("click", "[data-open]", (button) => open(button.dataset.open));
  ready((root) => {
    if (/Mac|iPhone|iPad/.test(navigator.platform)) $$("[data-mod]", root).forEach((key) => { key.textContent = "⌘K"; });
  });
}
