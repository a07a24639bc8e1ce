import { $, $$, on } from "./dom.js";

const edge = 8; // px between a menu and the window

// place answers where a menu of width w and height h goes, below its button, inside a window of that size.
export function place(button, w, h, width, height) {
  const left = Math.max(edge, Math.min(button.right - w, width - w - edge));
  const below = button.bottom + 4;
  const top = below + h + edge > height ? Math.max(edge, button.top - h - 4) : below;
  return { left, top };
}

export function menus() {
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!menu.matches?.(".menu") || event.newState !== "open") return;
    const button = $(`[popovertarget="${CSS.escape(menu.id)}"]`);
    if (!button) return;
    const { left, top } = place(button.getBoundingClientRect(), menu.offsetWidth, menu.offsetHeight, innerWidth, innerHeight);
    menu.style.left = `${left}px`;
    menu.style.top = `${top}px`;
    $("a,button", menu)?.focus();
  }, true);

  on("keydown", ".menu", (menu, event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = $$("a,button", menu);
    all[(all.indexOf(document.activeElement) + step + all.length) % all.length]?.focus();
  });

  // What is chosen closes the menu, so that a dialog is not under it.
  on("click", ".menu a, .menu button", (item) => item.closest("[popover]").hidePopover());
}
