// Secrets of links come after the #, which browsers do not send: /setup#…, /invite#…. They move into the form and leave the
// address; a form with data-link-go is sent at once. Without this script the page has a field to paste them into.
import { $$ } from "./dom.js";

// secretOf answers what stands after the # of an address, decoded.
export function secretOf(hash) {
  try {
    return decodeURIComponent(hash.replace(/^#/, ""));
  } catch {
    return "";
  }
}

// links takes the secret of the address now, and when a link is pasted into the address of a page that is open already: then only
// what stands after the # changes, and the browser loads nothing.
export function links() {
  take();
  addEventListener("hashchange", take);
}

function take() {
  const inputs = $$("input[name=link]");
  const secret = secretOf(location.hash);
  if (inputs.length === 0 || secret === "") return;
  for (const input of inputs) {
    input.value = secret;
    const field = input.closest(".field");
    if (field) field.hidden = true;
  }
  history.replaceState(null, "", location.pathname + location.search);
  inputs.find((input) => input.form?.matches("[data-link-go]"))?.form.requestSubmit();
}
