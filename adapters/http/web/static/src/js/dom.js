// Small things every module uses. Handlers are delegated from the document, so that they hold for what htmx swaps in.

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// on calls fn(element, event) for events on elements that match selector, or on what is inside them.
export function on(type, selector, fn, options) {
  document.addEventListener(type, (event) => {
    const element = event.target.closest?.(selector);
    if (element) fn(element, event);
  }, options);
}

// ready calls fn(root) for the page and for each part that htmx brings.
export function ready(fn) {
  const first = () => fn(document.body);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", first);
  else first();
  document.addEventListener("htmx:load", (event) => { if (event.detail.elt !== document.body) fn(event.detail.elt); });
}

// each answers the elements below root that match, and root itself when it does.
export function each(root, selector) {
  const found = $$(selector, root);
  return root.matches?.(selector) ? [root, ...found] : found;
}

// ear answers the element whose text screen readers speak: one in the open dialog, because nothing outside of it is heard then.
export function ear() {
  const box = $$("dialog[open]").at(-1);
  if (!box) return $("#live");
  let live = $(":scope > [data-live]", box);
  if (live) return live;
  live = document.createElement("div");
  live.className = "sr";
  live.dataset.live = "";
  live.setAttribute("role", "status");
  live.setAttribute("aria-live", "polite");
  box.append(live);
  return live;
}

// say has screen readers speak a text.
export function say(text) {
  const live = ear();
  if (live) live.textContent = text;
}

// typing says whether keys are meant for a field or a dialog. The focus leaves what was closed only some moments later.
export const typing = (target) => Boolean(target.closest?.("input,textarea,select,dialog,[contenteditable]")) && target.checkVisibility();
