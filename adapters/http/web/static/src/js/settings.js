// Forms that are drawn from a description of settings: fields that apply only beside certain values of another (data-when, data-in),
// buttons that fill a field in (data-fill), and what a test says at a field (data-slot). Without this script all fields are there and
// the server decides.
import { $, each, on, ready, say } from "./dom.js";

// holds says whether a condition holds: the value is one of those named, or any that is not empty where they name "*".
export const holds = (value, among) => among.includes(value) || (value !== "" && among.includes("*"));

// valueOf answers what a control holds as conditions name it. What does not apply itself holds nothing.
export function valueOf({ type, checked, value }, gone) {
  if (type === "checkbox") return String(!gone && checked);
  return gone ? "" : value;
}

const controls = "input,select,textarea,button";

function show(part, is) {
  part.hidden = !is;
  // What does not apply is not sent; what is sent without this script is passed over.
  for (const control of part.querySelectorAll(controls)) control.disabled = !is;
}

function update(form) {
  for (const part of form.querySelectorAll("[data-when]")) {
    const on = form.elements[part.dataset.when];
    if (!on) continue;
    const above = part.parentElement.closest("[data-when][hidden]");
    show(part, !above && holds(valueOf(on, Boolean(on.closest("[data-when][hidden]"))), JSON.parse(part.dataset.in)));
  }
}

function open(control) {
  for (let box = control.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
}

// mark joins a control to what a test says of it.
function mark(slot, fresh) {
  const control = slot.closest("form")?.elements[slot.dataset.slot];
  if (!control) return;
  if (fresh) { // what the form said before is not true any more
    const field = control.closest(".field");
    for (const name of ["data-invalid", "data-tone"]) field?.removeAttribute(name);
    $(".error", field ?? slot)?.remove();
    control.removeAttribute("aria-invalid");
  }
  const ids = (control.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== slot.id);
  if (slot.textContent.trim() !== "") {
    control.setAttribute("aria-invalid", "true");
    ids.push(slot.id);
    open(control);
  }
  if (ids.length > 0) control.setAttribute("aria-describedby", ids.join(" "));
  else control.removeAttribute("aria-describedby");
}

export function settings() {
  ready((root) => {
    each(root, "[data-conditions]").forEach((part) => { if (part.closest("form")) update(part.closest("form")); });
    each(root, "[data-slot]").forEach((slot) => { if (slot === root) mark(slot, true); });
  });
  for (const type of ["input", "change"]) on(type, "[data-conditions]", (part) => { if (part.closest("form")) update(part.closest("form")); });
  on("click", "[data-fill]", (button) => {
    const control = button.closest("form")?.elements[button.dataset.fill];
    if (!control) return;
    open(control);
    control.value = button.dataset.value;
    for (const type of ["input", "change"]) control.dispatchEvent(new Event(type, { bubbles: true }));
    control.focus();
    say("Filled in");
  });
}
