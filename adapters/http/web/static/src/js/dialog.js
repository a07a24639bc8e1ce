// The one dialog: what stands in it, its focus and its end. When the server asks for a recent proof of identity, its question
// takes the dialog, what was there waits, and the request is repeated after the proof.
import { $, ear, on } from "./dom.js";

let opener = null; // where the focus returns to
let held = null; // what the question for a proof has pushed aside
let again = null; // what to do after the proof

const dialog = () => $("#dialog");

// fill puts HTML of our server, or an element, into the dialog and opens it.
export function fill(content, from) {
  const box = dialog();
  if (!box.open) opener = from ?? document.activeElement;
  if (typeof content === "string") box.innerHTML = content;
  else box.replaceChildren(content);
  window.htmx.process(box);
  settle();
}

// prove shows the question for a proof of identity; repeat is called after it.
export function prove(html, repeat, from) {
  const box = dialog();
  if (box.open && !held) {
    held = document.createDocumentFragment();
    held.append(...box.childNodes);
  }
  again = repeat;
  fill(html, from);
}

// proven goes on with what the proof was for; false when there was nothing.
export function proven() {
  if (!again) return false;
  const repeat = again;
  again = null;
  if (held) restore();
  else dialog().close();
  repeat();
  return true;
}

function restore() {
  dialog().replaceChildren(held);
  held = null;
  settle();
}

// settle opens the dialog, names it after its heading and puts the focus where work begins.
function settle() {
  const box = dialog();
  const heading = $("h1[id],h2[id]", box);
  if (heading) box.setAttribute("aria-labelledby", heading.id);
  else box.removeAttribute("aria-labelledby");
  // What is shown once does not vanish by a click beside it or by Esc.
  box.setAttribute("closedby", $(".secret-value", box) ? "none" : "closerequest");
  if (!box.open) box.showModal();
  ear(); // is there before it has something to say
  focusIn(box);
}

// focusIn puts the focus on what is wrong, on what asks for it, or on the first field.
export function focusIn(root) {
  const to = $("[aria-invalid=true]", root) ?? $("[data-focus]", root) ?? $("[autofocus]", root) ??
    $("input:not([type=hidden]):not([readonly]):not(:disabled),select,textarea", root) ?? $(".btn-primary", root);
  to?.focus();
}

function back() {
  if (!held) return dialog().close();
  again = null;
  restore();
}

export function dialogs() {
  on("click", "[data-close]", (button, event) => {
    event.preventDefault();
    const box = button.closest("dialog");
    if (box === dialog()) back();
    else box?.close();
  });
  document.addEventListener("close", (event) => {
    // The event comes with the next frame: what opened meanwhile, as the page that a proof was for, is not what closed.
    if (event.target !== dialog() || event.target.open) return;
    held = again = null;
    event.target.replaceChildren();
    if (opener?.isConnected) opener.focus();
    opener = null;
  }, true);
  on("htmx:afterSettle", "#dialog", settle);
  // Browsers that do not know closedby: a click on the backdrop closes what may be closed.
  if (!("closedBy" in HTMLDialogElement.prototype)) {
    document.addEventListener("click", (event) => {
      if (event.target.matches?.("dialog[closedby=any]")) event.target.close();
    });
    document.addEventListener("cancel", (event) => {
      if (event.target.matches?.("dialog[closedby=none]")) event.preventDefault();
    }, true);
  }
}

export const inside = (element) => Boolean(element?.closest?.("#dialog"));
