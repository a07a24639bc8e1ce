import { $, each, ready } from "./dom.js";

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

// toast shows one sentence about what just happened.
export function toast(text) {
  const all = $("#toasts");
  if (!all) return;
  const element = document.createElement("div");
  element.className = "toast";
  const words = document.createElement("span");
  words.textContent = text;
  element.append(words);
  all.append(element);
  fade(element);
}

export function toasts() {
  ready((root) => each(root, "[data-toast]").forEach(fade));
}
