// Toasts are what the server says was done. What went wrong is said in its place: see wrong.js.
import { each, ready } from "./dom.js";

const stay = 7000; // ms; it stays longer while the pointer or the focus is on it

function fade(element) {
  let timer = 0;
  const start = () => { clearTimeout(timer); timer = setTimeout(() => element.remove(), stay); };
  const hold = () => clearTimeout(timer);
  element.addEventListener("pointerenter", hold);
  element.addEventListener("pointerleave", start);
  element.addEventListener("focusin", hold);
  element.addEventListener("focusout", start);
  start();
}

export function toasts() {
  ready((root) => each(root, "[data-toast]").forEach(fade));
}
